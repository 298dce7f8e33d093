import { type History, HistoryBuilder } from "../../../harness/history.ts";
import type { Random } from "../../../harness/random.ts";
import type { WeakLevel } from "../weak.ts";

/** A transaction of a session on registers; `value` null is the initial one. */
export interface PlainTransaction {
  readonly session: number;
  readonly type: "ok" | "fail" | "info";
  readonly mops: readonly (readonly [f: "r" | "w", key: number, value: number | null])[];
}

/**
 * The slow obvious oracle of the weak levels, their definition word for word (Biswas and Enea, OOPSLA 2019): there is a
 * commit order of all ok transactions that keeps sessions and reads, such that whenever t3 reads x from t1, every other
 * writer t2 of x that is known to t3 commits before t1. All n! orders, cut where one is already broken.
 */
export function keepsWeakLevel(transactions: readonly PlainTransaction[], level: WeakLevel): boolean {
  const committed = transactions.filter(({ type }) => type === "ok");
  if (!committed.every((reader) => reader.mops.every((_, place) => isReadable(transactions, reader, place, level)))) return false;
  // [t2, t1]: t2 must be earlier. The initial values' author is there before everybody.
  const pairs: (readonly [PlainTransaction, PlainTransaction | "initial"])[] = [];
  for (const [i, later] of committed.entries()) for (const earlier of committed.slice(0, i)) if (earlier.session === later.session) pairs.push([earlier, later]);
  for (const reader of committed) for (const { author } of externalReads(committed, reader)) if (author !== "initial") pairs.push([author, reader]);
  for (const reader of committed) {
    for (const [place, { key, author }] of externalReads(committed, reader).entries()) {
      for (const other of knownTo(committed, reader, place, level)) if (other !== author && other.mops.some(([f, written]) => f === "w" && written === key)) pairs.push([other, author]);
    }
  }
  const extend = (left: readonly PlainTransaction[]): boolean =>
    left.length === 0 || left.some((first) => !pairs.some(([earlier, later]) => later === first && left.includes(earlier)) && extend(left.filter((other) => other !== first)));
  return !pairs.some(([, later]) => later === "initial") && extend(committed);
}

/** Whether the value of a read may be seen at all: written, committed, final, and in line with the transaction itself. */
function isReadable(transactions: readonly PlainTransaction[], reader: PlainTransaction, place: number, level: WeakLevel): boolean {
  const [f, key, value] = reader.mops[place]!;
  if (f === "w") return true;
  const own = reader.mops.slice(0, place).findLast(([, other]) => other === key);
  if (own !== undefined && own[2] !== value && level !== "read-committed") return false;
  if (value === null) return true;
  const author = transactions.find(({ mops }) => mops.some((mop) => mop[0] === "w" && mop[1] === key && mop[2] === value));
  if (author === undefined) return false;
  if (author === reader) return reader.mops.slice(0, place).some((mop) => mop[0] === "w" && mop[1] === key && mop[2] === value);
  return author.type !== "fail" && lastWrite(author, key) === value;
}

function lastWrite(transaction: PlainTransaction, key: number): number | null | undefined {
  return transaction.mops.findLast((mop) => mop[0] === "w" && mop[1] === key)?.[2];
}

/** What it read before any write of its own to that key, and from whom; values of transactions that never completed are left out. */
function externalReads(committed: readonly PlainTransaction[], reader: PlainTransaction): { readonly key: number; readonly author: PlainTransaction | "initial" }[] {
  return reader.mops.flatMap(([f, key, value], place) => {
    if (f === "w" || reader.mops.slice(0, place).some(([own, other]) => own === "w" && other === key)) return [];
    const author = value === null ? "initial" : committed.find((other) => other !== reader && lastWrite(other, key) === value);
    return author === undefined ? [] : [{ key, author }];
  });
}

/** Who is known to `reader` when it does its external read number `place`. */
function knownTo(committed: readonly PlainTransaction[], reader: PlainTransaction, place: number, level: WeakLevel): readonly PlainTransaction[] {
  const authors = (one: PlainTransaction): PlainTransaction[] => externalReads(committed, one).flatMap(({ author }) => (author === "initial" ? [] : [author]));
  const session = (one: PlainTransaction): PlainTransaction[] => committed.slice(0, committed.indexOf(one)).filter((other) => other.session === one.session);
  if (level === "read-committed") return externalReads(committed, reader).slice(0, place).flatMap(({ author }) => (author === "initial" ? [] : [author]));
  if (level === "read-atomic") return [...authors(reader), ...session(reader)];
  const past = new Set<PlainTransaction>();
  const visit = (one: PlainTransaction): void => {
    for (const cause of [...authors(one), ...session(one)]) {
      if (past.has(cause)) continue;
      past.add(cause);
      visit(cause);
    }
  };
  visit(reader);
  return [...past].filter((other) => other !== reader);
}

/**
 * Few transactions of three sessions on two or three keys. A read gives, mostly, the last write of a committed
 * transaction; now and then the initial value, one in the middle of a transaction, a failed or an unfinished one's, its
 * own of later, or one that nobody wrote.
 */
export function randomTransactions(random: Random, count: number): readonly PlainTransaction[] {
  const keys = random.between(2, 3);
  let value = 0;
  const drafts = Array.from({ length: count }, () => ({
    session: random.int(3),
    type: random.chance(0.85) ? ("ok" as const) : random.chance(0.5) ? ("fail" as const) : ("info" as const),
    mops: Array.from({ length: random.between(1, 4) }, () => {
      const key = random.int(keys);
      return random.chance(0.5) ? (["w", key, ++value] as const) : (["r", key, null] as const);
    }),
  }));
  const read = (key: number): number | null => {
    const rare = random.chance(0.03);
    if (rare && random.chance(0.2)) return value + 1;
    const candidates = drafts.flatMap(({ type, mops }) => {
      const own = mops.filter((mop) => mop[0] === "w" && mop[1] === key).map((mop) => mop[2]!);
      return rare ? own : type === "ok" ? own.slice(-1) : [];
    });
    return candidates.length === 0 || random.chance(0.15) ? null : random.pick(candidates);
  };
  return drafts.map((draft) => ({
    ...draft,
    mops: draft.mops.map(([f, key, written], place) => {
      if (f === "w") return [f, key, written] as const;
      const own = draft.mops.slice(0, place).findLast((mop) => mop[0] === "w" && mop[1] === key);
      return ["r", key, own !== undefined && random.chance(0.95) ? own[2] : read(key)] as const;
    }),
  }));
}

/** One transaction after the other; the weak levels do not look at real time. A crashed process goes on, as in old logs. */
export function historyOfPlain(transactions: readonly PlainTransaction[]): History {
  const builder = new HistoryBuilder();
  builder.endAtInfo = false;
  for (const { session, type, mops } of transactions) {
    builder.push({ process: session, type: "invoke", f: "txn", value: mops });
    builder.push({ process: session, type, f: "txn", value: mops });
  }
  return builder.build();
}
