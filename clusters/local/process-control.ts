import type { ProcessControl } from "../../harness/cluster.ts";
import type { Disturbance, Evidence } from "../../harness/disturbance.ts";
import type { NodeId } from "../../harness/ids.ts";
import { isSame, processState } from "../../harness/process-identity.ts";
import { until } from "../../harness/time.ts";
import type { LocalNode } from "./local-node.ts";

/**
 * Pausing and killing nodes that are child processes of the harness. Several disturbances may hold one node: it goes on
 * (or starts again) when the last of them lets go. A paused node can be killed; its next life is not paused.
 */
export interface ProcessHolds {
  find(node: NodeId): LocalNode;
  /** Starts a dead node again with what it had on disk; resolves when it serves. */
  restart(node: NodeId, signal: AbortSignal): Promise<void>;
}

export function processControl(holds: ProcessHolds): ProcessControl {
  const paused = new Map<NodeId, Set<Disturbance>>();
  const killed = new Map<NodeId, Set<Disturbance>>();
  return {
    pause: (node) => pause(holds.find(node), holdersOf(paused, node)),
    kill: (node) => kill(holds, holds.find(node), holdersOf(killed, node)),
  };
}

function pause(node: LocalNode, holders: Set<Disturbance>): Disturbance {
  // The life that is stopped: a later one is never touched.
  let life = node.process;
  const pauseIt: Disturbance = {
    description: `pause ${node.name}`,
    get undo() {
      const { pid, startTicks } = node.process;
      return [{ undo: "signal", pid, startTicks, signal: "SIGCONT" }] as const;
    },
    async apply(signal) {
      life = node.process;
      holders.add(pauseIt);
      if (life.signal("SIGSTOP")) await until(`${node.name} (pid ${life.pid}) in state T`, () => isStopped(life.pid) || life.exit() !== undefined, { ...patience, signal });
    },
    async revert(signal) {
      holders.delete(pauseIt);
      if (holders.size > 0) return;
      if (life.signal("SIGCONT")) await until(`${node.name} (pid ${life.pid}) not in state T`, () => !isStopped(life.pid), { ...patience, signal });
    },
    evidence() {
      const state = processState(life.pid);
      if (!isSame(life.pid, life.startTicks)) return seen(false, `${node.name} (pid ${life.pid}) has ended`);
      return seen(state === "T", `${node.name} (pid ${life.pid}) ${state === "T" ? "is stopped" : "runs"} (state ${state})`);
    },
  };
  return pauseIt;
}

function kill(holds: ProcessHolds, node: LocalNode, holders: Set<Disturbance>): Disturbance {
  let life = node.process;
  const killIt: Disturbance = {
    description: `kill ${node.name}`,
    // What is dead needs no undo after the run: the cluster that it would return to is gone too.
    undo: [],
    async apply() {
      holders.add(killIt);
      life = node.process;
      await node.kill();
    },
    async revert(signal) {
      holders.delete(killIt);
      if (holders.size === 0) await holds.restart(node.name, signal);
    },
    evidence() {
      const now = node.process;
      if (isSame(life.pid, life.startTicks)) return seen(false, `${node.name} still runs (pid ${life.pid})`);
      if (now.pid !== life.pid && now.exit() === undefined) return seen(false, `${node.name} runs again (pid ${now.pid}, was ${life.pid})`);
      return seen(true, `${node.name} (pid ${life.pid}) is gone`);
    },
  };
  return killIt;
}

function isStopped(pid: number): boolean {
  return processState(pid) === "T";
}

function seen(effective: boolean, text: string): Promise<Evidence> {
  return Promise.resolve({ effective, seen: text });
}

function holdersOf(map: Map<NodeId, Set<Disturbance>>, node: NodeId): Set<Disturbance> {
  let holders = map.get(node);
  if (holders === undefined) {
    holders = new Set();
    map.set(node, holders);
  }
  return holders;
}

/** The kernel stops a process in microseconds; a loaded machine may show it later. */
const patience = { deadlineMs: 5_000, everyMs: 5 } as const;
