import type { LamportDiagram, ProcessLinesDiagram } from "../../harness/diagram.ts";
import { type History, HistoryBuilder } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import type { Anomaly } from "../../harness/verdict.ts";
import type { FaultRecord, ReportInput, RunReport, RunVerdict } from "../records.ts";
import { statisticsOf } from "../statistics.ts";
import { count } from "../words.ts";

/** A made-up demo report, shaped like a real one: for the tests of the reports and for looking at them. No claim about any system. */
export function sampleReport(): ReportInput {
  const faults = sampleFaults();
  const stale = runOf({ system: "abd-fast-read", verdict: "invalid", faults, anomalies: [staleRead] });
  const good = runOf({ system: "abd", verdict: "valid", faults, anomalies: [] });
  return {
    title: "Do two replicated registers keep their promise?",
    lead: "A three-node register and its faulty twin: deployed under faults, explored within bounds, simulated from seeds, and compared.",
    rerun: "npm run demo -- --seed 42",
    seed: "42",
    createdAt: "2026-11-21T23:25:49Z",
    harnessVersion: "0.1.0",
    accounts: [
      { witness: "deploy", system: "abd", verdict: "valid", expected: "valid", summary: "no anomaly in 8 s under partitions, pauses and kills", figures: figures(good), cpuMs: 812, seed: "42", trials: { runs: 1, anomalous: 0 }, run: "abd" },
      { witness: "deploy", system: "abd-fast-read", verdict: "invalid", expected: "invalid", summary: staleRead.explanation, figures: figures(stale), cpuMs: 512, seed: "42", anomalies: [staleRead], run: "abd-fast-read" },
      { witness: "explore", system: "abd", verdict: "valid", expected: "valid", summary: "all 214,503 states visited; linearizable in every one", figures: [{ label: "unique states", value: "214,503" }, { label: "generated", value: "611,082" }, { label: "depth", value: "34" }], bounds, cpuMs: 6100 },
      { witness: "explore", system: "abd-fast-read", verdict: "invalid", expected: "invalid", summary: "a counterexample of 11 steps", figures: [{ label: "unique states", value: "3,201" }, { label: "generated", value: "7,008" }], bounds, cpuMs: 180, discoveries: [{ property: "linearizable", kind: "counterexample", length: 9, explanation: "client 1 reads null from n3 after client 0's write 1 was acknowledged by n1 and n2.", diagrams: [shortest] }] },
      { witness: "simulate", system: "abd", verdict: "valid", expected: "valid", summary: "no anomaly from 4,000 seeds", figures: [{ label: "runs", value: "4,000" }, { label: "steps", value: "1,203,114" }], cpuMs: 3900, seed: "42", trials: { runs: 4000, anomalous: 0 } },
      { witness: "simulate", system: "abd-fast-read", verdict: "invalid", expected: "invalid", summary: "found by seed 42/17 after 17 runs", figures: [{ label: "runs", value: "4,000" }, { label: "first at run", value: "17" }], cpuMs: 3100, seed: "42", trials: { runs: 4000, anomalous: 211 } },
      { witness: "compare", system: "abd", verdict: "valid", expected: "valid", summary: "every observed history is the model's", figures: [{ label: "rounds", value: "400" }, { label: "histories seen", value: "9 of 184" }] },
    ],
    runs: [good, stale],
    comparisons: [comparison],
    controls: [
      { name: "abd-fast-read", kind: "canary", expected: "invalid", verdict: "invalid", note: "reads without a quorum" },
      { name: "abd", kind: "known-good", expected: "valid", verdict: "valid" },
    ],
    limits: { notInjected: ["Clock faults, disk faults, membership changes.", "Duplicated messages: TCP has none."], notChecked: ["Liveness: whether operations end once faults are healed.", "Histories beyond the model's bounds, by exploration."] },
  };
}

const bounds: readonly string[] = ["3 servers", "2 clients: write 1; read", "FIFO links", "no losses, crashes, timers"];

const comparison: ReportInput["comparisons"][number] = {
  system: "abd",
  inclusion: { included: 400, outside: 0 },
  total: 184,
  sources: [
    { name: "deployed", rounds: 400, seen: 9, curve: [[1, 1], [3, 2], [7, 3], [20, 4], [41, 5], [80, 7], [180, 8], [390, 9], [400, 9]].map(([rounds, seen]) => ({ rounds: rounds!, seen: seen! })), unseenMass: 0.0025 },
    { name: "simulated", rounds: 400, seen: 71, curve: Array.from({ length: 41 }, (_, i) => ({ rounds: i * 10, seen: Math.round(71 * (1 - Math.exp(-i / 12)) / (1 - Math.exp(-40 / 12))) })), unseenMass: 0.04 },
  ],
  bounds,
};

