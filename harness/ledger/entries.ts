import type { Evidence, Undo } from "../disturbance.ts";
import { isArray, isObject, type Json } from "../json.ts";

/**
 * The lines of a ledger, and what they add up to.
 *
 *     owner                                    which process writes it
 *     intent a ── done a ─────────── healed a  closed
 *     intent b ── done b ───────               open: must be undone
 *     intent c ──                              open too: the injection may have begun
 *     {"id":"d","ev                            torn: its injection never began, for the intent was not yet on disk
 */
export type LedgerLine = OwnerLine | IntentLine | DoneLine | HealedLine;

/** Who writes the ledger; the first line. While that process lives, nobody else heals. */
export interface OwnerLine {
  readonly event: "owner";
  readonly pid: number;
  readonly startTicks: number;
}
export interface IntentLine {
  readonly event: "intent";
  readonly id: string;
  readonly what: string;
  readonly kind: "fault" | "resource";
  readonly undo: readonly Undo[];
  /** Addresses of containers that this resource is, beside loopback the only ones that an `http` undo may reach. */
  readonly addresses?: readonly string[];
  readonly timeNs: number;
}
export interface DoneLine {
  readonly event: "done";
  readonly id: string;
  readonly evidence?: Evidence;
  readonly timeNs: number;
}
export interface HealedLine {
  readonly event: "healed";
  readonly id: string;
  readonly evidence?: Evidence;
  /** The run itself, or who healed after it; the times of others are not on the run's clock and are -1. */
  readonly by: "run" | "watchdog" | "heal";
  readonly timeNs: number;
}

/** A parsed line, or undefined when it is not one of ours. O(size). */
export function parseLedgerLine(text: string): LedgerLine | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isLedgerLine(line) ? line : undefined;
}

/** Entries with an intent and without a healed line, in the order of their intents. O(lines). */
export function openEntries(lines: readonly LedgerLine[]): IntentLine[] {
  const open = new Map<string, IntentLine>();
  for (const line of lines) {
    if (line.event === "intent") open.set(line.id, line);
    else if (line.event === "healed") open.delete(line.id);
  }
  return [...open.values()];
}

function isLedgerLine(line: unknown): line is LedgerLine {
  if (!isJsonObject(line)) return false;
  if (line.event === "owner") return isNumber(line.pid) && isNumber(line.startTicks);
  if (typeof line.id !== "string") return false;
  if (line.event === "done" || line.event === "healed") return true;
  return line.event === "intent" && typeof line.what === "string" && isUndos(line.undo) && (line.addresses === undefined || isTexts(line.addresses));
}

function isUndos(value: Json | undefined): boolean {
  return value !== undefined && isArray(value) && value.every((undo) => isObject(undo) && isUndo(undo));
}

function isUndo(undo: { readonly [key: string]: Json }): boolean {
  switch (undo.undo) {
    case "argv":
      return isTexts(undo.argv) && (undo.tolerated === undefined || isTexts(undo.tolerated));
    case "signal":
      return isNumber(undo.pid) && isNumber(undo.startTicks) && typeof undo.signal === "string";
    case "http":
      return typeof undo.url === "string" && (undo.method === "POST" || undo.method === "DELETE");
    case "remove":
      return typeof undo.path === "string";
    default:
      return false;
  }
}

function isTexts(value: Json | undefined): boolean {
  return value !== undefined && isArray(value) && value.every((text) => typeof text === "string");
}

function isNumber(value: Json | undefined): boolean {
  return typeof value === "number";
}

/** What `JSON.parse` gave is plain data by construction. */
function isJsonObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
