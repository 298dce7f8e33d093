import { netOf } from "../capabilities.ts";
import type { Fault } from "../fault.ts";
import { clientFlows } from "../links.ts";
import { chooseTarget, targetOption } from "../target.ts";

/** Clients lose a node, and the node loses its clients; the nodes among themselves notice nothing. */
export const clientsCut: Fault = {
  name: "clients-cut",
  summary: "cuts the links between clients and a node, both ways; the nodes still talk",
  needs: ["net"],
  nodesMin: 1,
  options: [targetOption("any", "the clients of the other nodes keep the history going")],
  async plan(context) {
    const target = await chooseTarget(context);
    return { targets: target.nodes, what: `clients-cut ${target.label}`, disturbances: [netOf(context.cluster).cut(clientFlows(target.nodes))] };
  },
};
