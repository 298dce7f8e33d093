import type { Flow, RunningCluster } from "../harness/cluster.ts";
import { HarnessError } from "../harness/errors.ts";
import type { NodeId } from "../harness/ids.ts";
import { type OptionSpec, textOf } from "../harness/options.ts";
import type { PlanContext } from "./plan.ts";
import { chooseTarget, type Target } from "./target.ts";

/**
 * Which links a fault of links (latency, bandwidth, resets …) acts on: those of its target nodes, to other nodes,
 * to clients or both, and in both directions.
 */
export interface ChosenLinks extends Target {
  readonly flows: readonly Flow[];
}

/** The option `links` of such a fault. */
export const linksOption: OptionSpec = {
  name: "links",
  kind: "choice",
  choices: ["nodes", "clients", "all"],
  default: "nodes",
  reason: "what nodes say to each other is where protocols break; clients' links only make clients wait",
};

/** The flows that the settings `target` and `links` stand for. */
export async function chooseLinks(context: PlanContext): Promise<ChosenLinks> {
  const target = await chooseTarget(context);
  const links = textOf(context.settings, "links");
  const flows = [
    ...(links === "clients" ? [] : nodeFlows(target.nodes, context.cluster)),
    ...(links === "nodes" ? [] : clientFlows(target.nodes)),
  ];
  if (flows.length === 0) {
    throw new HarnessError("FAULT_FAILED", `${target.label} has no links of the kind ${JSON.stringify(links)} in a cluster of ${context.cluster.nodes.length}`, { nextStep: "use links=clients, or more nodes" });
  }
  const what = target.nodes.length === context.cluster.nodes.length ? "every node" : target.label;
  return { nodes: target.nodes, flows, label: links === "all" ? `all links of ${what}` : `${links === "nodes" ? "node" : "client"} links of ${what}` };
}

/** Both directions of every link between nodes of which at least one is in `nodes`. O(nodes²). */
export function nodeFlows(nodes: readonly NodeId[], cluster: RunningCluster): Flow[] {
  const all = cluster.nodes;
  return all.flatMap((from) => all.filter((to) => to !== from && (nodes.includes(from) || nodes.includes(to))).map((to) => ({ from, to })));
}

/** Both directions of every client link of `nodes`. */
export function clientFlows(nodes: readonly NodeId[]): Flow[] {
  return nodes.flatMap((node): Flow[] => [
    { from: "clients", to: node },
    { from: node, to: "clients" },
  ]);
}
