import { unansweredOperation } from "../clusters/local/answers.ts";
import { type Diary, hasDiaries, readDiaries } from "../clusters/local/diaries.ts";
import { conditionsOf } from "../clusters/local/gated-replay.ts";
import { describeUnexplained, type TraceVerdict, validateTrace, type ValidationOptions } from "../clusters/local/validation.ts";
import { systemDefinitions } from "../clusters/systems/registry.ts";
import type { System } from "../harness/actor.ts";
import { HarnessError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import { readHistoryFile } from "../harness/history-file.ts";
import { parseSettings } from "../harness/options.ts";
import type { Verdict } from "../harness/verdict.ts";
import type { RunRecord } from "../results/records.ts";
import { readRunFolder, type StoredRun } from "../results/store.ts";

/** What the traces of a stored run say of it. */
export interface Validated {
  readonly system: string;
  readonly trace: TraceVerdict;
  /** As a checker's: `unexplained-event`, or `unexplained-answer` when a client was told what no node had said. */
  readonly verdict: Verdict;
}

/** Validates the traces of a run folder of a system of actors. Throws `RUN_UNREADABLE` when it has none. */
export async function validateRun(path: string): Promise<Validated> {
  const run = readRunFolder(path);
  const system = run.run === undefined ? undefined : systemOfRun(run.run);
  if (run.run === undefined || system === undefined) {
    throw new HarnessError("RUN_UNREADABLE", run.run === undefined ? `${path} has no run.json` : `${path} is a run of ${run.run.system} on a ${run.run.cluster} cluster: no actors' traces are kept there`, {
      nextStep: "give the folder of a run of a system of actors on real processes (`rashomon run abd`)",
    });
  }
  const history = run.hasHistory ? (await readHistoryFile(run.paths.history)).history : undefined;
  return validateFolder(run, { record: run.run, system, history });
}

/** The same for a folder that is being judged anyway: undefined for a run without actors' traces, unknown where one of several is missing. */
export function traceVerdictOf(run: StoredRun, history: History): Verdict | undefined {
  const system = run.run === undefined ? undefined : systemOfRun(run.run);
  if (run.run === undefined || system === undefined || !hasDiaries(run.paths.logs, system.servers)) return undefined;
  try {
    return validateFolder(run, { record: run.run, system, history }).verdict;
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== "FILE_UNREADABLE") throw error;
    return { verdict: "unknown", checker: "trace", reason: error.message };
  }
}

function validateFolder(run: StoredRun, about: { readonly record: RunRecord; readonly system: System; readonly history: History | undefined }): Validated {
  const { record, system, history } = about;
  return validateTraces({
    system,
    logsFolder: run.paths.logs,
    ...(record.workload === "replay" ? { conditions: conditionsOf(system) } : {}),
    ...(history === undefined ? {} : { answers: { record, history } }),
  });
}

/** The traces below `logsFolder` against the definition; with `answers`, what clients were told against the traces too. */
export function validateTraces(about: {
  readonly system: System;
  readonly logsFolder: string;
  /** Of a replay. */
  readonly conditions?: Pick<ValidationOptions, "links" | "disk">;
  readonly answers?: { readonly record: RunRecord; readonly history: History };
}): Validated {
  const { system, conditions, answers } = about;
  const diaries = readDiaries(about.logsFolder, system.servers);
  const trace = validateTrace({ diaries, systemOf: () => system, ...conditions });
  return { system: system.name, trace, verdict: verdictOf(trace, answers === undefined ? undefined : answersProblem({ ...answers, system, diaries })) };
}

/** The system of actors that a run on real nodes was of, with the run's settings. */
export function systemOfRun(record: RunRecord): System | undefined {
  const definition = systemDefinitions.find(({ name }) => name === record.system);
  if (definition === undefined || record.cluster === "simulated") return undefined;
  const known = Object.entries(record.settings).filter(([name]) => definition.options.some((option) => option.name === name));
  const settings = parseSettings(known.map(([name, value]) => `${name}=${String(value)}`), definition.options, definition.name);
  const { nodes } = record.settings;
  return definition.make(typeof nodes === "number" ? { ...settings, servers: nodes } : settings);
}

function answersProblem(about: { readonly record: RunRecord; readonly system: System; readonly history: History; readonly diaries: readonly Diary[] }): ReturnType<typeof unansweredOperation> {
  const { concurrency } = about.record.settings;
  if (typeof concurrency !== "number" || about.diaries.some(({ full }) => full)) return undefined;
  return unansweredOperation({ history: about.history, concurrency, spec: about.system.spec, diaries: about.diaries });
}

function verdictOf(trace: TraceVerdict, unanswered: ReturnType<typeof unansweredOperation>): Verdict {
  const details = { ...trace.counts, ...("broken" in trace && trace.broken !== undefined ? { broken: trace.broken.property } : {}) };
  if (trace.verdict === "invalid") {
    const { expected, seen: received } = trace.first;
    return { verdict: "invalid", checker: "trace", details, anomalies: [{ name: "unexplained-event", operations: [], explanation: describeUnexplained(trace.first), expected, received }] };
  }
  if (unanswered !== undefined) {
    const { invocation, completion } = unanswered.operation;
    return { verdict: "invalid", checker: "trace", details, anomalies: [{ name: "unexplained-answer", operations: [invocation.index, ...(completion === undefined ? [] : [completion.index])], explanation: unanswered.text }] };
  }
  if (trace.verdict === "unknown") return { verdict: "unknown", checker: "trace", details, reason: trace.reason };
  return { verdict: "valid", checker: "trace", details };
}
