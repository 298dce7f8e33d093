import type { Command } from "commander";
import { checkers } from "../../checkers/registry.ts";
import { HarnessError } from "../../harness/errors.ts";
import { specs } from "../../harness/objects/registry.ts";
import type { OptionSpec } from "../../harness/options.ts";
import { faults } from "../../nemesis/registry.ts";
import { explorables } from "../../suites/explore.ts";
import { subjects, type Subject } from "../../suites/subject.ts";
import { workloads } from "../../workloads/registry.ts";
import { Output } from "../output.ts";

interface Listed {
  readonly name: string;
  readonly summary: string;
  readonly options?: readonly OptionSpec[];
}

const topics: { readonly [topic: string]: () => readonly Listed[] } = {
  systems: () => subjects.map(plain),
  workloads: () => workloads,
  faults: () => faults,
  specs: () => specs,
  models: () => explorables,
  checkers: () => checkers,
};

/** `rashomon list systems|workloads|faults|specs|models|checkers [--json]` */
export function addList(program: Command): void {
  program
    .command("list")
    .argument("<topic>", Object.keys(topics).join(", "))
    .option("--json", "one JSON object a line", false)
    .description("what there is, with options, units and defaults")
    .action((topic: string, options: { json: boolean }) => {
      const output = new Output(options.json);
      const make = topics[topic];
      if (make === undefined) {
        throw new HarnessError("UNKNOWN_NAME", `nothing to list under ${JSON.stringify(topic)}`, { nextStep: `use one of ${Object.keys(topics).join(", ")}` });
      }
      for (const item of make()) output.result(jsonOf(item), () => textOf(item));
    });
}

function plain(subject: Subject): Listed & { clusters: readonly string[]; workloads: readonly string[]; role: string } {
  return { name: subject.name, summary: subject.summary, clusters: subject.clusters, workloads: subject.workloads, role: subject.role, options: subject.options };
}

/** Only plain data leaves: functions of a registry's values are left out. */
function jsonOf(item: Listed): object {
  return JSON.parse(JSON.stringify(item)) as object;
}

function textOf(item: Listed): string {
  const lines = [`${item.name.padEnd(22)} ${item.summary}`];
  for (const option of item.options ?? []) {
    const kind = option.choices === undefined ? option.kind : option.choices.join("|");
    lines.push(`    --set ${option.name}=${String(option.default)}  (${kind}${option.unit === undefined ? "" : `, ${option.unit}`}: ${option.reason})`);
  }
  return lines.join("\n");
}
