import type { History } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";
import type { FaultRecord } from "./records.ts";
import { count, percent } from "./words.ts";

/**
 * The figures that tell whether a verdict rests on enough evidence: how much was done, how much of it under faults, how
 * much after the last of them, and what a number of runs without an anomaly proves. A pass over nothing is no pass.
 */
export interface RunStatistics {
  readonly operations: number;
  /** From the first operation to the last; a run's clock also counts the start of its cluster. */
  readonly durationNs: number;
  /** Completions by function and type; `open` never completed. Sorted by function. */
  readonly byFunction: readonly FunctionCounts[];
  /** The most operations that were open at once. */
  readonly concurrencyMax: number;
  /** Completions while at least one fault was on. */
  readonly duringFaults: number;
  /** `ok` completions of operations that began after the last heal, by function; empty without faults. */
  readonly okAfterLastHeal: { readonly [f: string]: number };
  /** Latency of `ok` completions, ns; absent when there is none or the history has no times. */
  readonly latencyNs?: { readonly median: number; readonly p95: number; readonly p99: number; readonly max: number };
}
export interface FunctionCounts {
  readonly f: string;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly open: number;
}

/** Counts a history in one pass (and one sort of the latencies). O(n log n). */
export function statisticsOf(history: History, faults: readonly FaultRecord[] = []): RunStatistics {
  const spans = faultSpans(faults, endOf(history));
  const lastHeal = Math.max(-1, ...spans.map((span) => span.toNs));
  const counts = new Map<string, { f: string; ok: number; fail: number; info: number; open: number }>();
  const okAfterLastHeal: { [f: string]: number } = {};
  const latencies: number[] = [];
  let [open, concurrencyMax, operations, duringFaults] = [0, 0, 0, 0];
  for (let i = 0; i < history.length; i++) {
    if (history.processes[i] === NEMESIS) continue;
    const f = history.functionNames[history.fs[i]!]!;
    const row = counts.get(f) ?? { f, ok: 0, fail: 0, info: 0, open: 0 };
    counts.set(f, row);
    const [type, pair, timeNs] = [history.types[i]!, history.pairs[i]!, history.times[i]!];
    if (type === 0) {
      operations++;
      concurrencyMax = Math.max(concurrencyMax, ++open);
      if (pair < 0) row.open++;
      continue;
    }
    open--;
    if (type === 1) row.ok++;
    else if (type === 2) row.fail++;
    else row.info++;
    if (timeNs >= 0 && spans.some((span) => span.fromNs <= timeNs && timeNs <= span.toNs)) duringFaults++;
    if (type !== 1 || pair < 0) continue;
    const begun = history.times[pair]!;
    if (spans.length > 0 && begun >= lastHeal && begun >= 0) okAfterLastHeal[f] = (okAfterLastHeal[f] ?? 0) + 1;
    if (timeNs >= 0 && begun >= 0) latencies.push(timeNs - begun);
  }
  const byFunction = [...counts.values()].sort((a, b) => (a.f < b.f ? -1 : 1));
  const common = { operations, durationNs: endOf(history) - startOf(history), byFunction, concurrencyMax, duringFaults, okAfterLastHeal };
  if (latencies.length === 0) return common;
  const sorted = Float64Array.from(latencies).sort();
  return { ...common, latencyNs: { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99), max: sorted.at(-1)! } };
}

export interface FaultSpan {
  readonly fault: FaultRecord;
  readonly fromNs: number;
  readonly toNs: number;
}

/** When each fault was on: from its injection to its heal, or to the end of a run that did not heal it. */
export function faultSpans(faults: readonly FaultRecord[], endNs: number): FaultSpan[] {
  return faults.map((fault) => {
    const fromNs = fault.doneNs ?? fault.intendedNs;
    return { fault, fromNs, toNs: Math.max(fromNs, fault.healedNs ?? endNs) };
  });
}

/** The last time in a history, ns; 0 when it has none. O(1) for histories in order of time. */
export function endOf(history: History): number {
  for (let i = history.length - 1; i >= 0; i--) if (history.times[i]! >= 0) return history.times[i]!;
  return 0;
}

/** The first time in a history, ns; 0 when it has none. */
export function startOf(history: History): number {
  for (let i = 0; i < history.length; i++) if (history.times[i]! >= 0) return history.times[i]!;
  return 0;
}

/** Nearest-rank quantile of ascending numbers; `share` in 0..1; the list must not be empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
}

/**
 * What a number of independent runs proves. None anomalous: the rule of three (95 % bound 3/N; Hanley and
 * Lippman-Hand, 1983). Some: the rate with Wilson's 95 % interval (1927).
 */
export function trialsSentence(trials: { readonly runs: number; readonly anomalous: number }): string {
  const { runs, anomalous } = trials;
  if (runs === 0) return "no runs were made";
  const noun = runs === 1 ? "run" : "runs";
  if (anomalous === 0) {
    if (runs < 30) return `${count(runs)} ${noun}, 0 anomalies: too few to bound the rate (30 would give 10 % at 95 % confidence)`;
    return `${count(runs)} ${noun}, 0 anomalies: at 95 % confidence fewer than ${percent(3 / runs)} of such runs show one (rule of three); this does not prove that none does`;
  }
  const { low, high } = wilson(anomalous, runs);
  return `${count(runs)} ${noun}, ${count(anomalous)} with an anomaly: ${percent(anomalous / runs)} of such runs (95 % interval ${percent(low)} to ${percent(high)})`;
}

/** Wilson's score interval at 95 %. */
export function wilson(hits: number, trials: number): { readonly low: number; readonly high: number } {
  const z = 1.959964;
  const share = hits / trials;
  const middle = share + (z * z) / (2 * trials);
  const half = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return { low: hits === 0 ? 0 : (middle - half) / scale, high: hits === trials ? 1 : (middle + half) / scale };
}
