import { HarnessError } from "../harness/errors.ts";
import type { NodeId } from "../harness/ids.ts";
import { type OptionSpec, textOf } from "../harness/options.ts";
import { deadlineSignal } from "../harness/time.ts";
import type { PlanContext } from "./plan.ts";

/**
 * Whom a fault hits. One word says it, for every fault alike (after the node specs of Jepsen's combined nemesis):
 *
 *     any        one node at random            minority   as many as can be lost
 *     each       n1, then n2, …                majority   one too many
 *     n2, n1+n3  these                         all        every node
 *     leader     (or any other role) whoever holds the role now; a random node when nobody is known to
 */
export interface Target {
  /** In the cluster's order. */
  readonly nodes: readonly NodeId[];
  /** `n3`, `n3 (leader)`, `n3 (no leader known)`. */
  readonly label: string;
}

const sets = ["any", "each", "minority", "majority", "all"] as const;
type SetName = (typeof sets)[number];

/** The option `target` of a fault. */
export function targetOption(defaultTarget: SetName, reason: string): OptionSpec {
  return { name: "target", kind: "text", default: defaultTarget, reason: `${reason}; any, each, minority, majority, all, a node (n1+n3 for two) or a role such as leader` };
}

/** What a target's text means on a cluster with these nodes. */
export type Names =
  | { readonly kind: "set"; readonly set: SetName }
  | { readonly kind: "nodes"; readonly nodes: readonly NodeId[] }
  | { readonly kind: "role"; readonly role: string }
  /** Written like node names, but not of this cluster. */
  | { readonly kind: "unknown"; readonly names: readonly string[] };

/** Reads a target's text. O(nodes). */
export function namesOf(text: string, nodes: readonly NodeId[]): Names {
  const set = sets.find((name) => name === text);
  if (set !== undefined) return { kind: "set", set };
  const names = text.split("+");
  const unknown = names.filter((name) => !nodes.some((node) => node === name));
  if (unknown.length === 0) return { kind: "nodes", nodes: nodes.filter((node) => names.includes(node)) };
  if (names.length > 1 || /^n\d+$/.test(text)) return { kind: "unknown", names: unknown };
  return { kind: "role", role: text };
}

/** How many nodes a target may stand for in a cluster of `n`. */
export function targetsMost(names: Names, n: number): number {
  switch (names.kind) {
    case "set":
      return setSize(names.set, n);
    case "nodes":
      return names.nodes.length;
    case "role":
    case "unknown":
      return 1;
  }
}

function setSize(set: SetName, n: number): number {
  switch (set) {
    case "any":
    case "each":
      return 1;
    case "minority":
      return Math.max(1, Math.floor((n - 1) / 2));
    case "majority":
      return Math.floor(n / 2) + 1;
    case "all":
      return n;
  }
}

/** How long a cluster may take to say who holds a role. */
const roleMsMax = 2_000;

/** Resolves the setting `target` for one injection. Never fails for want of a role: a fault with another target beats none. What is not named node by node is chosen out of `nodes`. */
export async function chooseTarget(context: PlanContext, nodes: readonly NodeId[] = context.cluster.nodes): Promise<Target> {
  const { cluster, random, injection } = context;
  const text = textOf(context.settings, "target");
  const names = namesOf(text, cluster.nodes);
  switch (names.kind) {
    case "set":
      return labelled(inOrder(nodes, chooseSet(names.set)));
    case "nodes":
      return labelled(names.nodes);
    case "unknown":
      throw new HarnessError("BAD_OPTION", `cluster '${cluster.name}' has no node ${names.names.join(", ")}`, { nextStep: `name some of ${cluster.nodes.join(", ")}` });
    case "role": {
      const holders = inOrder(nodes, await holdersOf(names.role, context));
      const known = holders.length > 0;
      const node = random.pick(known ? holders : nodes);
      return { nodes: [node], label: `${node} (${known ? names.role : `no ${names.role} known`})` };
    }
  }

  function chooseSet(set: SetName): readonly NodeId[] {
    switch (set) {
      case "any":
        return [random.pick(nodes)];
      case "each":
        return [nodes[injection % nodes.length]!];
      case "minority":
      case "majority":
        return random.shuffle(nodes).slice(0, setSize(set, nodes.length));
      case "all":
        return nodes;
    }
  }
}

async function holdersOf(role: string, { cluster, signal }: PlanContext): Promise<readonly NodeId[]> {
  try {
    return (await cluster.roles?.(role, deadlineSignal(roleMsMax, signal))) ?? [];
  } catch {
    signal.throwIfAborted();
    return [];
  }
}

function inOrder(nodes: readonly NodeId[], chosen: readonly NodeId[]): NodeId[] {
  return nodes.filter((node) => chosen.includes(node));
}

function labelled(nodes: readonly NodeId[]): Target {
  return { nodes, label: nodes.join(", ") };
}
