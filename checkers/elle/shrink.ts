import type { History } from "../../harness/history.ts";
import { canonicalJson, isArray } from "../../harness/json.ts";
import { shrink } from "../../harness/shrink.ts";
import { checkElle, type ElleOptions, type Workload } from "./elle.ts";
import { violatedLevel } from "./levels.ts";
import { checkWeak } from "./weak.ts";

/**
 * The smallest sub-history that still shows an anomaly: 1-minimal, leaving out any transaction makes the anomaly go.
 * Starts from the transactions that show it, else from those that touch one of their keys; delta debugging does the
 * rest. A sub-history of a faultless history is not always faultless to a checker of observations (an append whose only
 * reader is gone may move), so the result is evidence to look at, and the anomaly in the whole history is what counts.
 *
 * Returns undefined when the history does not show `type`. O(tries × check), at most `triesMax` checks (default 2,000).
 */
export function smallestWith(history: History, workload: Workload, type: string, options: ElleOptions & { readonly triesMax?: number } = {}): History | undefined {
  const level = violatedLevel(type);
  const seen = (part: History): readonly number[] | undefined => {
    if (level !== undefined) return checkWeak(part, level).circles[0];
    const { findings, transactions } = checkElle(part, workload, options);
    return findings.kept(type)[0]?.transactions.map((t) => transactions.indices[t]!);
  };
  const operations = seen(history);
  if (operations === undefined) return undefined;
  const own = new Set(operations.map((index) => (history.types[index] === 0 ? index : history.pairs[index]!)));
  const part = (kept: ReadonlySet<number>): History => history.filter(({ invocation }) => kept.has(invocation.index));
  const shows = (kept: ReadonlySet<number>): boolean => seen(part(kept)) !== undefined;

  const start = [own, sharingKeys(history, own)].find(shows) ?? new Set([...history.operations()].map(({ invocation }) => invocation.index));
  // The finding's own transactions last: the others are the likelier to go.
  const list = [...start].sort((a, b) => Number(own.has(a)) - Number(own.has(b)) || a - b);
  const smallest = shrink(list, (candidate) => shows(new Set(candidate)), { triesMax: options.triesMax ?? 2_000 });
  return part(new Set(smallest));
}

/** Invocations of the transactions that touch a key which one of `own` touches. */
function sharingKeys(history: History, own: ReadonlySet<number>): ReadonlySet<number> {
  const keys = new Set([...own].flatMap((index) => keysOf(history, index)));
  return new Set([...history.operations()].map(({ invocation }) => invocation.index).filter((index) => keysOf(history, index).some((key) => keys.has(key))));
}

function keysOf(history: History, index: number): readonly string[] {
  const { value } = history.at(index);
  return isArray(value) ? value.flatMap((mop) => (isArray(mop) ? [canonicalJson(mop[1] ?? null)] : [])) : [];
}
