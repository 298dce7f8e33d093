import { assert } from "../../harness/assert.ts";
import type { FixedMembers, Membership } from "../../harness/cluster.ts";
import type { Disturbance } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import { until } from "../../harness/time.ts";
import type { Container, RunScope } from "./container.ts";
import { commandUndo, type DaemonControl } from "./daemon.ts";
import type { DockerSystem, Lookout, NodeCommand, NodePlace } from "./docker-system.ts";
import { failureOf, setUpCommands } from "./set-up.ts";

/**
 * Taking nodes out of a running cluster and letting them join again, by what a system says of it (`MembershipOperations`).
 * A node that has left keeps its container, its address and its proxies; nothing runs in it until it joins.
 */
export interface MembershipHolds {
  readonly scope: RunScope;
  readonly system: DockerSystem;
  readonly nodes: readonly NodeId[];
  find(node: NodeId): { readonly place: NodePlace; readonly container: Container; readonly daemons: readonly DaemonControl[] };
  looking(): ReadonlyMap<NodeId, Lookout>;
  /** Starts the node's daemons as a new member's; resolves when it serves. */
  startJoining(node: NodeId, signal: AbortSignal): Promise<void>;
  /** Those that have left: nobody else starts their daemons. */
  readonly away: Set<NodeId>;
}

/** How long it may take until the others count a change; the nemesis' own deadline is as long. */
const countedMsMax = 60_000;

/** Undefined for a system that does not change its members. */
export function dockerMembership(holds: MembershipHolds): Membership | undefined {
  const { membership } = holds.system;
  if (membership === undefined) return undefined;
  const fixed = fixedMembers(holds.system, holds.nodes);
  const members = (signal: AbortSignal): Promise<readonly NodeId[]> => membership.members(holds.looking(), signal);
  return { members, remove: (node) => removal(node, holds, members), ...(fixed === undefined ? {} : { fixed }) };
}

/** Undefined when every node may leave. */
export function fixedMembers({ membership }: DockerSystem, [first]: readonly NodeId[]): FixedMembers | undefined {
  return membership?.rolesOfFirst === undefined || first === undefined ? undefined : { nodes: [first], roles: membership.rolesOfFirst };
}

function removal(node: NodeId, holds: MembershipHolds, members: (signal: AbortSignal) => Promise<readonly NodeId[]>): Disturbance {
  const { system, away } = holds;
  const { place, container, daemons } = holds.find(node);
  const { membership } = system;
  assert(membership !== undefined, `${system.name} changes its members`);
  const before = [emptied(system.dataFolders), ...setUpCommands(system.setUp?.(place) ?? {}), ...(membership.join?.(place) ?? [])];
  const after = membership.joined?.(place) ?? [];
  const undoOf = (command: NodeCommand) => commandUndo(holds.scope, container, command);
  const counted = (wanted: "in" | "out", signal: AbortSignal): Promise<void> =>
    until(
      `${node} to be ${wanted === "in" ? "a member" : "no member"}`,
      async () => {
        const seen = await members(signal);
        return seen.length > 0 && seen.includes(node) === (wanted === "in");
      },
      { deadlineMs: countedMsMax, everyMs: 50, signal },
    );
  return {
    description: `remove ${node}`,
    undo: [...daemons.flatMap(({ undoRemoval }) => undoRemoval.stop), ...before.map(undoOf), ...daemons.flatMap(({ undoRemoval }) => undoRemoval.start), ...after.map(undoOf)],
    async apply(signal) {
      away.add(node);
      await runAll(container, membership.leave?.(place) ?? [], signal);
      for (const daemon of daemons) await daemon.signal("KILL");
      await runAll(container, membership.left?.(place) ?? [], signal);
      await counted("out", signal);
    },
    async revert(signal) {
      if (!away.has(node)) return;
      // What is left of a removal that ended half way.
      for (const daemon of daemons) await daemon.signal("KILL");
      await runAll(container, before, signal);
      await holds.startJoining(node, signal);
      await runAll(container, after, signal);
      await counted("in", signal);
      away.delete(node);
    },
    async evidence(signal) {
      const seen = await members(signal);
      return { effective: seen.length > 0 && !seen.includes(node), seen: `members are ${seen.join(", ") || "not known"}` };
    },
  };
}

/** The folders stay: they have their owners. */
function emptied(folders: readonly string[]): NodeCommand {
  return { argv: ["sh", "-c", 'for folder; do [ ! -d "$folder" ] || find "$folder" -mindepth 1 -delete || exit; done', "empty", ...folders] };
}

async function runAll(container: Container, commands: readonly NodeCommand[], signal: AbortSignal): Promise<void> {
  for (const command of commands) {
    signal.throwIfAborted();
    const failure = await failureOf(container, command);
    if (failure !== undefined) throw new HarnessError("FAULT_FAILED", `a change of members: ${failure}`, { nextStep: "see its words above and the nodes' logs" });
  }
}
