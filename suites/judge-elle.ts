import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkElle, type ElleOptions, type Workload, workloads } from "../checkers/elle/elle.ts";
import { elleVerdict } from "../checkers/elle/report.ts";
import { guarded } from "../harness/budget.ts";
import { HarnessError } from "../harness/errors.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";
import type { Verdict } from "../harness/verdict.ts";
import { readHistory } from "../results/formats/formats.ts";
import type { FormatName, RecordedHistory } from "../results/formats/format.ts";

/** How a recorded history of transactions is to be judged. */
export interface ElleJudgeOptions {
  readonly format?: FormatName;
  /** Models that should hold, in any accepted name; default strict serializability. */
  readonly models?: readonly string[];
  /** `wfr-keys=true`, `sequential-keys=true`, `linearizable-keys=true`, `anomalies=G0,G1a`. */
  readonly set: readonly string[];
  /** Wall time for the checker, ms; past it the verdict is `unknown`. */
  readonly budgetMs: number;
  readonly completionsOnly?: boolean;
}

export interface ElleJudgement {
  readonly recorded: RecordedHistory;
  readonly operations: number;
  readonly verdict: Verdict;
  /** CPU of reading and judging, ms. */
  readonly cpuMs: number;
}

/** The workload of that name; `BAD_OPTION` otherwise. */
export function elleWorkload(name: string): Workload {
  const workload = workloads.find((known) => known === name);
  if (workload === undefined) throw new HarnessError("BAD_OPTION", `there is no transactional workload ${JSON.stringify(name)}`, { nextStep: `use --elle ${workloads.join(" or --elle ")}` });
  return workload;
}

/** Judges one recorded history of transactions; a run's folder stands for its `history.jsonl`. Errors as `readHistory` and `checkElle`. */
export async function judgeElle(path: string, workload: Workload, options: ElleJudgeOptions): Promise<ElleJudgement> {
  const before = cpuMs();
  const settings = elleSettings(options.set);
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "history.jsonl") : path;
  const recorded = await readHistory(file, {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.completionsOnly === true ? { completionsOnly: true } : {}),
    tolerateCutTail: file !== path,
  });
  const end = monotonicMs() + options.budgetMs;
  const budget = guarded(Number.POSITIVE_INFINITY, () => (monotonicMs() > end ? `${options.budgetMs / 1000} s` : undefined));
  const result = checkElle(recorded.history, workload, {
    ...settings,
    ...(options.models === undefined ? {} : { models: options.models }),
    instantsUnordered: options.completionsOnly ?? false,
    budget,
  });
  return { recorded, operations: recorded.history.operationCount, verdict: elleVerdict(`elle/${workload}`, result), cpuMs: cpuMs() - before };
}

/** `key=value` settings as options; unknown keys and values are a `BAD_OPTION`. */
export function elleSettings(settings: readonly string[]): ElleOptions {
  const options: { -readonly [key in keyof ElleOptions]: ElleOptions[key] } = {};
  for (const setting of settings) {
    const at = setting.indexOf("=");
    const key = at < 0 ? setting : setting.slice(0, at);
    const value = at < 0 ? "true" : setting.slice(at + 1);
    const flag = (): boolean => {
      if (value !== "true" && value !== "false") throw new HarnessError("BAD_OPTION", `--set ${setting}: ${key} is true or false`, { nextStep: `say --set ${key}=true` });
      return value === "true";
    };
    // Jepsen's options end in a question mark; both spellings are taken.
    switch (key.replace(/\?$/, "")) {
      case "wfr-keys":
        options.wfrKeys = flag();
        break;
      case "sequential-keys":
        options.sequentialKeys = flag();
        break;
      case "linearizable-keys":
        options.linearizableKeys = flag();
        break;
      case "anomalies":
        options.anomalies = value.split(",").filter((name) => name !== "");
        break;
      default:
        throw new HarnessError("BAD_OPTION", `--elle has no option ${JSON.stringify(key)}`, { nextStep: "use wfr-keys, sequential-keys, linearizable-keys or anomalies" });
    }
  }
  return options;
}
