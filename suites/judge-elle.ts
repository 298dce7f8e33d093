import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { reportable, sessionOrder } from "../checkers/elle/check.ts";
import { judgeElle, vocabularies, type Workload, workloads } from "../checkers/elle/elle.ts";
import { canonicalModel } from "../checkers/elle/models.ts";
import { smallestWith } from "../checkers/elle/shrink.ts";
import { judgeTimestamps, timestampLevels } from "../checkers/elle/timestamps.ts";
import { transactionsOf } from "../checkers/elle/transactions.ts";
import { type Budget, guarded } from "../harness/budget.ts";
import { HarnessError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";
import type { Verdict } from "../harness/verdict.ts";
import { readHistory } from "../results/formats/formats.ts";
import type { FormatName, RecordedHistory } from "../results/formats/format.ts";
import { elleSettings } from "./elle-settings.ts";

/** How a recorded history of transactions is to be judged. */
export interface ElleJudgeOptions {
  readonly format?: FormatName;
  /**
   * Models that should hold, in any accepted name; default strict serializability, and strong session serializability
   * for forms that tell no real time.
   */
  readonly models?: readonly string[];
  /** See `elleSettings`. */
  readonly set: readonly string[];
  /** Work of the search for cycles; the same on any machine. Past it the verdict is `unknown`, unless something was found. */
  readonly stepsMax: number;
  /** Wall time as well, ms. */
  readonly budgetMs?: number;
  readonly completionsOnly?: boolean;
  /** Look for the smallest sub-history that shows the first anomaly. */
  readonly shrink?: boolean;
}

export interface ElleJudgement {
  readonly recorded: RecordedHistory;
  readonly operations: number;
  readonly verdict: Verdict;
  /** What `shrink` found: the anomaly and the history that still shows it. */
  readonly smallest?: { readonly anomaly: string; readonly history: History };
  /** CPU of reading and judging, ms. */
  readonly cpuMs: number;
}

/** The workload of that name; `BAD_OPTION` otherwise. */
export function elleWorkload(name: string): Workload {
  const workload = workloads.find((known) => known === name);
  if (workload === undefined) throw new HarnessError("BAD_OPTION", `there is no transactional workload ${JSON.stringify(name)}`, { nextStep: `use --elle ${workloads.join(" or --elle ")}` });
  return workload;
}

/** Judges one recorded history of transactions; a run's folder stands for its `history.jsonl`. Errors as `readHistory` and `judgeElle`. */
export async function judgeElleFile(path: string, workload: Workload, options: ElleJudgeOptions): Promise<ElleJudgement> {
  const before = cpuMs();
  const settings = elleSettings(options.set);
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "history.jsonl") : path;
  const recorded = await readHistory(file, {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.completionsOnly === true ? { completionsOnly: true } : {}),
    tolerateCutTail: file !== path,
  });
  const { history } = recorded;
  if (settings.timestamps === true) return { recorded, operations: history.operationCount, verdict: replayed(recorded, workload, options), cpuMs: cpuMs() - before };
  const models = modelsFor(recorded, options.models);
  const demands = { ...settings, models, instantsUnordered: options.completionsOnly === true || recorded.unordered === true };
  const verdict = judgeElle(history, workload, { ...demands, budget: budgetOf(options) });
  const first = verdict.verdict === "invalid" && options.shrink === true ? verdict.anomalies[0].name : undefined;
  const smallest = first === undefined ? undefined : smallestWith(history, workload, first, demands);
  return {
    recorded,
    operations: history.operationCount,
    verdict,
    ...(first === undefined || smallest === undefined ? {} : { smallest: { anomaly: first, history: smallest } }),
    cpuMs: cpuMs() - before,
  };
}

/** The database's own timestamps replayed at the level that the models name. */
function replayed({ history }: RecordedHistory, workload: Workload, options: ElleJudgeOptions): Verdict {
  const [model, ...others] = options.models ?? [];
  const level = timestampLevels.find((known) => model !== undefined && canonicalModel(known) === canonicalModel(model));
  if (level === undefined || others.length > 0 || options.shrink === true) {
    throw new HarnessError("BAD_OPTION", "timestamps prove or contradict one of two levels, and nothing smaller is looked for", { nextStep: `say --models ${timestampLevels.join(" or --models ")}, without --shrink` });
  }
  if (workload === "closed-predicate") throw new HarnessError("BAD_OPTION", "timestamps of predicate reads cannot be replayed", { nextStep: "leave --set timestamps out, or judge lists or registers" });
  return judgeTimestamps(transactionsOf(history, vocabularies[workload]), { workload, level, budget: budgetOf(options) });
}

/** The models to judge by; where the form tells no real time, one that speaks of it cannot be. */
function modelsFor(recorded: RecordedHistory, asked: readonly string[] | undefined): readonly string[] {
  // Said of transactions, causal consistency is the model of Cerone et al., not that of single objects.
  const models = asked?.map((model) => (model === "causal" ? "causal-cerone" : model));
  if (recorded.unordered !== true) return models ?? ["strict-serializable"];
  const timed = (models ?? []).find((model) => sessionOrder(reportable({ models: [model] })) === "realtime");
  if (timed === undefined) return models ?? ["strong-session-serializable"];
  throw new HarnessError("BAD_OPTION", `${recorded.format} tells nothing about real time, so ${timed} cannot be judged`, { nextStep: "ask for --models strong-session-serializable, or a weaker model" });
}

function budgetOf({ stepsMax, budgetMs }: ElleJudgeOptions): Budget {
  if (budgetMs === undefined) return guarded(stepsMax, () => undefined);
  const end = monotonicMs() + budgetMs;
  return guarded(stepsMax, () => (monotonicMs() > end ? `${budgetMs / 1000} s` : undefined));
}
