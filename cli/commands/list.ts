import type { Command } from "commander";
import { checkers } from "../../checkers/registry.ts";
import { HarnessError } from "../../harness/errors.ts";
import { specs } from "../../harness/objects/registry.ts";
import type { OptionSpec } from "../../harness/options.ts";
import { supportedFaults } from "../../nemesis/supported.ts";
import { faults } from "../../nemesis/registry.ts";
import { abilitiesOf } from "../../suites/abilities.ts";
import { explorables } from "../../suites/explore.ts";
import { subjects, type Subject } from "../../suites/subject.ts";
import { workloads } from "../../workloads/registry.ts";
import { Output } from "../output.ts";

interface Listed {
  readonly name: string;
  readonly summary: string;
  readonly options?: readonly OptionSpec[];
  readonly clusters?: readonly string[];
  readonly workloads?: readonly string[];
  /** What can be done to a system's nodes by default, once it is asked for. */
  readonly takes?: () => Taken;
}
interface Taken {
  readonly faults: readonly string[];
  readonly processes: readonly string[];
  readonly roles: readonly string[];
}

const topics: { readonly [topic: string]: () => readonly Listed[] } = {
  systems: () => subjects.map(plain),
  workloads: () => workloads,
  faults: () => faults,
  specs: () => specs,
  models: () => explorables,
  checkers: () => checkers,
};

/** `rashomon list systems|workloads|faults|specs|models|checkers [NAME…] [--json]`: a line each, or those that are named with their options. */
export function addList(program: Command): void {
  program
    .command("list")
    .argument("<topic>", Object.keys(topics).join(", "))
    .argument("[names...]", "show these with their options")
    .option("--json", "one JSON object a line", false)
    .description("what there is; with names: their options, units and defaults")
    .action((topic: string, names: readonly string[], options: { json: boolean }) => {
      const output = new Output(options.json);
      const make = topics[topic];
      if (make === undefined) {
        throw new HarnessError("UNKNOWN_NAME", `nothing to list under ${JSON.stringify(topic)}`, { nextStep: `use one of ${Object.keys(topics).join(", ")}` });
      }
      const all = make();
      const unknown = names.find((name) => !all.some((item) => item.name === name));
      if (unknown !== undefined) {
        throw new HarnessError("UNKNOWN_NAME", `no ${JSON.stringify(unknown)} among the ${topic} (there are ${all.map(({ name }) => name).join(", ")})`, { nextStep: `see \`rashomon list ${topic}\`` });
      }
      const shown = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
      const width = Math.max(...shown.map(({ name }) => name.length));
      for (const item of shown) output.result(jsonOf(names.length > 0 && item.takes !== undefined ? { ...item, ...item.takes() } : item), () => textOf(item, { width, withOptions: names.length > 0 }));
      if (names.length === 0 && all.some((item) => (item.options ?? []).length > 0)) output.message(`  options: rashomon list ${topic} NAME`);
    });
}

function plain(subject: Subject): Listed & { role: string } {
  return { name: subject.name, summary: subject.summary, clusters: subject.clusters, workloads: subject.workloads, role: subject.role, options: subject.options, takes: () => takenBy(subject) };
}

function takenBy(subject: Subject): Taken {
  const abilities = abilitiesOf(subject);
  return { faults: supportedFaults(abilities), processes: abilities.processes, roles: abilities.roles === "unknown" ? [] : abilities.roles };
}

/** Only plain data leaves: functions of a registry's values are left out. */
function jsonOf(item: Listed): object {
  return JSON.parse(JSON.stringify(item)) as object;
}

function textOf(item: Listed, show: { readonly width: number; readonly withOptions: boolean }): string {
  const lines = [`${item.name.padEnd(show.width)}  ${item.summary}`];
  if (show.withOptions && item.clusters !== undefined) lines.push(`    --cluster ${item.clusters.join("|")}   --workload ${item.workloads?.join("|") || "(none: it is deployed in rounds, by compare)"}`);
  if (show.withOptions && item.takes !== undefined) {
    const { faults: taken, processes, roles } = item.takes();
    const named = (what: string, values: readonly string[]): string => (values.length === 0 ? "" : `   ${what} ${values.join("|")}`);
    lines.push(`    --nemesis ${taken.join("|")}${named("process=", processes)}${named("target=", roles)}`);
  }
  for (const option of show.withOptions ? (item.options ?? []) : []) {
    const kind = option.choices === undefined ? option.kind : option.choices.join("|");
    lines.push(`    --set ${option.name}=${String(option.default)}  (${kind}${option.unit === undefined ? "" : `, ${option.unit}`}: ${option.reason})`);
  }
  return lines.join("\n");
}
