import type { Checker } from "../harness/checker.ts";
import type { History } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";
import type { Json } from "../harness/json.ts";
import type { Verdict } from "../harness/verdict.ts";

/** How the operations of one function ended; `open` never completed. */
export interface Counts {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly open: number;
}

/**
 * Counts how operations ended, by function. A function that never once ended in `ok` was not tested, whatever the other
 * checkers say: the verdict is then `unknown`, and the reason names it. O(ops).
 */
export const stats: Checker = {
  name: "stats",
  summary: "counts how operations ended, by function; unknown when one of them never ended in ok",
  check: (history) => Promise.resolve(judge(history)),
};

/** The counts by function, functions in order of their names. */
export function countsOf(history: History): ReadonlyMap<string, Counts> {
  const counts = history.functionNames.map(() => ({ ok: 0, fail: 0, info: 0, open: 0 }));
  const seen = new Set<number>();
  for (let i = 0; i < history.length; i++) {
    if (history.types[i] !== 0 || history.processes[i] === NEMESIS) continue;
    const f = history.fs[i]!;
    seen.add(f);
    const pair = history.pairs[i]!;
    const end = pair < 0 ? 0 : history.types[pair]!;
    counts[f]![endings[end]!]++;
  }
  return new Map([...seen].map((f): [string, Counts] => [history.functionNames[f]!, counts[f]!]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** By `Op` type code: 0 stands for "no completion". */
const endings = ["open", "ok", "fail", "info"] as const;

function judge(history: History): Verdict {
  const counts = countsOf(history);
  const total = { ok: 0, fail: 0, info: 0, open: 0 };
  const byFunction: { [f: string]: Json } = {};
  for (const [f, count] of counts) {
    byFunction[f] = { ...count };
    for (const end of endings) total[end] += count[end];
  }
  const details = { total, byFunction };
  const never = [...counts].filter(([, count]) => count.ok === 0).map(([f, count]) => `${f} (${count.fail} fail, ${count.info + count.open} unknown)`);
  if (counts.size === 0) return { verdict: "unknown", checker: "stats", reason: "the history holds no operation", details };
  if (never.length > 0) {
    return { verdict: "unknown", checker: "stats", reason: `never ended in ok: ${never.join(", ")}; what they do was not tested`, details };
  }
  return { verdict: "valid", checker: "stats", details };
}
