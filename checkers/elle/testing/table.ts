import { type History, HistoryBuilder } from "../../../harness/history.ts";
import { isArray, type Json } from "../../../harness/json.ts";
import type { Random } from "../../../harness/random.ts";

/**
 * A table of rows with predicate reads, and transactions that overlap in pairs: histories whose truth is known.
 *
 *     serializable      one of a pair after the other
 *     repeatable-read   rows are locked, predicates are not: what the pair's other one inserts is a phantom to it
 *
 * Of a pair at the weaker level, both look before either writes, and neither writes a row that the other reads or writes.
 */
export interface TableOptions {
  readonly level: "serializable" | "repeatable-read";
  readonly transactions: number;
  readonly random: Random;
}

export type Table = ReadonlyMap<string, number>;
type Micro = readonly [f: string, key: Json, value?: Json];

/** One history, begun by an init of three rows. */
export function simulateTable(options: TableOptions): History {
  const { level, random } = options;
  const builder = new HistoryBuilder();
  const initial = { a: 0, b: 1, c: 2 };
  let table: Table = new Map(Object.entries(initial));
  let nextKey = 0;
  let nextValue = 3;
  for (const type of ["invoke", "ok"] as const) builder.push({ process: 0, type, f: "init", value: initial });

  const write = (taken: Set<string>): Micro[] => {
    const free = [...table.keys()].filter((key) => !taken.has(key));
    if (free.length === 0 || random.chance(0.5)) return [["insert", `n${nextKey++}`, nextValue++]];
    const key = random.pick(free);
    taken.add(key);
    return [random.chance(0.3) ? ["delete", key] : ["w", key, nextValue++]];
  };
  for (let done = 0; done < options.transactions; done += 2) {
    const taken = new Set<string>();
    const looks = [0, 1].map((): Micro[] => [["rp", random.pick<Json>(["true", ["mod", 2, 0], ["mod", 2, 1], ["=", nextValue]])]]);
    const writes = [0, 1].map(() => (random.chance(0.8) ? write(taken) : []));
    const before = table;
    const answers = [0, 1].map((which) => {
      const seen = level === "serializable" ? table : before;
      const answer = looks[which]!.map(([, predicate]): Json => ["rp", predicate, selected(seen, predicate)]);
      table = applied(table, writes[which]!);
      return [...answer, ...writes[which]!.map((micro): Json => [...micro] as Json)];
    });
    for (const type of ["invoke", "ok"] as const) for (const which of [0, 1]) builder.push({ process: which, type, f: "txn", value: answers[which]! });
  }
  return builder.build();
}

/** Rows that a predicate selects. */
export function selected(table: Table, predicate: Json): { readonly [key: string]: Json } {
  return Object.fromEntries([...table].filter(([, value]) => fits(predicate, value)));
}

/** The table after writes. */
export function applied(table: Table, micro: readonly (readonly (Json | undefined)[])[]): Table {
  const after = new Map(table);
  for (const [f, key, value] of micro) {
    if (f === "delete") after.delete(String(key));
    else if (f === "w" || f === "insert") after.set(String(key), Number(value));
  }
  return after;
}

function fits(predicate: Json, value: number): boolean {
  if (!isArray(predicate)) return predicate === "true";
  return predicate[0] === "=" ? value === predicate[1] : value % Number(predicate[1]) === predicate[2];
}
