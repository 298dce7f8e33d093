import type { Abilities } from "../harness/cluster.ts";
import { parseSettings } from "../harness/options.ts";
import { faults } from "../nemesis/registry.ts";
import { supportedFaults } from "../nemesis/supported.ts";
import type { Subject } from "./subject.ts";

/** With fewer nodes some faults make no sense. */
const nodesUsual = 3;

/** What can be done to a system's nodes on its default cluster, with default settings but for these; nothing is started. */
export function abilitiesOf(subject: Subject, settings: readonly string[] = []): Abilities {
  const nodes = subject.nodes ?? Math.min(nodesUsual, subject.nodesMax ?? nodesUsual);
  const place = { kind: subject.clusters[0]!, nodes, concurrency: nodes, runId: "abilities", object: "register" };
  const { abilities } = subject.deploy(parseSettings(settings, subject.options, subject.name), place).cluster;
  return abilities ?? { nodes: [], can: [], processes: [], roles: [] };
}

/** One row of the table in `docs/databases.md`. */
export function abilitiesRow(subject: Subject, settings: readonly string[] = []): string {
  const { processes, roles, can, fixedMembers } = abilitiesOf(subject, settings);
  const supported = supportedFaults({ can });
  const lacking = faults.map(({ name }) => name).filter((name) => !supported.includes(name));
  const cells = [
    [subject.name, ...settings].join(", "),
    processes.join(", "),
    roles === "unknown" ? "some" : roles.join(", ") || "none",
    [lacking.length === 0 ? "all" : `all but ${lacking.join(", ")}`, ...(fixedMembers?.nodes ?? []).map((node) => `${node} never leaves`)].join("; "),
  ];
  return `| ${cells.join(" | ")} |`;
}
