import { isArray, type Json } from "../../../harness/json.ts";
import type { History } from "../../../harness/history.ts";

/**
 * The slow obvious oracle: is there an order in which the transactions, one after the other, give every read its value?
 * For list-append histories whose operations all end in ok; all n! orders, cut where a read disagrees.
 */
export function isSerializable(history: History): boolean {
  const transactions = committed(history);
  const place = (lists: ReadonlyMap<string, string>, left: readonly number[]): boolean => {
    if (left.length === 0) return true;
    return left.some((t) => {
      const after = run(transactions[t]!, lists);
      return after !== undefined && place(after, left.filter((other) => other !== t));
    });
  };
  return place(new Map(), transactions.map((_, t) => t));
}

/**
 * Likewise for snapshot isolation: each transaction has a begin and a commit; it reads the state at its begin and its own
 * appends, and no other that writes one of its keys commits in between (Berenson et al., SIGMOD 1995). All orders of
 * begins and commits; a situation from which there was no way on is not tried again.
 */
export function isSnapshotIsolated(history: History): boolean {
  const transactions = committed(history);
  const writes = transactions.map((mops) => new Set(mops.filter(([f]) => f !== "r").map(([, key]) => key)));
  interface Open {
    readonly t: number;
    /** Keys that others committed since it began. */
    readonly overwritten: ReadonlySet<string>;
  }
  const deadEnds = new Set<string>();
  const situation = (lists: ReadonlyMap<string, string>, left: readonly number[], open: readonly Open[]): string =>
    JSON.stringify([[...lists].sort(), left, open.map(({ t, overwritten }) => [t, ...[...overwritten].sort()]).sort()]);
  const go = (lists: ReadonlyMap<string, string>, left: readonly number[], open: readonly Open[]): boolean => {
    if (left.length === 0 && open.length === 0) return true;
    const here = situation(lists, left, open);
    if (deadEnds.has(here)) return false;
    deadEnds.add(here);
    for (const one of open) {
      if ([...writes[one.t]!].some((key) => one.overwritten.has(key))) continue;
      const after = new Map(lists);
      for (const [f, key, value] of transactions[one.t]!) if (f !== "r") after.set(key, (after.get(key) ?? "") + value + ",");
      const rest = open.filter((other) => other !== one).map((other) => ({ t: other.t, overwritten: new Set([...other.overwritten, ...writes[one.t]!]) }));
      if (go(after, left, rest)) return true;
    }
    return left.some((t) => run(transactions[t]!, lists) !== undefined && go(lists, left.filter((other) => other !== t), [...open, { t, overwritten: new Set() }]));
  };
  return go(new Map(), transactions.map((_, t) => t), []);
}

type SimpleMop = readonly [f: string, key: string, value: string];

/** Lists as text: each element followed by a comma. */
function committed(history: History): SimpleMop[][] {
  const text = (value: Json): string => (isArray(value) ? value.map((element) => `${JSON.stringify(element)},`).join("") : "");
  return [...history.operations()].map(({ completion }) => {
    if (completion?.type !== "ok" || !isArray(completion.value)) throw new Error("assertion failed: every operation ended in ok");
    return completion.value.map((mop): SimpleMop => {
      if (!isArray(mop)) throw new Error("assertion failed: a micro-operation is a list");
      return mop[0] === "r" ? ["r", String(mop[1]), text(mop[2]!)] : [String(mop[0]), String(mop[1]), JSON.stringify(mop[2])];
    });
  });
}

/** The state after a transaction, or undefined when one of its reads disagrees. */
function run(mops: readonly SimpleMop[], lists: ReadonlyMap<string, string>): ReadonlyMap<string, string> | undefined {
  const after = new Map(lists);
  for (const [f, key, value] of mops) {
    if (f !== "r") after.set(key, (after.get(key) ?? "") + value + ",");
    else if ((after.get(key) ?? "") !== value) return undefined;
  }
  return after;
}
