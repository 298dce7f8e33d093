import { assert } from "../../harness/assert.ts";
import type { History } from "../../harness/history.ts";
import { equalJson, isArray, isObject, type Json } from "../../harness/json.ts";

/**
 * Re-checks a cycle against the history alone. It shares nothing with the search: no graph, no version numbers, only the
 * operations named in the certificate and the definition of each step, so that a report can be believed without
 * believing the checker. Slow and obvious: O(steps × history).
 *
 * A certificate is an anomaly's `details`: `cycle` (`Op.index` of each completion) and `steps`, one for each edge, with
 * its `type`, `key`, `value`, `value'` and the places of the two micro-operations.
 */
export interface Certificate {
  readonly cycle: readonly number[];
  readonly steps: readonly { readonly [key: string]: Json }[];
}

/** What is wrong with a cycle of list-append or rw-register, one sentence each; empty when every step holds. */
export function verifyCycle(history: History, workload: "list-append" | "rw-register", certificate: Certificate): readonly string[] {
  const { cycle, steps } = certificate;
  const problems: string[] = [];
  if (cycle.length < 2 || steps.length !== cycle.length) return [`a cycle of ${cycle.length} transactions has ${steps.length} steps`];
  if (new Set(cycle).size !== cycle.length) problems.push("a transaction occurs twice");
  for (const [i, step] of steps.entries()) {
    const [from, to] = [cycle[i]!, cycle[(i + 1) % cycle.length]!];
    const problem = stepProblem(new Witness(history, workload), from, to, step);
    if (problem !== undefined) problems.push(`op ${from} before op ${to} (${String(step["type"])}): ${problem}`);
  }
  return problems;
}

/** The certificate of an anomaly with a cycle; undefined for others. */
export function certificateOf(details: { readonly [key: string]: Json } | undefined): Certificate | undefined {
  const cycle = details?.["cycle"];
  const steps = details?.["steps"];
  if (cycle === undefined || steps === undefined || !isArray(cycle) || !isArray(steps)) return undefined;
  return { cycle: cycle.map(Number), steps: steps.map((step) => (isObject(step) ? step : {})) };
}

interface Mop {
  readonly f: string;
  readonly key: Json;
  readonly value: Json;
}

class Witness {
  readonly history: History;
  readonly isList: boolean;

  constructor(history: History, workload: "list-append" | "rw-register") {
    this.history = history;
    this.isList = workload === "list-append";
  }

  mops(index: number): Mop[] {
    const op = this.history.at(index);
    const own = op.value ?? (op.type === "invoke" ? null : this.history.at(this.history.pairs[index]!).value);
    const list = own === null ? [] : own;
    assert(isArray(list), `op ${index} is a transaction`);
    return list.map((mop) => {
      assert(isArray(mop), `op ${index} is a list of micro-operations`);
      return { f: String(mop[0]), key: mop[1]!, value: mop[2] ?? null };
    });
  }

  /** Transactions that ended in ok, by index of their completion. */
  *committed(): Generator<number> {
    for (let i = 0; i < this.history.length; i++) if (this.history.types[i] === 1 && this.history.processes[i]! >= 0) yield i;
  }

  /** Whether an ok transaction read something that this one wrote. */
  wasRead(index: number): boolean {
    const writes = this.mops(index).filter((mop) => mop.f !== "r");
    return [...this.committed()].some((reader) => this.mops(reader).some((mop) => mop.f === "r" && writes.some((write) => equalJson(write.key, mop.key) && equalJson(write.value, mop.value))));
  }

  /** Every list of a key that anybody read. */
  lists(key: Json): (readonly Json[])[] {
    const lists: (readonly Json[])[] = [];
    for (let i = 0; i < this.history.length; i++) {
      const type = this.history.types[i]!;
      if ((type !== 1 && type !== 3) || this.history.processes[i]! < 0) continue;
      for (const mop of this.mops(i)) if (mop.f === "r" && equalJson(mop.key, key) && isArray(mop.value)) lists.push(mop.value);
    }
    return lists;
  }

  begins(index: number): number {
    return this.history.types[index] === 0 ? index : this.history.pairs[index]!;
  }
}

