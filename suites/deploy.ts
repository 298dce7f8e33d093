import type { ClusterStart, RunningCluster } from "../harness/cluster.ts";
import { describeError, HarnessError } from "../harness/errors.ts";
import type { History } from "../harness/history.ts";
import type { NodeId } from "../harness/ids.ts";
import { openHistoryFile } from "../harness/history-file.ts";
import { type FileLedger, openLedger } from "../harness/ledger/file-ledger.ts";
import { startWatchdog } from "../harness/ledger/watchdog.ts";
import { Random } from "../harness/random.ts";
import { type Progress, run, type RunResult } from "../harness/runner.ts";
import { monotonicNs, wallClock } from "../harness/time.ts";
import { checkCapabilities } from "../nemesis/fault.ts";
import { faults } from "../nemesis/registry.ts";
import { checkBeforeStart } from "../nemesis/supported.ts";
import { makeNemesis } from "../nemesis/nemesis.ts";
import type { RunRecord, Stopped, VerdictRecord } from "../results/records.ts";
import { createRunFolder, readFaults, type RunFolder } from "../results/store.ts";
import { openLoad } from "../workloads/workload.ts";
import { analyse } from "./analyse.ts";
import { deploySimulated } from "./deploy-simulated.ts";
import { scheduleOf } from "./fault-plan.ts";
import { commandName, harnessCommit, harnessVersion, thisMachine } from "./machine.ts";
import type { Scenario } from "./scenario.ts";
import { runIdOf } from "./run-id.ts";
import { defaultsOf } from "./settings.ts";
import { watched, watchInWorker } from "./watch-run.ts";
import { writeReports } from "./write-reports.ts";

/** What stays of a deployed run. */
export interface Deployed {
  readonly scenario: Scenario;
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly verdict: VerdictRecord;
  readonly history: History;
  readonly interrupted: boolean;
}

export interface DeployHooks {
  readonly signal: AbortSignal;
  readonly live: { update(progress: Progress): void };
  /** One line for people. */
  readonly tell: (line: string) => void;
  /** Told of the nodes' log lines as they come. */
  readonly logLine?: (node: NodeId, line: string) => void;
  /** What becomes of the cluster after the run; default `tear-down`. */
  readonly afterwards?: "tear-down" | "keep";
}

/**
 * One run from end to end:
 *
 *     folder, run.json ─ ledger, watchdog ─ cluster ─ workload beside nemesis ─ heal ─ final reads ─ tear-down ─ verdict ─ reports
 *
 * The history is on disk before it is judged, and it is judged even if the tear-down failed; a report that fails never
 * changes the verdict. Throws what kept the run from beginning; whatever was started is ended.
 */
export async function deploy(scenario: Scenario, hooks: DeployHooks): Promise<Deployed> {
  if (hooks.afterwards === "keep" && scenario.cluster !== "docker") throw cannotOutlive(scenario.cluster);
  const folder = createRunFolder({ root: scenario.root, scenario: scenario.name, seed: scenario.seed });
  const record = recordOf(scenario);
  folder.writeRun(record);
  const ran = scenario.cluster === "simulated" ? await deploySimulated(scenario, folder, { ...hooks, record }) : await onCluster(scenario, folder, { ...hooks, record });
  const { stopped } = ran;
  const known: RunRecord = stopped === undefined ? ran.record : { ...ran.record, stopped };
  if (stopped !== undefined) folder.writeRun(known);
  const verdict = await analyse({
    history: ran.result.history,
    workload: scenario.workload,
    settings: scenario.workloadSettings,
    faults: readFaults(folder.paths.faults).faults,
    faultsExpected: scenario.faults.length > 0,
    budgetMs: scenario.budgetMs,
    // A run that was interrupted is judged all the same; one that ended by itself can still be spared a long judgement.
    ...(hooks.signal.aborted ? {} : { signal: hooks.signal }),
    interrupted: ran.result.interrupted,
    ...(stopped === undefined ? {} : { stopped }),
    problems: ran.problems,
    record: known,
  });
  writeReports({ folder, history: ran.result.history, verdict, tell: hooks.tell });
  return { scenario, folder, record: known, verdict, history: ran.result.history, interrupted: ran.result.interrupted };
}

