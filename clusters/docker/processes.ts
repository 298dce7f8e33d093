import type { ProcessControl } from "../../harness/cluster.ts";
import type { Disturbance, Evidence } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import { killEvidence, pauseEvidence, type DaemonControl, type ProcessSeen } from "./daemon.ts";

/**
 * Pausing and killing daemons inside a node's container, all of them or one; container, addresses and proxies stay.
 * Several disturbances may hold one daemon: it goes on (or is started again) when the last of them lets go.
 */
export interface ProcessHolds<C extends Held> {
  /** A node's daemons, in the order in which they are started; the same names on every node. */
  daemons(node: NodeId): readonly C[];
  /** Starts those of the node's daemons again with what they had on disk; resolves when the node serves. */
  restart(node: NodeId, daemons: readonly C[], signal: AbortSignal): Promise<void>;
}

/** What can be paused and killed: a daemon in a container, or a container that is itself the process. */
export type Held = Pick<DaemonControl, "signal" | "state" | "undoKill" | "undoPause"> & { readonly daemon: { readonly name: string } };

export function processControl<C extends Held>(names: readonly string[], holds: ProcessHolds<C>): ProcessControl {
  const held = new Map<string, Set<Disturbance>>();
  const holders: Holders = (kind, node, daemon) => {
    const key = `${kind} ${node} ${daemon.daemon.name}`;
    const found = held.get(key) ?? new Set();
    held.set(key, found);
    return found;
  };
  const chosen = (node: NodeId, process: string | undefined): Chosen<C> => {
    const all = holds.daemons(node);
    const daemons = process === undefined ? all : all.filter(({ daemon }) => daemon.name === process);
    if (daemons.length === 0) throw new HarnessError("UNKNOWN_NAME", `${node} has no process ${JSON.stringify(process)} (it has ${names.join(", ")})`, { nextStep: "name one of its processes" });
    return { node, daemons, what: process === undefined ? node : `${process} on ${node}` };
  };
  return {
    names,
    pause: (node, process) => pause(chosen(node, process), holders),
    kill: (node, process) => kill(chosen(node, process), holders, holds),
  };
}

interface Chosen<C extends Held> {
  readonly node: NodeId;
  readonly daemons: readonly C[];
  readonly what: string;
}
type Holders = (kind: "pause" | "kill", node: NodeId, daemon: Held) => Set<Disturbance>;

function pause({ node, daemons, what }: Chosen<Held>, holders: Holders): Disturbance {
  const pauseIt: Disturbance = {
    description: `pause ${what}`,
    undo: daemons.flatMap((daemon) => daemon.undoPause),
    async apply() {
      for (const daemon of daemons) {
        holders("pause", node, daemon).add(pauseIt);
        await daemon.signal("STOP");
      }
    },
    async revert() {
      for (const daemon of letGo("pause", { node, daemons, held: pauseIt, holders })) await daemon.signal("CONT");
    },
    evidence: () => evidenceOf(daemons, node, pauseEvidence),
  };
  return pauseIt;
}

function kill<C extends Held>({ node, daemons, what }: Chosen<C>, holders: Holders, holds: ProcessHolds<C>): Disturbance {
  const killIt: Disturbance = {
    description: `kill ${what}`,
    undo: daemons.flatMap((daemon) => daemon.undoKill),
    async apply() {
      // Who starts others comes before them in the list, and must not see them die.
      for (const daemon of daemons) {
        holders("kill", node, daemon).add(killIt);
        await daemon.signal("KILL");
      }
    },
    async revert(signal) {
      const free = letGo("kill", { node, daemons, held: killIt, holders });
      if (free.length > 0) await holds.restart(node, free, signal);
    },
    evidence: () => evidenceOf(daemons, node, killEvidence),
  };
  return killIt;
}

/** Those that nothing else holds now. */
function letGo<C extends Held>(kind: "pause" | "kill", { node, daemons, held, holders }: { readonly node: NodeId; readonly daemons: readonly C[]; readonly held: Disturbance; readonly holders: Holders }): C[] {
  return daemons.filter((daemon) => {
    const holding = holders(kind, node, daemon);
    holding.delete(held);
    return holding.size === 0;
  });
}

/** Effective when it is seen on each. */
async function evidenceOf(daemons: readonly Held[], node: NodeId, look: (what: string, seen: ProcessSeen | undefined) => Evidence): Promise<Evidence> {
  const all = await Promise.all(daemons.map(async (daemon) => look(daemons.length === 1 ? node : `${daemon.daemon.name} on ${node}`, await daemon.state())));
  return { effective: all.every(({ effective }) => effective), seen: all.map(({ seen }) => seen).join("; ") };
}
