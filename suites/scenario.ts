import { HarnessError } from "../harness/errors.ts";
import type { Seed } from "../harness/ids.ts";
import type { Settings } from "../harness/options.ts";
import { arm, type ArmedFault } from "../nemesis/fault.ts";
import { faultNamed } from "../nemesis/registry.ts";
import { findWorkload } from "../workloads/registry.ts";
import type { Workload } from "../workloads/workload.ts";
import { parseSettings } from "../harness/options.ts";
import { commandName } from "./machine.ts";
import { splitSettings } from "./settings.ts";
import { type ClusterKind, findSubject, type Subject } from "./subject.ts";
import { requireWatchable } from "./watch-run.ts";

/** Cluster × workload × nemesis, with every number decided: what a run does, and what its rerun command says. */
export interface Scenario {
  /** `abd/register/isolate+kill`. */
  readonly name: string;
  readonly subject: Subject;
  readonly settings: Settings;
  readonly cluster: ClusterKind;
  readonly workload: Workload;
  readonly workloadSettings: Settings;
  readonly faults: readonly ArmedFault[];
  readonly faultEveryMs: number;
  readonly faultForMs: number;
  readonly timeLimitMs: number;
  readonly rate: number;
  readonly concurrency: number;
  readonly nodes: number;
  readonly seed: Seed;
  readonly operationMs: number;
  /** End the run as soon as a checker that watches it is certain of a violation. */
  readonly stopAtFirstViolation: boolean;
  /** Wall time for the checkers. */
  readonly budgetMs: number;
  /** Root of the run folders. */
  readonly root: string;
  readonly rerun: string;
}

export interface ScenarioRequest {
  readonly system: string;
  readonly cluster?: ClusterKind;
  /** Default: `register`, or the system's first where it does not understand that. */
  readonly workload?: string;
  /** `isolate`, `kill:target=majority`. */
  readonly nemesis: readonly string[];
  readonly faultEvery: number;
  readonly faultFor: number;
  readonly timeLimit: number;
  readonly rate: number;
  readonly concurrency: number;
  readonly nodes: number;
  readonly seed: Seed;
  readonly operationDeadline: number;
  readonly budget: number;
  readonly stopAtFirstViolation?: boolean;
  readonly set: readonly string[];
  readonly runs: string;
}

/** Names become values; everything that is wrong with them is an error before anything starts. `subject`: where the system is not one of ours. */
export function scenarioOf(request: ScenarioRequest, subject: Subject = findSubject(request.system)): Scenario {
  const cluster = request.cluster ?? subject.clusters[0]!;
  if (!subject.clusters.includes(cluster)) {
    throw new HarnessError("BAD_OPTION", `${subject.name} cannot run on a ${cluster} cluster (it can on ${subject.clusters.join(", ")})`, { nextStep: `use --cluster ${subject.clusters[0]}` });
  }
  const [first] = subject.workloads;
  if (first === undefined) {
    throw new HarnessError("BAD_OPTION", `no workload fits ${subject.name} yet`, { nextStep: `deploy it in rounds of its own clients: \`rashomon compare ${subject.name}\`` });
  }
  const workload = findWorkload(request.workload ?? (subject.workloads.includes("register") ? "register" : first));
  if (!subject.workloads.includes(workload.name)) {
    throw new HarnessError("BAD_OPTION", `${subject.name} does not understand the calls of workload ${workload.name} (it does ${subject.workloads.join(", ")})`, { nextStep: `use --workload ${first}` });
  }
  if (request.nemesis.length > 0 && request.faultFor >= request.faultEvery) {
    throw new HarnessError("BAD_OPTION", `a fault of ${request.faultFor} ms is not over when the next begins after ${request.faultEvery} ms`, { nextStep: "give --fault-for less than --fault-every" });
  }
  const [settings] = splitSettings(request.set, [subject, workload]) as [Settings, Settings];
  const [, workloadSettings] = splitSettings([...textsOf(subject.workloadDefaults?.(settings) ?? {}, workload), ...request.set], [subject, workload]) as [Settings, Settings];
  if (request.stopAtFirstViolation === true) requireWatchable(workload, workloadSettings);
  const faults = request.nemesis.map(armFromText);
  return {
    name: [subject.name, workload.name, faults.map(({ fault }) => fault.name).join("+") || "none"].join("/"),
    subject,
    settings,
    cluster,
    workload,
    workloadSettings,
    faults,
    faultEveryMs: request.faultEvery,
    faultForMs: request.faultFor,
    timeLimitMs: request.timeLimit,
    rate: request.rate,
    concurrency: request.concurrency,
    nodes: subject.nodes ?? request.nodes,
    seed: request.seed,
    operationMs: request.operationDeadline,
    stopAtFirstViolation: request.stopAtFirstViolation === true,
    budgetMs: request.budget,
    root: request.runs,
    rerun: rerunCommand({ ...request, workload: workload.name }, cluster),
  };
}

/** Those settings that the workload has, as `KEY=VALUE`; what comes after them in a list overrides them. */
function textsOf(settings: Settings, workload: Workload): string[] {
  return Object.entries(settings).flatMap(([name, value]) => (workload.options.some((option) => option.name === name) ? [`${name}=${value}`] : []));
}

/** `kill:target=majority` → the fault with that setting; settings are separated by `:`. */
function armFromText(text: string): ArmedFault {
  const [name = "", ...settings] = text.split(":");
  const fault = faultNamed(name);
  return arm(fault, parseSettings(settings, fault.options, `fault ${name}`));
}

function rerunCommand(request: ScenarioRequest & { readonly workload: string }, cluster: ClusterKind): string {
  return [
    commandName(),
    "run",
    request.system,
    `--cluster ${cluster}`,
    `--workload ${request.workload}`,
    ...(request.nemesis.length === 0 ? [] : [`--nemesis ${request.nemesis.join(",")}`, `--fault-every ${request.faultEvery}ms`, `--fault-for ${request.faultFor}ms`]),
    `--time-limit ${request.timeLimit}ms`,
    `--rate ${request.rate}`,
    `--concurrency ${request.concurrency}`,
    `--nodes ${request.nodes}`,
    `--operation-deadline ${request.operationDeadline}ms`,
    ...(request.stopAtFirstViolation === true ? ["--stop-at-first-violation"] : []),
    ...request.set.map((setting) => `--set ${setting}`),
    `--seed ${request.seed}`,
  ].join(" ");
}
