import type { Claim } from "../harness/claim.ts";
import type { Diagram } from "../harness/diagram.ts";
import type { Evidence } from "../harness/disturbance.ts";
import type { History } from "../harness/history.ts";
import type { Json } from "../harness/json.ts";
import type { Anomaly, Truth, Verdict } from "../harness/verdict.ts";

export type { Claim } from "../harness/claim.ts";

/**
 * What a run leaves, as types. They are plain data (only `RunReport.history` is not), so each is a JSON file of the
 * run folder and a reader of another language needs no more than `docs/results.md`. Fields are added, never renamed:
 * an old run must stay readable. `schema` counts the changes that were not additions.
 */

/** A checker's truth, or `vacuous`: too little evidence for any. */
export type RunVerdict = Truth | "vacuous";

/** `run.json`: everything needed to know what ran, and to run it again. Written when the run begins. */
export interface RunRecord {
  readonly schema: 1;
  /** `abd/register/partition+kill`: also the folder's name, with `/` made `-`. */
  readonly scenario: string;
  readonly seed: string;
  /** The command line that runs it again, as one would type it. */
  readonly rerun: string;
  /** ISO 8601, wall clock; a label, never used for durations. */
  readonly startedAt: string;
  readonly system: string;
  readonly cluster: string;
  readonly workload: string;
  readonly nemesis: readonly string[];
  /** Exact versions by name: `rashomon`, `node`, `etcd`, `toxiproxy`. */
  readonly versions: { readonly [name: string]: string };
  /** Image digests by image name; empty where no container ran. */
  readonly images: { readonly [name: string]: string };
  /** Commit of the harness's source; null when it is not a checkout. */
  readonly commit: string | null;
  readonly machine: Machine;
  /** Every setting in force. */
  readonly settings: { readonly [name: string]: Json };
  /** The defaults of those settings: the report shows where they differ. */
  readonly defaults?: { readonly [name: string]: Json };
  /** The promise under test, in the vendor's words where there are any. */
  readonly claim?: Claim;
  /** How clients behave: retries, pools, deadlines; one sentence each. */
  readonly clients?: readonly string[];
  /** What was not injected and not checked; one sentence each. */
  readonly limits?: Limits;
  /** The run ended early, at the first violation that a checker saw while it went on. */
  readonly stopped?: Stopped;
  /** Nodes that took clients: thread t worked on number t modulo their count. */
  readonly clientNodes?: readonly string[];
  /** What the cluster says about itself (`RunningCluster.describe()`). */
  readonly description?: Json;
}
/** Why a run ended before its time: what a checker saw, and when it was certain. */
export interface Stopped {
  readonly checker: string;
  /** `Op.index` of the op at which it was certain. */
  readonly op: number;
  readonly anomaly: Anomaly;
}
export interface Machine {
  /** `linux 6.1.0 x64`. */
  readonly platform: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}
export interface Limits {
  readonly notInjected: readonly string[];
  readonly notChecked: readonly string[];
}

/** `verdict.json`: written when the analysis ends, and again by `check RUN`. */
export interface VerdictRecord {
  readonly schema: 1;
  readonly verdict: RunVerdict;
  /** By the checker's name in the workload. */
  readonly checkers: { readonly [name: string]: Verdict };
  /** Clients' completions by type. */
  readonly counts: OpCounts;
  readonly faults: readonly FaultRecord[];
  /** What became of the nodes after the last heal; absent without faults. */
  readonly final?: FinalPhase;
  /** Why it is `unknown` or `vacuous`; empty otherwise. */
  readonly reasons: readonly string[];
  /** CPU of the analysis, milliseconds. */
  readonly cpuMs?: number;
  /** Failures of the infrastructure that did not decide the verdict: a tear-down that failed, a plot. */
  readonly problems?: readonly string[];
}
/** The nodes after the last heal: whether all came to agree, and which of them answered a read then. */
export type FinalPhase = ({ readonly converged: true } | { readonly converged: false; readonly why: string }) & {
  /** From the end of the heal until all agreed, or until that was given up. */
  readonly durationNs: number;
  readonly nodesRead: readonly string[];
  readonly nodesUnread: readonly string[];
};

export interface OpCounts {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
}

/** One fault from the ledger: asked for, in effect, healed. Times in ns from the run's start. */
export interface FaultRecord {
  readonly id: string;
  /** `cut n1 → n2, n3`. */
  readonly what: string;
  /** The fault's name in the registry: `isolate`; and the nodes it hit. */
  readonly name?: string;
  readonly targets?: readonly string[];
  readonly intendedNs: number;
  /** Absent: it never took effect (the injection failed, or the harness was killed). */
  readonly doneNs?: number;
  /** Absent: it was not healed by the run. */
  readonly healedNs?: number;
  /** Who healed it, when it is known. */
  readonly healedBy?: "run" | "watchdog" | "heal";
  /** Measured after the injection. */
  readonly evidence?: Evidence;
  /** Measured before, or at, the heal. */
  readonly healEvidence?: Evidence;
  /** Why it could not be injected, or not be healed. */
  readonly error?: string;
}

/** A file of a run, as the report links it. */
export interface RunFile {
  /** Relative to the report's own folder, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** What is in it, one line. */
  readonly about?: string;
}

