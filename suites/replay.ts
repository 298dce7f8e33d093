import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { checkLinearizable } from "../checkers/linearizability/linearizability.ts";
import { lamport } from "../checkers/model/lamport.ts";
import { conditionsOf, replayOnCluster } from "../clusters/local/gated-replay.ts";
import type { MessagesLost } from "../clusters/local/link-losses.ts";
import { actorModelOf } from "../harness/actor-model.ts";
import type { System } from "../harness/actor.ts";
import { steps as stepBudget } from "../harness/budget.ts";
import type { History } from "../harness/history.ts";
import { openHistoryFile } from "../harness/history-file.ts";
import type { Seed } from "../harness/ids.ts";
import { openLedger } from "../harness/ledger/file-ledger.ts";
import { startWatchdog } from "../harness/ledger/watchdog.ts";
import { cpuMs, wallClock } from "../harness/time.ts";
import { type Verdict, worst } from "../harness/verdict.ts";
import { Judge } from "../harness/watch.ts";
import type { LamportDiagram } from "../harness/diagram.ts";
import type { RunRecord, RunVerdict, VerdictRecord, WitnessAccount } from "../results/records.ts";
import { accountOfRun } from "../results/report.ts";
import { createRunFolder, type RunFolder } from "../results/store.ts";
import { commandName, harnessCommit, harnessVersion, thisMachine } from "./machine.ts";
import { readSchedule } from "./schedule-file.ts";
import { validateTraces } from "./validate.ts";
import { storedReport, writeWholeReport } from "./write-reports.ts";

/** Name of the schedule's copy in the folder of a run that played it. */
export const scheduleFileName = "schedule.json";

/** A schedule as the model plays it. */
export interface ReplayedInModel {
  readonly system: string;
  /** Steps that could be taken. */
  readonly applied: number;
  /** The property that broke, if one did: `invalid` then. */
  readonly broken: string | undefined;
  readonly verdict: RunVerdict;
  readonly diagram: LamportDiagram;
}

/** Plays a schedule file in the model. */
export function replayInModel(path: string): ReplayedInModel {
  const { definition, settings, steps } = readSchedule(path);
  const system = definition.make(settings);
  const { broken, steps: applied } = new Judge(actorModelOf(system, { check: true, timers: true })).judge(steps);
  return {
    system: system.name,
    applied: applied.length,
    broken,
    verdict: broken === undefined ? "valid" : "invalid",
    diagram: lamport(system, applied, { title: `${system.name}: ${applied.length} steps`, ...(broken === undefined ? {} : { violation: `not ${broken}` }) }),
  };
}

export interface ReplayRequest {
  /** Of the schedule file. */
  readonly path: string;
  readonly seed: Seed;
  /** Root of the run folders. */
  readonly root: string;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}
export interface ReplayedForReal {
  readonly folder: RunFolder;
  readonly model: ReplayedInModel;
  readonly verdict: VerdictRecord;
  readonly history: History;
  /** Steps of the schedule that were played on the processes. */
  readonly applied: number;
  /** Of the messages that it loses. */
  readonly lost: MessagesLost;
  readonly report: string | undefined;
}

/**
 * Plays a schedule file on real processes, in a run folder of its own, judges what was recorded, and draws a report
 * that shows both: what the model foretold, and what happened.
 */
