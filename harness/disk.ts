import type { ActorNode, HandlerResult } from "./actor-step.ts";
import { equalJson, type Json } from "./json.ts";

/**
 * What a power failure may take from a disk in a model. A save is one append to a log, and a record that is torn is found
 * out by its checksum when the log is read: so a torn write is a lost one.
 *
 *     syncs   the disk keeps what it was told to sync. A deployed node syncs a save before any later effect leaves, so
 *             only saves that no message and no answer has followed yet can be lost:
 *
 *                 save A ── send ── save B ── crash           A or B is found; nobody has heard anything that B caused
 *
 *     lies    the disk says "synced" and keeps the last save in its cache: it can be lost after all the world was told.
 *             (Consumer drives do; so does a file system below a process that calls no fsync: Pillai et al., "All file
 *             systems are not created equal", OSDI 2014.)
 *
 * A handler's effects take place in order, so a message that it sends before it saves may be on its way when the save is
 * lost. To a system that saves before it tells, a disk that syncs shows nothing new: losing what nobody was told of is a
 * crash before it was handled. On one that lies, every system that counts on what it saved breaks.
 */
export type DiskKind = "syncs" | "lies";

/** What the disk may fall back to after this step of `before`; undefined: what is saved stays. O(effects + size of what is saved). */
export function fallbackAfter(disk: DiskKind, before: ActorNode, step: { readonly restarts: boolean; readonly effects: HandlerResult["effects"] }): ActorNode["fallback"] {
  let durable: Json = before.durable;
  // What a restart has found on the disk is there.
  let fallback = step.restarts ? undefined : before.fallback;
  for (const effect of step.effects) {
    if (effect.effect === "save") {
      fallback = disk === "syncs" && fallback !== undefined ? fallback : { durable };
      durable = effect.durable;
    } else if (disk === "syncs" && (effect.effect === "send" || effect.effect === "reply")) fallback = undefined;
  }
  return fallback === undefined || equalJson(fallback.durable, durable) ? undefined : fallback;
}

/** The node, down, after its disk has lost what it could; undefined when there is nothing to lose. */
export function withoutLastWrite(node: ActorNode): ActorNode | undefined {
  if (node.up || node.fallback === undefined) return undefined;
  const { fallback, ...rest } = node;
  return { ...rest, durable: fallback.durable };
}