/** One row of the table of accounts: what one witness says of one system. */
export interface WitnessAccount {
  readonly witness: "deploy" | "explore" | "simulate" | "compare";
  readonly system: string;
  readonly verdict: RunVerdict;
  /** What this system's definition predicts: a twin is expected to be `invalid`. Absent: nothing is expected. */
  readonly expected?: RunVerdict;
  /** One plain sentence: `read → 1 after write 2 had returned`. */
  readonly summary: string;
  /** Key figures in order of weight: `{ label: "states", value: "17,731" }`. The first three show in the terminal. */
  readonly figures: readonly Figure[];
  /** The bounds of an exploration; each one short text: `2 clients`, `1 crash`, `FIFO links`. */
  readonly bounds?: readonly string[];
  readonly cpuMs?: number;
  readonly wallMs?: number;
  readonly seed?: string;
  readonly rerun?: string;
  /** Runs made and runs with an anomaly: the report says what they prove (rule of three, Wilson interval). */
  readonly trials?: { readonly runs: number; readonly anomalous: number };
  readonly anomalies?: readonly Anomaly[];
  readonly discoveries?: readonly DiscoveryRecord[];
  /** Further pictures; those of anomalies and discoveries are drawn anyway. */
  readonly diagrams?: readonly Diagram[];
  /** Folder of the run it speaks of, relative to the report: joins it with `ReportInput.runs`. */
  readonly run?: string;
}
export interface Figure {
  readonly label: string;
  readonly value: string;
}
/** What an explorer or simulator found: a property and the path that decides it. */
export interface DiscoveryRecord {
  readonly property: string;
  /** `counterexample` of an always-property, `example` of a sometimes-property. */
  readonly kind: "counterexample" | "example";
  /** Steps of the path. */
  readonly length: number;
  readonly explanation?: string;
  readonly diagrams: readonly Diagram[];
}

/** Model against reality, in rounds that each play exactly the model's client scripts. */
export interface ComparisonRecord {
  readonly system: string;
  /** Observed histories that the model has, and those that it has not. */
  readonly inclusion: {
    readonly included: number;
    readonly outside: number;
    /** The first history outside the model: the first event that has no successor, and the picture. */
    readonly first?: { readonly explanation: string; readonly diagrams: readonly Diagram[] };
  };
  /** How many terminal histories the model has; a lower bound when the exploration was cut short. */
  readonly total: number;
  readonly totalIsLowerBound?: boolean;
  /** One per kind of testing: `deploy`, `simulate`. */
  readonly sources: readonly CoverageSource[];
  /** What else was counted besides histories: `local states`, `handler branches`. */
  readonly aspects?: readonly CoverageAspect[];
  readonly bounds?: readonly string[];
  readonly note?: string;
}
/** One kind of thing that the model has so many of, and what each kind of testing met of them. */
export interface CoverageAspect {
  readonly what: string;
  /** One sentence: what counts as one of them. */
  readonly definition: string;
  readonly total: number;
  readonly sources: readonly CoverageSource[];
}
export interface CoverageSource {
  readonly name: string;
  readonly rounds: number;
  /** Different terminal histories seen. */
  readonly seen: number;
  /** Accumulation: after `rounds` rounds, `seen` different histories; ascending in both. */
  readonly curve: readonly { readonly rounds: number; readonly seen: number }[];
  /** Good–Turing: the probability that the next round shows a history not seen yet (singletons ÷ rounds), 0..1. */
  readonly unseenMass?: number;
  /** Chao's lower bound for how many exist for this kind of testing, met or not. */
  readonly estimated?: number;
  /** Met, and not the model's within its bounds. */
  readonly outside?: number;
}

/** A system whose verdict is known beforehand, judged by the same harness in the same session. */
export interface ControlRecord {
  readonly name: string;
  /** `canary` must be caught, `known-good` must pass. */
  readonly kind: "canary" | "known-good";
  readonly expected: RunVerdict;
  readonly verdict: RunVerdict;
  readonly note?: string;
}

/** One run in a report: its records and, where the history could be read, the history. */
export interface RunReport {
  readonly record: RunRecord;
  readonly verdict: VerdictRecord;
  /** For the plots and counts; absent: they are left out and the report says so. */
  readonly history?: History;
  /** The run's folder relative to the report's. */
  readonly folder?: string;
  readonly files?: readonly RunFile[];
}

/** Everything that one `report.html` shows. Every list may be empty; its section is then left out. */
export interface ReportInput {
  readonly title: string;
  /** One or two sentences below the title. */
  readonly lead?: string;
  readonly rerun: string;
  readonly seed: string;
  /** ISO 8601 label. */
  readonly createdAt: string;
  readonly harnessVersion: string;
  readonly accounts: readonly WitnessAccount[];
  readonly runs: readonly RunReport[];
  readonly comparisons: readonly ComparisonRecord[];
  readonly controls?: readonly ControlRecord[];
  readonly limits?: Limits;
}

/** `report.json`: a report's input without the histories, so that `report RUN` draws it again from files alone. */
export interface ReportRecord extends Omit<ReportInput, "runs"> {
  readonly schema: 1;
  /** Folders of the runs, relative to this file. */
  readonly runFolders: readonly string[];
}

/** The demo's report is a report. */
export type DemoReport = ReportInput;
