import type { ProcessControl } from "../../harness/cluster.ts";
import type { Disturbance } from "../../harness/disturbance.ts";
import type { NodeId } from "../../harness/ids.ts";
import { killEvidence, pauseEvidence, type DaemonControl } from "./daemon.ts";

/**
 * Pausing and killing the database inside its container; container, addresses and proxies stay. Several disturbances
 * may hold one node: it goes on (or is started again) when the last of them lets go.
 */
export interface ProcessHolds {
  daemon(node: NodeId): DaemonControl;
  /** Starts the node's database again with what it had on disk; resolves when it serves. */
  restart(node: NodeId, signal: AbortSignal): Promise<void>;
}

export function processControl(holds: ProcessHolds): ProcessControl {
  const holders = new Map<string, Set<Disturbance>>();
  const holdersOf = (kind: string, node: NodeId): Set<Disturbance> => {
    const key = `${kind} ${node}`;
    const found = holders.get(key) ?? new Set();
    holders.set(key, found);
    return found;
  };
  return {
    pause: (node) => pause(node, { daemon: holds.daemon(node), holders: holdersOf("pause", node) }),
    kill: (node) => kill(node, { holds, holders: holdersOf("kill", node) }),
  };
}

function pause(node: NodeId, { daemon, holders }: { readonly daemon: DaemonControl; readonly holders: Set<Disturbance> }): Disturbance {
  const pauseIt: Disturbance = {
    description: `pause ${node}`,
    undo: daemon.undoPause,
    async apply() {
      holders.add(pauseIt);
      await daemon.signal("STOP");
    },
    async revert() {
      holders.delete(pauseIt);
      if (holders.size === 0) await daemon.signal("CONT");
    },
    evidence: async () => pauseEvidence(node, await daemon.state()),
  };
  return pauseIt;
}

function kill(node: NodeId, { holds, holders }: { readonly holds: ProcessHolds; readonly holders: Set<Disturbance> }): Disturbance {
  const daemon = holds.daemon(node);
  const killIt: Disturbance = {
    description: `kill ${node}`,
    undo: daemon.undoKill,
    async apply() {
      holders.add(killIt);
      await daemon.signal("KILL");
    },
    async revert(signal) {
      holders.delete(killIt);
      if (holders.size === 0) await holds.restart(node, signal);
    },
    evidence: async () => killEvidence(node, await daemon.state()),
  };
  return killIt;
}