function stepProblem(witness: Witness, from: number, to: number, step: { readonly [key: string]: Json }): string | undefined {
  const { history } = witness;
  if (history.types[from] === 2 || history.types[to] === 2) return "one of them failed";
  switch (step["type"]) {
    case "process":
      return history.processes[from] === history.processes[to] && from < to ? undefined : "they are not in this order in one process";
    case "realtime":
      return history.types[from] === 1 && from < witness.begins(to) ? undefined : "the first had not ended when the second began";
    case "wr":
    case "ww":
    case "rw": {
      const source = witness.mops(from)[Number(step["a-mop-index"])];
      const target = witness.mops(to)[Number(step["b-mop-index"])];
      const key = step["key"] ?? null;
      if (source === undefined || target === undefined || !equalJson(source.key, key) || !equalJson(target.key, key)) return "the micro-operations are not on that key";
      const [reads, writes] = [(mop: Mop): boolean => mop.f === "r", (mop: Mop): boolean => mop.f !== "r"];
      const fits = step["type"] === "wr" ? writes(source) && reads(target) : step["type"] === "ww" ? writes(source) && writes(target) : reads(source) && writes(target);
      if (!fits) return "the micro-operations are not of that kind";
      if (step["only-place"] === true && !witness.isList) return onlyPlaceProblem(witness, source, target);
      return witness.isList ? listProblem(witness, String(step["type"]), source, target) : registerProblem(witness, String(step["type"]), source, target);
    }
    default:
      return "a step of no known type";
  }
}

function listProblem(witness: Witness, type: string, source: Mop, target: Mop): string | undefined {
  const last = (list: Json): Json | undefined => (isArray(list) ? list[list.length - 1] : undefined);
  if (type === "wr") return equalJson(last(target.value) ?? null, source.value) ? undefined : "the list read does not end with that element";
  const before = type === "ww" ? source.value : last(source.value);
  const after = target.value;
  const lists = witness.lists(source.key);
  const follows = (list: readonly Json[]): boolean => {
    const distinct = list.filter((element, i) => list.findIndex((other) => equalJson(other, element)) === i);
    const place = distinct.findIndex((element) => equalJson(element, after));
    return place >= 0 && (before === undefined ? place === 0 : place > 0 && equalJson(distinct[place - 1]!, before));
  };
  if (lists.some(follows)) return undefined;
  const isRead = lists.some((list) => list.some((element) => equalJson(element, after)));
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const atEnd = lists.some((list) => list.length === longest && (before === undefined ? longest === 0 : equalJson(list[longest - 1]!, before)));
  return !isRead && atEnd ? undefined : "no list read shows the second directly after the first";
}

function registerProblem(witness: Witness, type: string, source: Mop, target: Mop): string | undefined {
  if (type === "wr") return equalJson(source.value, target.value) ? undefined : "another value was read";
  const [before, after] = [source.value, target.value];
  if (before === null) return undefined;
  // The version that a transaction finds, and the one that it leaves.
  const touch = (index: number): { enters: Json; leaves: Json } | undefined => {
    const mops = witness.mops(index).filter((mop) => equalJson(mop.key, source.key));
    if (mops.length === 0) return undefined;
    const writes = mops.filter((mop) => mop.f !== "r");
    const first = mops[0]!;
    return { enters: first.f === "r" ? first.value : writes[writes.length - 1]!.value, leaves: writes.length > 0 ? writes[writes.length - 1]!.value : first.value };
  };
  const all = [...witness.committed()].flatMap((index) => {
    const touched = touch(index);
    return touched === undefined ? [] : [{ index, ...touched }];
  });
  const { history } = witness;
  const known =
    all.some(({ enters, leaves }) => equalJson(enters, before) && equalJson(leaves, after)) ||
    all.some((a) => all.some((b) => a.index < b.index && equalJson(a.leaves, before) && equalJson(b.enters, after) && (history.processes[a.index] === history.processes[b.index] || a.index < witness.begins(b.index))));
  return known ? undefined : "nothing shows the second version after the first";
}

/**
 * A version that nobody read before writing, put behind the chain that begins with null: holds if each other version of
 * the key that surely happened was written by someone who had read its predecessor, and no two read the same.
 */
function onlyPlaceProblem(witness: Witness, source: Mop, target: Mop): string | undefined {
  const { history } = witness;
  const text = (value: Json): string => JSON.stringify(value);
  const onKey = (index: number): Mop[] => witness.mops(index).filter((mop) => equalJson(mop.key, source.key));
  const next = new Map<string, string>();
  const heads: string[] = [];
  for (let i = 0; i < history.length; i++) {
    const isOk = history.types[i] === 1;
    if (history.processes[i]! < 0 || (!isOk && !(history.types[i] === 3 && witness.wasRead(i)))) continue;
    const mops = onKey(i);
    const last = mops.findLast((mop) => mop.f !== "r");
    if (last === undefined) continue;
    const [first] = mops;
    if (!isOk || first!.f !== "r") heads.push(text(last.value));
    else if (next.has(text(first!.value))) return "two transactions updated the same version";
    else next.set(text(first!.value), text(last.value));
  }
  const known = new Set([...next.values(), ...heads, "null"]);
  if ([...next.keys()].some((value) => !known.has(value))) return "a version that nobody wrote was updated";
  if (heads.length !== 1 || heads[0] !== text(target.value)) return "another version has no known predecessor either";
  let tail = "null";
  for (let follower = next.get(tail); follower !== undefined; follower = next.get(tail)) tail = follower;
  return text(source.value) === tail ? undefined : "the chain that begins with null does not end there";
}