export interface Ran {
  readonly result: Pick<RunResult, "history" | "interrupted">;
  readonly record: RunRecord;
  /** Failures beside the operations: a heal, a tear-down. */
  readonly problems: readonly string[];
  /** What a watch ended it for. */
  readonly stopped: Stopped | undefined;
}

async function onCluster(scenario: Scenario, folder: RunFolder, hooks: DeployHooks & { readonly record: RunRecord }): Promise<Ran> {
  const startNs = monotonicNs();
  const clock = (): number => monotonicNs() - startNs;
  const problems: string[] = [];
  const ledger = openLedger(folder.path, { clock });
  const watchdog = await startWatchdog(ledger);
  try {
    const random = new Random(scenario.seed);
    const { cluster, client } = scenario.subject.deploy(scenario.settings, { kind: scenario.cluster, nodes: scenario.nodes, concurrency: scenario.concurrency, runId: runIdOf(folder.path), object: scenario.workload.object });
    checkBeforeStart(scenario.faults, cluster);
    const start: ClusterStart = { signal: hooks.signal, ledger, logsFolder: folder.paths.logs, random: random.fork("cluster"), progress: hooks.tell };
    const running = await cluster.start(start);
    const record: RunRecord = { ...hooks.record, description: running.describe(), clientNodes: running.clientNodes ?? running.nodes, ...versionsOf(running, hooks.record) };
    folder.writeRun(record);
    let worked: Worked;
    const following = followLogs(running, hooks);
    try {
      if (hooks.afterwards === "keep" && running.keep === undefined) throw cannotOutlive(running.name);
      worked = await work(scenario, { running, client, ledger, random, folder, clock, hooks });
    } catch (error) {
      hooks.tell("tearing down");
      await tearDown(running, problems);
      throw error;
    } finally {
      following.abort();
    }
    if (hooks.afterwards === "keep") await keep(running, { folder, hooks });
    else {
      hooks.tell("tearing down");
      await tearDown(running, problems);
    }
    const { result, stopped } = worked;
    return { result, record, problems: [...result.problems, ...problems], stopped };
  } finally {
    ledger.end();
    await watchdog.stop();
  }
}

/** Until the returned controller is aborted. */
function followLogs(running: RunningCluster, { logLine, tell }: DeployHooks): AbortController {
  const ended = new AbortController();
  if (logLine === undefined) return ended;
  if (running.followLogs === undefined) tell(`logs of a ${running.name} cluster cannot be followed; they are in the run's folder at the end`);
  else void running.followLogs(logLine, ended.signal);
  return ended;
}

function cannotOutlive(cluster: string): HarnessError {
  return new HarnessError("CAPABILITY_MISSING", `cluster '${cluster}' cannot outlive its run`, { nextStep: "leave out --keep, or use --cluster docker" });
}

/** The ledger stays open: what was started is still to be undone, by `heal`. */
async function keep(running: RunningCluster, { folder, hooks }: { readonly folder: RunFolder; readonly hooks: DeployHooks }): Promise<void> {
  await running.keep?.();
  const endpoints = await Promise.all((running.clientNodes ?? running.nodes).map(async (node) => ({ node, ...(await running.endpoint(node, 0)) })));
  hooks.tell(`kept: ${endpoints.map(({ node, host, port }) => `${node} at ${host}:${port}`).join(", ")}`);
  hooks.tell(`  enter with: ${commandName()} shell ${running.nodes[0]}`);
  hooks.tell(`  remove with: ${commandName()} heal ${folder.path}`);
}

async function tearDown(running: RunningCluster, problems: string[]): Promise<void> {
  try {
    await running[Symbol.asyncDispose]();
  } catch (error) {
    problems.push(`tear-down: ${describeError(error)}`);
  }
}

