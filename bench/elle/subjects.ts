import { checkElle, judgeTransactions } from "../../checkers/elle/elle.ts";
import { simulate, type SimulationOptions, simulateTransactions } from "../../checkers/elle/testing/simulate.ts";
import { judgeTimestamps } from "../../checkers/elle/timestamps.ts";
import { judgeWeak, type WeakLevel } from "../../checkers/elle/weak.ts";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { cpuMs } from "../../harness/time.ts";
import { exportHistory } from "../../results/formats/export.ts";
import { parseHistory } from "../../results/formats/formats.ts";

/** One check of one history in a process of its own. */
export interface Measured {
  readonly subject: string;
  readonly transactions: number;
  /** The check alone, with what it needs besides the history. */
  readonly cpuMs: number;
  /** Reading, where there is a file. */
  readonly readCpuMs: number;
  /** The whole process at its highest, history included. */
  readonly peakMB: number;
  readonly valid: boolean | "unknown";
  readonly notes: string;
}

type Workload = SimulationOptions["workload"];

/** Strict-serializable: concurrency 20, 1 to 4 operations, 10 keys at a time of 64 writes each, 2 % fail, 0.5 % info. */
function options(workload: Workload, transactions: number): SimulationOptions {
  return { workload, level: "strict-serializable", transactions, concurrency: 20, keys: 10, writesPerKey: 64, lengthMax: 4, failRatio: 0.02, infoRatio: 0.005, random: new Random(seed("bench")) };
}

interface Outcome {
  readonly valid: boolean | "unknown";
  readonly cpuMs: number;
  readonly readCpuMs?: number;
  readonly notes?: string;
}

/** From transactions in columns, which is what a history becomes first. */
function columns(workload: Workload, model: string): (transactions: number) => Outcome {
  return (count) => {
    const transactions = simulateTransactions(options(workload, count));
    const before = cpuMs();
    const { valid, edgeCount } = judgeTransactions(transactions, workload, { models: [model] });
    return { valid, cpuMs: cpuMs() - before, notes: `${edgeCount} dependencies` };
  };
}

/** From a history of operations, as a run leaves it. */
function operations(workload: Workload): (transactions: number) => Outcome {
  return (count) => {
    const history = simulate(options(workload, count));
    const before = cpuMs();
    const { valid } = checkElle(history, workload, { models: ["strict-serializable"] });
    return { valid, cpuMs: cpuMs() - before };
  };
}

/** From the bytes of Jepsen's EDN. */
function edn(workload: Workload): (transactions: number) => Outcome {
  return (count) => {
    const bytes = Buffer.from(exportHistory(simulate(options(workload, count)), "elle"));
    const before = cpuMs();
    const { history } = parseHistory(bytes, { file: "history.edn" });
    const read = cpuMs();
    const { valid } = checkElle(history, workload, { models: ["strict-serializable"] });
    return { valid, cpuMs: cpuMs() - read, readCpuMs: read - before, notes: `${(bytes.length / 1e6).toFixed(0)} MB of EDN` };
  };
}

function weak(level: WeakLevel): (transactions: number) => Outcome {
  return (count) => {
    const transactions = simulateTransactions(options("rw-register", count));
    const before = cpuMs();
    const { valid } = judgeWeak(transactions, level);
    return { valid, cpuMs: cpuMs() - before };
  };
}

/** A replay of the database's own timestamps. */
function timestamps(workload: Workload): (transactions: number) => Outcome {
  return (count) => {
    const transactions = simulateTransactions({ ...options(workload, count), timestamps: true });
    const before = cpuMs();
    const { verdict } = judgeTimestamps(transactions, { workload, level: "serializable" });
    return { valid: verdict === "unknown" ? "unknown" : verdict === "valid", cpuMs: cpuMs() - before };
  };
}

/** What is measured, by name. */
export const subjects: { readonly [name: string]: (transactions: number) => Outcome } = {
  "list-append strict-serializable": columns("list-append", "strict-serializable"),
  "list-append serializable": columns("list-append", "serializable"),
  "rw-register strict-serializable": columns("rw-register", "strict-serializable"),
  "rw-register read-committed": weak("read-committed"),
  "rw-register read-atomic": weak("read-atomic"),
  "rw-register causal": weak("causal"),
  "list-append timestamps": timestamps("list-append"),
  "rw-register timestamps": timestamps("rw-register"),
  "list-append from operations": operations("list-append"),
  "rw-register from operations": operations("rw-register"),
  "list-append from EDN": edn("list-append"),
  "rw-register from EDN": edn("rw-register"),
};

/** Measures in this process, which should do nothing else. */
export function measure(subject: string, transactions: number): Measured {
  const check = subjects[subject];
  if (check === undefined) throw new Error(`assertion failed: there is a subject ${subject}`);
  const { valid, cpuMs: cpu, readCpuMs, notes } = check(transactions);
  const peakMB = process.resourceUsage().maxRSS / 1024;
  return { subject, transactions, cpuMs: cpu, readCpuMs: readCpuMs ?? 0, peakMB, valid, notes: notes ?? "" };
}
