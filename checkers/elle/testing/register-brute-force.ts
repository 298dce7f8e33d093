import { isArray, type Json } from "../../../harness/json.ts";
import type { History } from "../../../harness/history.ts";

/**
 * The slow obvious oracle for registers: is there an order of the transactions, with any of those that ended in info left
 * out, in which every read of an ok transaction has its value? All orders of all choices; for a handful of transactions.
 */
export function areRegistersSerializable(history: History): boolean {
  return anyChoice(history, (transactions) => {
    const place = (state: State, left: readonly Registers[]): boolean => left.length === 0 || left.some((one) => (agrees(one, state) ? place(written(one, state), without(left, one)) : false));
    return place(new Map(), transactions);
  });
}

/**
 * Likewise for snapshot isolation: each begins and commits; it reads the state at its begin and its own writes, and no
 * other that writes one of its keys commits in between (Berenson and others, SIGMOD 1995).
 */
export function areRegistersSnapshotIsolated(history: History): boolean {
  return anyChoice(history, (transactions) => {
    interface Open {
      readonly one: Registers;
      readonly overwritten: ReadonlySet<string>;
    }
    const go = (state: State, left: readonly Registers[], open: readonly Open[]): boolean => {
      if (left.length === 0 && open.length === 0) return true;
      const commits = open.some(({ one, overwritten }) => {
        const keys = one.mops.filter(([f]) => f === "w").map(([, key]) => key);
        if (keys.some((key) => overwritten.has(key))) return false;
        const others = open.filter((other) => other.one !== one).map((other) => ({ one: other.one, overwritten: new Set([...other.overwritten, ...keys]) }));
        return go(written(one, state), left, others);
      });
      return commits || left.some((one) => agrees(one, state) && go(state, without(left, one), [...open, { one, overwritten: new Set() }]));
    };
    return go(new Map(), transactions, []);
  });
}

type State = ReadonlyMap<string, Json>;
interface Registers {
  readonly ok: boolean;
  readonly mops: readonly (readonly [f: string, key: string, value: Json])[];
}

function anyChoice(history: History, holds: (transactions: readonly Registers[]) => boolean): boolean {
  const all = [...history.operations()]
    .filter(({ completion }) => completion?.type !== "fail")
    .map(({ invocation, completion }): Registers => ({ ok: completion?.type === "ok", mops: mopsOf(completion?.type === "ok" ? completion.value : invocation.value) }));
  const [sure, maybe] = [all.filter(({ ok }) => ok), all.filter(({ ok }) => !ok)];
  for (let chosen = 0; chosen < 1 << maybe.length; chosen++) if (holds([...sure, ...maybe.filter((_, i) => (chosen >> i) & 1)])) return true;
  return false;
}

function mopsOf(value: Json): Registers["mops"] {
  if (!isArray(value)) throw new Error("assertion failed: a transaction is a list");
  return value.map((mop) => {
    if (!isArray(mop)) throw new Error("assertion failed: a micro-operation is a list");
    return [String(mop[0]), String(mop[1]), mop[2]!];
  });
}

/** Whether the reads of an ok transaction are those of `state`; what an info one read, nobody knows. */
function agrees(one: Registers, state: State): boolean {
  if (!one.ok) return true;
  const own = new Map(state);
  return one.mops.every(([f, key, value]) => {
    if (f === "r") return (own.get(key) ?? null) === value;
    own.set(key, value);
    return true;
  });
}

function written(one: Registers, state: State): State {
  const after = new Map(state);
  for (const [f, key, value] of one.mops) if (f === "w") after.set(key, value);
  return after;
}

function without<T>(list: readonly T[], one: T): readonly T[] {
  return list.filter((other) => other !== one);
}