interface Work {
  readonly running: RunningCluster;
  readonly client: Parameters<typeof run>[0]["client"];
  readonly ledger: FileLedger;
  readonly random: Random;
  readonly folder: RunFolder;
  readonly clock: () => number;
  readonly hooks: DeployHooks;
}

type Worked = Pick<Ran, "stopped"> & { readonly result: RunResult };

async function work(scenario: Scenario, w: Work): Promise<Worked> {
  checkCapabilities(scenario.faults, w.running);
  const plan = scenario.workload.make(scenario.workloadSettings);
  await using file = await openHistoryFile(w.folder.paths.history);
  using watch = scenario.stopAtFirstViolation ? watchInWorker(scenario.workload, scenario.workloadSettings, w.hooks.tell) : undefined;
  await using nemesis = makeNemesis({ cluster: w.running, faults: scenario.faults, ledger: w.ledger, random: w.random.fork("nemesis") });
  const result = await run({
    concurrency: scenario.concurrency,
    nodes: w.running.clientNodes ?? w.running.nodes,
    client: w.client,
    endpoint: (node, thread) => w.running.endpoint(node, thread),
    generator: openLoad(plan, { ratePerSecond: scenario.rate }),
    ...(scenario.faults.length === 0 ? {} : { faults: { nemesis, generator: scheduleOf(scenario, w.random) } }),
    finalGenerator: plan.finalGenerator,
    recover: (signal) => w.running.converged(signal),
    timeLimitMs: scenario.timeLimitMs,
    limits: { operationMs: scenario.operationMs },
    random: w.random.fork("workload"),
    clock: w.clock,
    file,
    ...watched(watch, w.hooks.signal),
    onProgress: (progress) => w.hooks.live.update(progress),
  });
  return { result: { ...result, interrupted: w.hooks.signal.aborted }, stopped: watch?.stopped };
}

function recordOf(scenario: Scenario): RunRecord {
  return {
    schema: 1,
    scenario: scenario.name,
    seed: scenario.seed,
    rerun: scenario.rerun,
    startedAt: wallClock().toISOString(),
    system: scenario.subject.name,
    cluster: scenario.cluster,
    workload: scenario.workload.name,
    nemesis: scenario.faults.map(({ fault }) => fault.name),
    versions: { rashomon: harnessVersion(), node: process.versions.node },
    images: {},
    commit: harnessCommit(),
    machine: thisMachine(),
    settings: {
      ...scenario.settings,
      ...scenario.workloadSettings,
      nodes: scenario.nodes,
      concurrency: scenario.concurrency,
      rate: scenario.rate,
      timeLimitMs: scenario.timeLimitMs,
      operationMs: scenario.operationMs,
      ...(scenario.stopAtFirstViolation ? { stopAtFirstViolation: true } : {}),
      faultEveryMs: scenario.faultEveryMs,
      faultForMs: scenario.faultForMs,
    },
    defaults: { ...defaultsOf(scenario.subject), ...defaultsOf(scenario.workload) },
    claim: scenario.subject.claim(scenario.settings),
    limits: {
      notInjected: faults.filter((fault) => !scenario.faults.some((armed) => armed.fault === fault)).map((fault) => fault.name).concat("clock skew", "disk faults beyond a loss of power"),
      notChecked: ["liveness: that every operation ends once the faults have ended", "anything but what the clients of this workload saw"],
    },
    clients: ["each client thread has one connection to one node and never retries; its operations end after their deadline as info"],
  };
}

/** What a cluster says of its versions and images goes to their own places in `run.json`. */
function versionsOf(running: RunningCluster, record: RunRecord): Pick<RunRecord, "versions" | "images"> {
  const described = running.describe();
  const part = (name: string): { readonly [key: string]: string } => {
    const value = typeof described === "object" && described !== null && !Array.isArray(described) ? (described as { readonly [key: string]: unknown })[name] : undefined;
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string")) : {};
  };
  return { versions: { ...record.versions, ...part("versions") }, images: part("images") };
}
