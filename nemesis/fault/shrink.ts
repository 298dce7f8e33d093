import { HarnessError } from "../../harness/errors.ts";
import { membershipOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import type { PlanContext } from "../plan.ts";
import { unhealthy } from "../steps.ts";
import { chooseTarget, type Target, targetOption } from "../target.ts";

/**
 * The cluster becomes smaller by one member, and grows again when the node joins with nothing on disk. (Jepsen's
 * membership nemesis has two ops for it, shrink and grow; here growing is the heal.)
 *
 *     members   n1 n2 n3 ── shrink n2 ── n1 n3 ── heal-shrink ── n1 n2 n3
 *
 * It is what operators do to replace a machine, and must change nothing for clients of the others. Only a cluster that
 * keeps a majority of all its nodes, each a member that serves, may become smaller: what is lost otherwise was lost by us.
 * Nor does a member leave whose role nobody else can take: naming it is refused before the run, drawing passes it over.
 */
export const shrink: Fault = {
  name: "shrink",
  summary: "takes a node out of the cluster as an operator would; at heal it joins again as a new member with nothing on disk",
  needs: ["membership"],
  nodesMin: 3,
  targetsMax: 1,
  options: [targetOption("any", "a replaced machine should change nothing for the others; one node at a time")],
  async plan(context) {
    const { nodes } = context.cluster;
    const { fixed } = membershipOf(context.cluster);
    const target = await chooseTarget(context, fixed === undefined ? nodes : nodes.filter((node) => !fixed.nodes.includes(node)));
    await expectMajorityWithout(target, context);
    return { targets: target.nodes, what: `shrink by ${target.label}`, disturbances: target.nodes.map((node) => membershipOf(context.cluster).remove(node)) };
  },
};

async function expectMajorityWithout(target: Target, { cluster, signal }: PlanContext): Promise<void> {
  const members = await membershipOf(cluster).members(signal);
  const idle = await unhealthy(cluster, signal);
  const staying = members.filter((node) => !target.nodes.includes(node) && !idle.includes(node));
  if (target.nodes.every((node) => members.includes(node)) && staying.length > cluster.nodes.length / 2) return;
  throw new HarnessError("FAULT_FAILED", `${target.label} cannot leave: members are ${members.join(", ") || "not known"}, and without it ${staying.length} of ${cluster.nodes.length} nodes are members that serve`, {
    nextStep: "heal the other faults first, or use more nodes",
  });
}
