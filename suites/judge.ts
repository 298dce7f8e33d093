import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkLinearizable } from "../checkers/linearizability/linearizability.ts";
import { guarded } from "../harness/budget.ts";
import { HarnessError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import { equalJson, type Json } from "../harness/json.ts";
import { specNamed, specs } from "../harness/objects/registry.ts";
import { parseSettings, type Settings } from "../harness/options.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";
import type { Verdict } from "../harness/verdict.ts";
import { readHistory } from "../results/formats/formats.ts";
import type { FormatName, RecordedHistory } from "../results/formats/format.ts";
import { shorten } from "../results/formats/jepsen-edn.ts";

/** How a recorded history is to be judged; what is absent is found out from the file. */
export interface JudgeOptions {
  readonly format?: FormatName;
  /** Name of the object: `register`, `cas-register`, `kv`, `mutex`, … */
  readonly spec?: string;
  readonly initial?: Json;
  /** `KEY=VALUE` for the object's options. */
  readonly set: readonly string[];
  /** Wall time for the checker, ms; past it the verdict is `unknown`. */
  readonly budgetMs: number;
  /** Accept completions without invocations. */
  readonly completionsOnly?: boolean;
  /** Make the smallest counterexample and its picture. */
  readonly explain: boolean;
}

export interface Judgement {
  readonly recorded: RecordedHistory;
  /** What the reader and the judge decided, one sentence each. */
  readonly notes: readonly string[];
  readonly spec: string;
  readonly operations: number;
  readonly verdict: Verdict;
  /** CPU of reading and judging, ms. */
  readonly cpuMs: number;
}

/** Judges one recorded history; a run's folder stands for its `history.jsonl`. Errors as `readHistory`, or `BAD_OPTION`. */
export async function judgeFile(path: string, options: JudgeOptions): Promise<Judgement> {
  const before = cpuMs();
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "history.jsonl") : path;
  const recorded = await readHistory(file, {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.completionsOnly === true ? { completionsOnly: true } : {}),
    tolerateCutTail: file !== path,
  });
  const spec = specFor(recorded, options);
  const end = monotonicMs() + options.budgetMs;
  const budget = guarded(Number.POSITIVE_INFINITY, () => (monotonicMs() > end ? `${options.budgetMs / 1000} s` : undefined));
  const verdict = checkLinearizable(recorded.history, spec, { budget, explain: options.explain });
  return { notes: [...recorded.notes, ...otherwiseCompleted(recorded.history, spec)], recorded, spec: spec.name, operations: recorded.history.operationCount, verdict, cpuMs: cpuMs() - before };
}

/** Writes and the like whose completion names another value than was asked for: Knossos takes the completion's, we take what was asked. */
function otherwiseCompleted(history: History, spec: SequentialSpec): string[] {
  let count = 0;
  let first = "";
  for (const { invocation, completion } of history.operations()) {
    if (completion?.type !== "ok" || completion.value === null || spec.observes?.(invocation) !== false || equalJson(completion.value, invocation.value)) continue;
    if (count++ === 0) first = `op ${completion.index} completes ${invocation.f} ${shorten(JSON.stringify(invocation.value))} with ${shorten(JSON.stringify(completion.value))}`;
  }
  return count === 0 ? [] : [`${first}: judged by what was asked for${count === 1 ? "" : `, as ${count - 1} more are`}`];
}

function specFor(recorded: RecordedHistory, options: JudgeOptions): SequentialSpec {
  const name = options.spec ?? recorded.kind;
  if (name === "unknown" || name === "txn") {
    if (recorded.history.operationCount === 0) {
      throw new HarnessError("BAD_OPTION", `there is no client's operation in it, so its object cannot be told (read as ${recorded.format})`, { nextStep: "check that it is the right file; an empty history of an object named with --spec is valid" });
    }
    const functions = recorded.history.functionNames.filter((f) => f !== "").join(", ");
    throw new HarnessError("BAD_OPTION", `cannot tell the object from its functions (${functions})`, {
      nextStep: name === "txn" ? "judge transactions with --elle list-append or --elle rw-register" : "name the object with --spec; `rashomon list specs` shows them",
    });
  }
  return specNamed(name, {
    recorded,
    ...(options.initial === undefined ? {} : { initial: options.initial }),
    ...(options.set.length === 0 ? {} : { settings: onlyGiven(options.set, name) }),
  });
}

/** The settings that were given, checked against the object's options; the rest stays with the recorded form's conventions. */
function onlyGiven(texts: readonly string[], name: string): Settings {
  const entry = specs.find((candidate) => candidate.name === name);
  const all = parseSettings(texts, entry?.options ?? [], `object ${name}`);
  return Object.fromEntries(Object.entries(all).filter(([key]) => texts.some((text) => text.split("=", 1)[0] === key)));
}
