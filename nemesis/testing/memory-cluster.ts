import type { Flow, RunningCluster } from "../../harness/cluster.ts";
import type { Disturbance, Undo } from "../../harness/disturbance.ts";
import { type NodeId, nodeNames } from "../../harness/ids.ts";

/**
 * A cluster of nothing but its own state: which flows are cut or poisoned, which nodes are stopped. It is the nemesis'
 * fake at the door of the world; the faults themselves meet real processes in `nemesis.local.test.ts`.
 */
export interface MemoryCluster extends RunningCluster {
  /** What is on now, in order: `cut n1>n2 n2>n1`, `pause n3`. */
  readonly on: string[];
  /** Every apply, evidence and revert, in order. */
  readonly calls: string[];
  /** `apply pause n3` and the like that throw. */
  readonly failing: Set<string>;
  /** `apply pause n3` and the like that never end by themselves. */
  readonly hanging: Set<string>;
  /** Disturbances that do nothing. */
  readonly blunt: Set<string>;
  leaders: NodeId[];
  /** Called at the very beginning of every call. */
  watch: (call: string) => void;
}

export function memoryCluster(nodeCount: number, without: readonly ("net" | "toxic" | "processes" | "roles" | "membership")[] = []): MemoryCluster {
  const on: string[] = [];
  const calls: string[] = [];
  const failing = new Set<string>();
  const hanging = new Set<string>();
  const blunt = new Set<string>();

  const step = (call: string, signal: AbortSignal): Promise<void> => {
    cluster.watch(call);
    calls.push(call);
    if (failing.has(call)) return Promise.reject(new Error(`no ${call} today`));
    if (hanging.has(call)) return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }));
    return Promise.resolve();
  };
  const disturbance = (what: string): Disturbance => ({
    description: what,
    undo: [{ undo: "argv", argv: ["true", what] } satisfies Undo],
    async apply(signal) {
      const applied = step(`apply ${what}`, signal);
      // A part of it is on even when it fails.
      if (!blunt.has(what)) on.push(what);
      await applied;
    },
    async revert(signal) {
      await step(`revert ${what}`, signal);
      if (on.includes(what)) on.splice(on.indexOf(what), 1);
    },
    async evidence(signal) {
      await step(`evidence ${what}`, signal);
      return { effective: on.includes(what), seen: `${what} is ${on.includes(what) ? "on" : "off"}` };
    },
  });
  const text = (flows: readonly Flow[]): string => flows.map((flow) => `${flow.from}>${flow.to}`).join(" ");
  const cluster: MemoryCluster = {
    name: "memory",
    nodes: nodeNames(nodeCount),
    on,
    calls,
    failing,
    hanging,
    blunt,
    leaders: [],
    watch: () => undefined,
    endpoint: () => Promise.reject(new Error("nobody serves here")),
    healthy: (node) => Promise.resolve(!on.includes(`pause ${node}`) && !on.includes(`kill ${node}`)),
    converged: (signal) => step("converged", signal),
    ...(without.includes("roles") ? {} : { roles: (role: string) => Promise.resolve(role === "leader" ? cluster.leaders : []) }),
    logs: () => [],
    describe: () => null,
    ...(without.includes("net")
      ? {}
      : {
          net: {
            cut: (flows) => disturbance(`cut ${text(flows)}`),
            delay: (flows, { latencyMs, jitterMs }) => disturbance(`delay ${latencyMs}±${jitterMs} ${text(flows)}`),
            ...(without.includes("toxic") ? {} : { toxic: (flows, toxic) => disturbance(`${toxic.type} ${JSON.stringify(toxic.attributes)} ${text(flows)}`) }),
          },
        }),
    ...(without.includes("processes") ? {} : { processes: { pause: (node: NodeId) => disturbance(`pause ${node}`), kill: (node: NodeId) => disturbance(`kill ${node}`) } }),
    ...(without.includes("membership")
      ? {}
      : { membership: { members: () => Promise.resolve(cluster.nodes.filter((node) => !on.includes(`remove ${node}`))), remove: (node: NodeId) => disturbance(`remove ${node}`) } }),
    clocks: { skew: (node, skew, process) => disturbance(`skew ${process === undefined ? "" : `${process} on `}${node} ${JSON.stringify(skew)}`) },
    power: { lose: (nodes, lossMs) => disturbance(`lose ${lossMs} ms ${nodes.join(" ")}`) },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return cluster;
}