const pictured: ProcessLinesDiagram = {
  kind: "process-lines",
  title: "A stale read",
  caption: "write 17 had returned before read → 12 began; nothing writes 12 again, so no order of these operations explains the read.",
  bands: [{ label: "isolate n3", start: 1, end: 9 }],
  lanes: [
    { label: "process 0", bars: [{ start: 0, end: 2, label: "write 12", mark: "linearized", point: { at: 1, place: 1 }, operation: 210 }, { start: 3, end: 6, label: "write 17", mark: "linearized", point: { at: 5, place: 2 }, operation: 214 }] },
    { label: "process 4", bars: [{ start: 7, end: 8, label: "read → 12", mark: "impossible", operation: 219, note: "asked n3, which was cut off" }] },
    { label: "process 12", bars: [{ start: 4, end: null, label: "write 18", mark: "crashed", operation: 212 }] },
  ],
};

const staleRead: Anomaly = {
  name: "nonlinearizable",
  operations: [6, 7, 8, 9, 10, 11],
  explanation: "read → 12 by process 4 began after write 17 had returned, and no write of 12 can come between them.",
  expected: "17 or 18",
  received: "12",
  diagrams: [pictured],
};

const shortest: LamportDiagram = {
  kind: "lamport",
  title: "The shortest counterexample, 11 steps",
  caption: "n3 has not heard of the write when it answers the read alone.",
  lanes: ["client 0", "n1", "n2", "n3", "client 1"],
  events: [
    { lane: 0, at: 0, label: "write 1", mark: "invoke" },
    { lane: 1, at: 1, label: "", mark: "plain" },
    { lane: 2, at: 2, label: "", mark: "plain" },
    { lane: 1, at: 3, label: "save (1, 1)", mark: "plain" },
    { lane: 2, at: 4, label: "save (1, 1)", mark: "plain" },
    { lane: 1, at: 5, label: "majority", mark: "plain" },
    { lane: 0, at: 6, label: "ok", mark: "return" },
    { lane: 4, at: 7, label: "read", mark: "invoke" },
    { lane: 3, at: 8, label: "answers alone", mark: "plain" },
    { lane: 4, at: 9, label: "read → null", mark: "violation" },
  ],
  messages: [
    { from: { lane: 0, at: 0 }, to: { lane: 1, at: 1 }, label: "write 1" },
    { from: { lane: 1, at: 1 }, to: { lane: 2, at: 2 }, label: "query #1" },
    { from: { lane: 2, at: 2 }, to: { lane: 1, at: 3 }, label: "state (0, null)" },
    { from: { lane: 1, at: 3 }, to: { lane: 2, at: 4 }, label: "store (1, 1)" },
    { from: { lane: 1, at: 3 }, to: null, label: "store (1, 1)" },
    { from: { lane: 2, at: 4 }, to: { lane: 1, at: 5 }, label: "ack #1" },
    { from: { lane: 1, at: 5 }, to: { lane: 0, at: 6 }, label: "ok" },
    { from: { lane: 4, at: 7 }, to: { lane: 3, at: 8 }, label: "read" },
    { from: { lane: 3, at: 8 }, to: { lane: 4, at: 9 }, label: "null" },
  ],
};

function sampleFaults(): FaultRecord[] {
  const plan: readonly (readonly [what: string, from: number, to: number | undefined, effective: boolean, seen: string])[] = [
    ["isolate n3 (leader)", 1.1, 2.4, true, "42 frames held, 3 connects refused"],
    ["latency n1 → n2 50 ms", 2.9, 4.0, true, "round trip 51 ms, before 0.3 ms"],
    ["pause n2", 3.6, 4.4, true, "n2 is stopped (state T)"],
    ["kill n1", 5.0, 6.1, true, "pid 4120 is gone; after restart pid 4188"],
    ["isolate n3 (leader)", 6.6, 7.4, false, "0 frames held"],
  ];
  return plan.map(([what, from, to, effective, seen], i) => ({ id: `fault-${i}`, what, intendedNs: (from - 0.01) * 1e9, doneNs: from * 1e9, ...(to !== undefined && { healedNs: to * 1e9, healedBy: "run" as const }), evidence: { effective, seen } }));
}

