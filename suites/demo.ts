import { join } from "node:path";
import type { Seed } from "../harness/ids.ts";
import { parseSettings, type Settings } from "../harness/options.ts";
import { cpuMs, sleep, wallClock } from "../harness/time.ts";
import type { ControlRecord, ReportInput, RunVerdict, WitnessAccount } from "../results/records.ts";
import { accountOfRun } from "../results/report.ts";
import { createRunFolder, type RunFolder } from "../results/store.ts";
import { type Compared, compareNow } from "./compare.ts";
import { compareAccount, comparisonRecord } from "./compare/record.ts";
import { type Deployed, deploy, type DeployHooks } from "./deploy.ts";
import { type Explored, exploreAccount, exploreWatchfully } from "./explore.ts";
import { commandName, harnessVersion } from "./machine.ts";
import { type ScenarioRequest, scenarioOf } from "./scenario.ts";
import { simulateAccount, simulateNow } from "./simulate.ts";
import { findSubject } from "./subject.ts";
import { storedReport, writeWholeReport } from "./write-reports.ts";

/** The whole story in one command: what three witnesses say of a system that keeps its promise, and of twins that do not. */
export interface Demo {
  readonly accounts: readonly WitnessAccount[];
  readonly deployed: readonly Deployed[];
  /** Every account is as expected. */
  readonly asExpected: boolean;
  /** Absolute path of the one report. */
  readonly report: string;
  readonly rerun: string;
}

export interface DemoRequest {
  readonly seed: Seed;
  readonly root: string;
  /** `KEY=VALUE` for every deployed run. */
  readonly set: readonly string[];
  readonly hooks: DeployHooks;
  /** A heading for people. */
  readonly chapter: (text: string) => void;
}

interface Act {
  readonly system: string;
  readonly expected: RunVerdict;
  readonly run: Partial<ScenarioRequest>;
  /** Extra settings of the model, for explore and simulate. */
  readonly model: readonly string[];
  /** Bounds the explorer's states when a proof is not the point. */
  readonly statesMax?: number;
  readonly simulatedRuns: number;
  readonly rounds: number;
}

/** A minute in all: the bounds of the models and the lengths of the runs are chosen for that. */
const localActs: readonly Act[] = [
  {
    system: "abd-fast-read",
    expected: "invalid",
    run: { nemesis: ["isolate", "latency"], timeLimit: 5000, faultEvery: 1600, faultFor: 1100 },
    model: [],
    simulatedRuns: 2000,
    rounds: 40,
  },
  {
    system: "abd-amnesia",
    expected: "invalid",
    // A read must come before the first write after the restart: hence mostly reads.
    run: { nemesis: ["kill:target=all"], timeLimit: 6000, faultEvery: 1800, faultFor: 300, set: ["read-share=0.9"] },
    model: [],
    statesMax: 1_000_000,
    simulatedRuns: 2000,
    rounds: 0,
  },
  {
    system: "abd",
    expected: "valid",
    run: { nemesis: ["isolate", "one-way", "latency", "pause", "kill"], timeLimit: 10_000, faultEvery: 1700, faultFor: 1100 },
    model: [],
    simulatedRuns: 4000,
    rounds: 80,
  },
];

const dockerActs: readonly (Pick<Act, "system" | "expected" | "run"> & { readonly set: readonly string[] })[] = [
  { system: "etcd", expected: "invalid", set: ["reads=serializable"], run: { nemesis: ["isolate:target=leader", "latency"], timeLimit: 20_000, faultEvery: 9000, faultFor: 6000 } },
  {
    system: "etcd",
    expected: "valid",
    set: ["reads=linearizable"],
    run: { nemesis: ["isolate:target=leader", "one-way:target=leader", "latency", "kill:target=leader"], timeLimit: 60_000, faultEvery: 7200, faultFor: 4000 },
  },
];

const base: Omit<ScenarioRequest, "system" | "seed" | "runs"> = {
  workload: "register",
  nemesis: [],
  faultEvery: 2000,
  faultFor: 1200,
  timeLimit: 5000,
  rate: 150,
  concurrency: 6,
  nodes: 3,
  operationDeadline: 800,
  budget: 20_000,
  set: [],
};