export async function replayForReal(request: ReplayRequest): Promise<ReplayedForReal> {
  const { path, seed, tell } = request;
  const { definition, settings, steps } = readSchedule(path);
  const system = definition.make(settings);
  const model = replayInModel(path);
  const folder = createRunFolder({ root: request.root, scenario: `${system.name}/replay`, seed });
  copyFileSync(path, join(folder.path, scheduleFileName));
  const record: RunRecord = {
    schema: 1,
    scenario: `${system.name}/replay`,
    seed,
    rerun: `${commandName()} replay ${path} --deploy --seed ${seed}`,
    startedAt: wallClock().toISOString(),
    system: system.name,
    cluster: "local",
    workload: "replay",
    nemesis: [],
    versions: { rashomon: harnessVersion(), node: process.versions.node },
    images: {},
    commit: harnessCommit(),
    machine: thisMachine(),
    settings: { ...settings, nodes: system.servers },
    clients: ["the clients of the model: each waits for its answer before it calls again"],
  };
  folder.writeRun(record);
  const ledger = openLedger(folder.path);
  const watchdog = await startWatchdog(ledger);
  try {
    const played = await replayOnCluster({ definition, settings, schedule: steps, seed, signal: request.signal, ledger, logsFolder: folder.paths.logs, progress: tell });
    {
      await using file = await openHistoryFile(folder.paths.history);
      for (const op of played.history) file.append(op);
    }
    const verdict = judgeReplay({ system, history: played.history, logsFolder: folder.paths.logs });
    folder.writeVerdict(verdict);
    const report = writeReplayReport({ folder, record, model, history: played.history, tell });
    return { folder, model, verdict, history: played.history, applied: played.applied.length, lost: played.lost, report };
  } finally {
    ledger.end();
    await watchdog.stop();
  }
}

/** The verdict on a replay: the clients' history against the object, the nodes' traces against the definition, and its properties. */
export function judgeReplay(about: { readonly system: System; readonly history: History; readonly logsFolder: string }): VerdictRecord {
  const cpu = cpuMs();
  const { system, history, logsFolder } = about;
  const traces = validateTraces({ system, logsFolder, conditions: conditionsOf(system) });
  const broken = traces.trace.verdict === "valid" ? traces.trace.broken : undefined;
  const properties: Verdict =
    broken === undefined
      ? { verdict: "valid", checker: "properties" }
      : { verdict: "invalid", checker: "properties", anomalies: [{ name: broken.property, operations: [], explanation: `not ${broken.property}: so are the nodes' own states after event ${broken.at.event} of ${broken.at.node}` }] };
  const linearizability = checkLinearizable(history, system.spec, { budget: stepBudget(10_000_000), explain: true });
  const checkers: { readonly [name: string]: Verdict } = { linearizability, ...(system.properties.length === 0 ? {} : { properties }), trace: traces.verdict };
  const completions = [...history].filter(({ type }) => type === "ok").length;
  return {
    schema: 1,
    verdict: worst(Object.values(checkers).map(({ verdict }) => verdict)),
    checkers,
    counts: { ok: completions, fail: 0, info: 0 },
    faults: [],
    reasons: [],
    cpuMs: cpuMs() - cpu,
  };
}

function writeReplayReport(about: { readonly folder: RunFolder; readonly record: RunRecord; readonly model: ReplayedInModel; readonly history: History; readonly tell: (line: string) => void }): string | undefined {
  const { folder, record, model, history, tell } = about;
  const run = storedReport({ folder, history });
  const foretold: WitnessAccount = {
    witness: "explore",
    system: model.system,
    verdict: model.verdict,
    summary: model.broken === undefined ? `${model.applied} steps, and no property is broken` : `not ${model.broken} after ${model.applied} steps`,
    figures: [{ label: "steps", value: String(model.applied) }],
    discoveries: [{ property: model.broken ?? "none", kind: model.broken === undefined ? "example" : "counterexample", length: model.applied, diagrams: [model.diagram] }],
  };
  const input = {
    title: `${model.system}: a schedule of the model, played on real processes`,
    lead: "Each delivery waited at its node's door until the schedule let it in; what was lost was lost at its link's proxy; crashes were SIGKILLs, recoveries restarts with what was on disk. What the clients saw was recorded from the wire.",
    rerun: record.rerun,
    seed: record.seed,
    createdAt: record.startedAt,
    harnessVersion: harnessVersion(),
    accounts: [foretold, accountOfRun(run, model.verdict)],
    runs: [run],
    comparisons: [],
  };
  return writeWholeReport({ folder, input, runFolders: [folder.path], tell });
}