/** 8 seconds of a register at about 250 operations a second; slower, with info, while a fault is on. */
export function sampleHistory(faults: readonly FaultRecord[]): History {
  const random = new Random(seed("sample"));
  const builder = new HistoryBuilder();
  const threads = Array.from({ length: 10 }, (_, i) => ({ process: i, freeNs: i * 2e6, open: undefined as undefined | { f: string; value: number | null; endNs: number; type: "ok" | "info" | "fail" } }));
  let value = 0;
  for (let timeNs = 0; timeNs < 8e9; timeNs += 2e5) {
    const hit = faults.some((fault) => (fault.doneNs ?? 0) <= timeNs && timeNs <= (fault.healedNs ?? 9e9));
    for (const thread of threads) {
      if (thread.open !== undefined && thread.open.endNs <= timeNs) {
        builder.push({ process: thread.process, type: thread.open.type, f: thread.open.f, value: thread.open.f === "read" && thread.open.type === "ok" ? value : thread.open.value, timeNs, ...(thread.open.type !== "ok" && { error: "timeout" }) });
        if (thread.open.type === "info") thread.process += threads.length;
        thread.freeNs = timeNs + random.exponential(3e7);
        thread.open = undefined;
      } else if (thread.open === undefined && thread.freeNs <= timeNs) {
        const f = random.chance(0.5) ? "read" : "write";
        const slow = hit && random.chance(0.3);
        const type = slow && random.chance(0.3) ? (random.chance(0.7) ? "info" : "fail") : "ok";
        thread.open = { f, value: f === "write" ? ++value : null, type, endNs: timeNs + (slow ? 4e7 + random.exponential(2e8) : 6e5 + random.exponential(1.2e6)) };
        builder.push({ process: thread.process, type: "invoke", f, value: thread.open.value, timeNs });
      }
    }
  }
  return builder.build();
}

function figures(run: RunReport): { label: string; value: string }[] {
  const { ok, fail, info } = run.verdict.counts;
  return [{ label: "operations", value: count(ok + fail + info) }, { label: "ok / fail / info", value: `${count(ok)} / ${count(fail)} / ${count(info)}` }, { label: "faults", value: `${run.verdict.faults.length} (4 seen to act)` }];
}

function runOf(options: { system: string; verdict: RunVerdict; faults: readonly FaultRecord[]; anomalies: readonly Anomaly[] }): RunReport {
  const history = sampleHistory(options.faults);
  const counts = { ok: 0, fail: 0, info: 0 };
  for (const row of statisticsOf(history).byFunction) {
    counts.ok += row.ok;
    counts.fail += row.fail;
    counts.info += row.info;
  }
  const [first, ...rest] = options.anomalies;
  return {
    folder: options.system,
    history,
    record: {
      schema: 1, scenario: `${options.system}/register`, seed: "42", rerun: `rashomon run ${options.system} --workload register --nemesis isolate,latency,pause,kill --seed 42`, startedAt: "2026-11-21T23:25:01Z",
      system: options.system, cluster: "local", workload: "register", nemesis: ["isolate", "latency", "pause", "kill"], versions: { rashomon: "0.1.0", node: "24.21.0" }, images: {}, commit: "fb59d64",
      machine: { platform: "linux 6.1 x64", cpu: "an ordinary processor", cpus: 2, memoryBytes: 8.2e9 }, settings: { rate: 250, concurrency: 10, nodes: 3, "time-limit": "8s" }, defaults: { rate: 200, concurrency: 10, nodes: 3 },
      claim: { text: "Every read returns the value of the latest write that had completed, or of one that is under way.", model: "linearizability", lattice: "the strongest model of single objects; implies sequential consistency", source: "Attiya, Bar-Noy and Dolev, JACM 1995" },
      clients: ["One connection per thread and node.", "No retries, no pool; an operation without an answer in 1 s is info."],
    },
    verdict: {
      schema: 1, verdict: options.verdict, counts, faults: options.faults, reasons: [],
      checkers: {
        linearizable: first === undefined ? { checker: "linearizability/zones", verdict: "valid", details: { operations: counts.ok } } : { checker: "linearizability/zones", verdict: "invalid", anomalies: [first, ...rest] },
        stats: { checker: "stats", verdict: "valid" },
      },
    },
    files: [{ path: `${options.system}/history.jsonl`, sizeBytes: 412_331, sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", about: "every operation as the clients saw it" }],
  };
}