/** Three witnesses on child processes. */
export async function demoLocal(request: DemoRequest): Promise<Demo> {
  const { seed, chapter, hooks } = request;
  const folder = createRunFolder({ root: request.root, scenario: "demo", seed });
  const accounts: WitnessAccount[] = [];
  const deployed: Deployed[] = [];
  const compared: Compared[] = [];

  chapter("1. Deploy: three real processes over TCP, every link through its own proxy, faults on the links and nodes");
  for (const act of localActs) {
    const run = await deployAct(request, act, act.run.set ?? []);
    deployed.push(run);
    accounts.push(deployAccount(run, act.expected, folder));
    await listen(hooks.signal);
  }

  chapter("2. Explore: the very same actors, every behaviour within bounds");
  const explored = new Map<string, Explored>();
  for (const act of localActs) {
    const { definition, settings } = modelOf(act);
    const result = await exploreWatchfully(definition.make(settings), { track: "history", budgetMs: 60_000, signal: hooks.signal, ...(act.statesMax === undefined ? {} : { statesMax: act.statesMax }) }, []);
    hooks.signal.throwIfAborted();
    explored.set(act.system, result);
    const account = exploreAccount(act.system, result, { expected: act.expected, spec: definition.make(settings).spec, rerun: [commandName(), "explore", act.system, ...(act.statesMax === undefined ? [] : [`--states-max ${act.statesMax}`])].join(" ") });
    accounts.push(account);
    hooks.tell(`${act.system}: ${account.summary}`);
    await listen(hooks.signal);
  }

  chapter("3. Simulate: the same actors again, from seeds, in virtual time");
  for (const act of localActs) {
    const { definition, settings } = modelOf(act);
    const simulated = simulateNow({ definition, settings, runs: act.simulatedRuns, seed, strategy: "latency" });
    const account = simulateAccount(simulated, { expected: act.expected, seed, rerun: [commandName(), "simulate", act.system, `--runs ${act.simulatedRuns}`, `--seed ${seed}`].join(" ") });
    accounts.push(account);
    hooks.tell(`${act.system}: ${account.summary}`);
    await listen(hooks.signal);
  }

  chapter("4. Compare: exactly the model's clients on real processes, round after round, held against the model");
  for (const act of localActs) {
    if (act.rounds === 0) continue;
    const { definition, settings } = modelOf(act);
    const result = await compareNow({
      definition,
      settings,
      cluster: "local",
      seed,
      rounds: act.rounds,
      simulatedRuns: act.simulatedRuns,
      maxDelayMs: 6,
      historiesMax: 1_000,
      signal: hooks.signal,
      tell: () => undefined,
      explored: explored.get(act.system)!,
    });
    compared.push(result);
    const account = compareAccount(result, { expected: "valid", seed, rerun: [commandName(), "compare", act.system, `--seed ${seed}`, `--set rounds=${act.rounds}`].join(" ") });
    accounts.push(account);
    hooks.tell(`${act.system}: ${account.summary}`);
    await listen(hooks.signal);
  }

  return finish({ request, folder, accounts, deployed, compared, rerun: ["npm run demo --", ...request.set.map((setting) => `--set ${setting}`), `--seed ${seed}`].join(" ") });
}

/** One witness on a real database in Docker: the promise kept, and the setting that breaks it. */
export async function demoDocker(request: DemoRequest): Promise<Demo> {
  const folder = createRunFolder({ root: request.root, scenario: "demo-docker", seed: request.seed });
  const accounts: WitnessAccount[] = [];
  const deployed: Deployed[] = [];
  for (const act of dockerActs) {
    request.chapter(`etcd with ${act.set.join(", ")}: three nodes in Docker, a real Toxiproxy beside each`);
    const run = await deployAct(request, act, act.set);
    deployed.push(run);
    accounts.push(deployAccount(run, act.expected, folder));
    await listen(request.hooks.signal);
  }
  return finish({ request, folder, accounts, deployed, compared: [], rerun: ["npm run demo:docker --", ...request.set.map((setting) => `--set ${setting}`), `--seed ${request.seed}`].join(" ") });
}

/** Gives the event loop a turn, in which a Ctrl-C during long work is heard; throws its reason. */
function listen(signal: AbortSignal): Promise<void> {
  return sleep(5, signal);
}

async function deployAct(request: DemoRequest, act: Pick<Act, "system" | "run">, set: readonly string[]): Promise<Deployed> {
  const cpu = cpuMs();
  const run = await deploy(scenarioOf({ ...base, ...act.run, set: [...set, ...request.set], system: act.system, seed: request.seed, runs: request.root }), request.hooks);
  request.hooks.tell(`${run.scenario.name}: ${run.verdict.verdict} (${run.verdict.counts.ok} ok, ${run.verdict.counts.fail} fail, ${run.verdict.counts.info} info, ${Math.round(cpuMs() - cpu)} ms CPU)`);
  return run;
}

function modelOf(act: Act): { definition: NonNullable<ReturnType<typeof findSubject>["model"]>; settings: Settings } {
  const definition = findSubject(act.system).model!;
  return { definition, settings: parseSettings(act.model, definition.options, definition.name) };
}

function deployAccount(run: Deployed, expected: RunVerdict, base: RunFolder): WitnessAccount {
  const account = accountOfRun(storedReport(run, base), expected);
  const reads = run.scenario.settings["reads"];
  return { ...account, ...(reads === undefined ? {} : { system: `${account.system} (${String(reads)} reads)` }), rerun: run.scenario.rerun };
}

interface Ending {
  readonly request: DemoRequest;
  readonly folder: RunFolder;
  readonly accounts: readonly WitnessAccount[];
  readonly deployed: readonly Deployed[];
  readonly compared: readonly Compared[];
  readonly rerun: string;
}

function finish(ending: Ending): Demo {
  const { request, folder, accounts, deployed, compared, rerun } = ending;
  const asExpected = accounts.every((account) => account.expected === undefined || account.verdict === account.expected);
  const input: ReportInput = {
    title: "Does it keep its promise?",
    lead: "One system, written once; several witnesses; the same judge for all of them.",
    rerun,
    seed: request.seed,
    createdAt: wallClock().toISOString(),
    harnessVersion: harnessVersion(),
    accounts,
    runs: deployed.map((run) => storedReport(run, folder)),
    comparisons: compared.map(comparisonRecord),
    controls: accounts.filter(({ witness }) => witness === "deploy").map(controlOf),
    limits: {
      notInjected: ["clock skew", "disk faults", "messages repeated by the network", "membership changes"],
      notChecked: ["liveness: that operations end when the faults have ended", "behaviours outside the bounds that stand beside each exploration"],
    },
  };
  const report = writeWholeReport({ folder, input, runFolders: deployed.map((run) => run.folder.path), tell: request.hooks.tell });
  return { accounts, deployed, asExpected, report: report ?? join(folder.path, "report.html"), rerun };
}

function controlOf(account: WitnessAccount): ControlRecord {
  return {
    name: account.system,
    kind: account.expected === "invalid" ? "canary" : "known-good",
    expected: account.expected ?? "valid",
    verdict: account.verdict,
  };
}
