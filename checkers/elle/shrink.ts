import type { History, Operation } from "../../harness/history.ts";
import { shrink } from "../../harness/shrink.ts";
import { checkElle, type ElleOptions, type Workload } from "./elle.ts";

/**
 * The smallest sub-history that still shows an anomaly: 1-minimal, leaving out any transaction makes the anomaly go.
 * Starts from the transactions that touch a key of the anomaly's own; delta debugging does the rest. A sub-history of a
 * faultless history is not always faultless to a checker of observations (an append whose only reader is gone may move),
 * so the result is evidence to look at, and the anomaly in the whole history is what counts.
 *
 * Returns undefined when the history does not show `type`. O(tries × check), at most `triesMax` checks (default 2,000).
 */
export function smallestWith(history: History, workload: Workload, type: string, options: ElleOptions & { readonly triesMax?: number } = {}): History | undefined {
  const whole = checkElle(history, workload, options);
  const finding = whole.findings.kept(type)[0];
  if (finding === undefined) return undefined;
  const { transactions } = whole;
  const keys = new Set<number>();
  for (const t of finding.transactions) for (let at = transactions.starts[t]!; at < transactions.starts[t + 1]!; at++) keys.add(transactions.keys[at]!);
  const near = new Set<number>();
  for (let t = 0; t < transactions.count; t++) {
    for (let at = transactions.starts[t]!; at < transactions.starts[t + 1]!; at++) if (keys.has(transactions.keys[at]!)) near.add(transactions.invocations[t]!);
  }
  const own = new Set(finding.transactions.map((t) => transactions.invocations[t]!));
  const part = (kept: ReadonlySet<number>): History => history.filter(({ invocation }) => kept.has(invocation.index));
  const shows = (kept: ReadonlySet<number>): boolean => checkElle(part(kept), workload, options).findings.count(type) > 0;

  const all = [...history.operations()].map(({ invocation }: Operation) => invocation.index);
  const start = [own, near].find(shows) ?? new Set(all);
  // The finding's own transactions last: the others are the likelier to go.
  const list = [...start].sort((a, b) => Number(own.has(a)) - Number(own.has(b)) || a - b);
  const smallest = shrink(list, (candidate) => shows(new Set(candidate)), { triesMax: options.triesMax ?? 2_000 });
  return part(new Set(smallest));
}
