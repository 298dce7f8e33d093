import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import { canonicalJson, isArray, isObject, type Json } from "../../harness/json.ts";

/**
 * A history of transactions in columns: what the transactional checkers read.
 *
 *     process 0   invoke [[append x 1] [r y null]] ---- ok [[append x 1] [r y [3]]]
 *
 * Transactions are numbered in the order of their completions; one that never completed is `info` and comes last.
 * Micro-operations stand in one flat list; keys are numbered, written and read values are JSON as they came.
 * `begins` and `ends` are ranks in the order of events: a transaction that ends at 7 precedes, in real time, one that
 * begins at 8. A completion that was never invoked has `begins` -1: nothing is known to precede it.
 */
export interface Transactions {
  readonly count: number;
  /** The workload's word for a write. */
  readonly write: string;
  /** 1 ok, 2 fail, 3 info. */
  readonly types: Uint8Array;
  readonly processes: Int32Array;
  /** Rank of the invocation, -1 when there was none. */
  readonly begins: Int32Array;
  /** Rank of the completion; for one that never completed a rank after all others. */
  readonly ends: Int32Array;
  /** `Op.index` of the completion, or of the invocation when there is no completion. */
  readonly indices: Int32Array;
  /** `Op.index` of the invocation, -1 when there was none. */
  readonly invocations: Int32Array;
  /** Micro-operations of transaction t: `starts[t]` … `starts[t + 1] - 1`. */
  readonly starts: Int32Array;
  /** 0 read, 1 write (append), 2 predicate read. */
  readonly kinds: Uint8Array;
  readonly keys: Int32Array;
  readonly values: readonly Json[];
  readonly keyNames: readonly Json[];
  /** The transaction whose value was a map of initial values, -1 for none. */
  readonly initial: number;
  /** What the database told of its own clock, if it told anything; see `timestamps.ts`. */
  readonly timestamps?: Timestamps;
}
/** By transaction, in the database's own units, whole and from 0; -1 where it told none. */
export interface Timestamps {
  readonly starts: Float64Array;
  readonly commits: Float64Array;
}
export const OK = 1;
export const FAIL = 2;
export const INFO = 3;
export const READ = 0;
export const WRITE = 1;
/** A read of all keys whose values match: its key is the predicate, its value the map of what matched. */
export const PREDICATE_READ = 2;

/** What a deleted key holds, as a written value; no predicate matches it. */
export const DELETED: Json = { deleted: true };

/** How a workload names its write: `append` for lists, `w` for registers. */
export interface Vocabulary {
  readonly write: string;
  /** Accepts `[rp predicate {key value …}]`, `[insert key value]`, `[delete key]`, and a map of initial values for a whole transaction. */
  readonly predicates?: boolean;
}

/** What a builder takes: one transaction, in the order of completions. */
export interface TransactionInput {
  readonly type: "ok" | "fail" | "info";
  readonly process: number;
  readonly begin: number;
  readonly end: number;
  readonly index: number;
  readonly invocation: number;
  readonly value: Json;
}

/** Collects transactions into columns. Errors: `HISTORY_MALFORMED` naming the op and the micro-operation. */
export class TransactionBuilder {
  #count = 0;
  #initial = -1;
  #types = new Uint8Array(1024);
  #columns = new Int32Array(1024 * 5);
  #starts = new Int32Array(1025);
  #kinds = new Uint8Array(4096);
  #keys = new Int32Array(4096);
  readonly #values: Json[] = [];
  readonly #keyIds = new JsonInterner();
  readonly #write: string;
  readonly #predicates: boolean;
  #stamps: Float64Array<ArrayBuffer> | undefined;

  constructor(vocabulary: Vocabulary) {
    this.#write = vocabulary.write;
    this.#predicates = vocabulary.predicates ?? false;
  }

  add(input: TransactionInput): void {
    const t = this.#count;
    if (t === this.#types.length) this.#grow();
    this.#types[t] = input.type === "ok" ? OK : input.type === "fail" ? FAIL : INFO;
    this.#columns.set([input.process, input.begin, input.end, input.index, input.invocation], t * 5);
    if (input.value !== null) {
      const value = this.#predicates ? input.value : this.#unstamped(input.value, input.index);
      if (this.#predicates && isObject(value)) {
        this.#initial = t;
        for (const key of Object.keys(value).sort()) this.#push(WRITE, key, value[key]!);
      } else if (!isArray(value)) throw malformed(input.index, `its value is ${brief(value)}, not a list of micro-operations`);
      else for (const mop of value) this.#mop(mop, input.index);
    }
    this.#count++;
    this.#starts[this.#count] = this.#values.length;
  }

  build(): Transactions {
    const n = this.#count;
    const column = (which: number): Int32Array => {
      const result = new Int32Array(n);
      for (let t = 0; t < n; t++) result[t] = this.#columns[t * 5 + which]!;
      return result;
    };
    const m = this.#values.length;
    return {
      count: n,
      write: this.#write,
      types: this.#types.slice(0, n),
      processes: column(0),
      begins: column(1),
      ends: column(2),
      indices: column(3),
      invocations: column(4),
      starts: this.#starts.slice(0, n + 1),
      kinds: this.#kinds.slice(0, m),
      keys: this.#keys.slice(0, m),
      values: this.#values,
      keyNames: this.#keyIds.list,
      initial: this.#initial,
      ...this.#timestamps(),
    };
  }

  #timestamps(): { readonly timestamps?: Timestamps } {
    const stamps = this.#stamps;
    if (stamps === undefined) return {};
    const column = (which: number): Float64Array => Float64Array.from({ length: this.#count }, (_, t) => stamps[t * 2 + which] ?? -1);
    return { timestamps: { starts: column(0), commits: column(1) } };
  }

  /** The micro-operations of `{ txn, start, commit }`, whose timestamps are noted; any other value is itself. */
  #unstamped(value: Json, index: number): Json {
    if (!isObject(value) || value["txn"] === undefined) return value;
    const { txn, start, commit = start } = value;
    if (!isTimestamp(start) || !isTimestamp(commit) || commit < start) throw malformed(index, `its timestamps are start ${brief(start ?? null)} and commit ${brief(commit ?? null)}, not whole numbers from 0 on, the start first`);
    const at = this.#count * 2;
    if (this.#stamps === undefined || at >= this.#stamps.length) {
      const larger = new Float64Array(Math.max(2048, at * 2)).fill(-1);
      larger.set(this.#stamps ?? []);
      this.#stamps = larger;
    }
    this.#stamps[at] = start;
    this.#stamps[at + 1] = commit;
    return txn;
  }

  #mop(mop: Json, index: number): void {
    if (!isArray(mop) || mop.length < 2 || mop.length > 3) {
      throw malformed(index, `${brief(mop)} is not a micro-operation [function, key, value]`);
    }
    const f = mop[0]!;
    const value = mop.length === 3 ? mop[2]! : null;
    if (this.#predicates && f === "rp") this.#push(PREDICATE_READ, { predicate: mop[1]! }, value);
    else if (f === "r" || f === this.#write || (this.#predicates && (f === "insert" || f === "delete"))) {
      // A map's keys are text: in this vocabulary all keys are.
      const key = this.#predicates && typeof mop[1] !== "string" ? canonicalJson(mop[1]!) : mop[1]!;
      this.#push(f === "r" ? READ : WRITE, key, f === "delete" ? DELETED : value);
    } else throw malformed(index, `the micro-operation ${brief(mop)} is neither r nor ${this.#write}${this.#predicates ? ", insert, delete or rp" : ""}`);
  }

  #push(kind: number, key: Json, value: Json): void {
    const at = this.#values.length;
    if (at === this.#kinds.length) {
      this.#kinds = larger(this.#kinds, new Uint8Array(at * 2));
      this.#keys = larger(this.#keys, new Int32Array(at * 2));
    }
    this.#kinds[at] = kind;
    this.#keys[at] = this.#keyIds.id(key);
    this.#values.push(value);
  }

  #grow(): void {
    const size = this.#types.length * 2;
    this.#types = larger(this.#types, new Uint8Array(size));
    this.#columns = larger(this.#columns, new Int32Array(size * 5));
    this.#starts = larger(this.#starts, new Int32Array(size + 1));
  }
}

/**
 * The client transactions of a history; O(ops + micro-operations). An open or info operation without a value keeps what
 * was asked. `instantsUnordered`: invocations directly before their completion with the same value were made up by a
 * reader of completions; they say nothing about real time.
 */
export function transactionsOf(history: History, vocabulary: Vocabulary, options: { readonly instantsUnordered?: boolean } = {}): Transactions {
  const builder = new TransactionBuilder(vocabulary);
  const { types, pairs, processes, values, valueTable } = history;
  const typeOf = ["info", "ok", "fail", "info"] as const;
  const open: number[] = [];
  for (let i = 0; i < history.length; i++) {
    if (processes[i] === NEMESIS) continue;
    const pair = pairs[i]!;
    if (types[i] === 0) {
      if (pair < 0) open.push(i);
      continue;
    }
    const own = valueTable[values[i]!]!;
    const value = own === null && pair >= 0 ? valueTable[values[pair]!]! : own;
    const madeUp = options.instantsUnordered === true && pair === i - 1 && valueTable[values[pair]!] === own;
    builder.add({ type: typeOf[types[i]!]!, process: processes[i]!, begin: madeUp ? -1 : pair, end: i, index: i, invocation: pair, value });
  }
  for (const [place, i] of open.entries()) {
    builder.add({ type: "info", process: processes[i]!, begin: i, end: history.length + place, index: i, invocation: i, value: valueTable[values[i]!]! });
  }
  return builder.build();
}

/** Twice a timestamp and one must still be exact. */
function isTimestamp(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 52;
}

/** A transaction as text: `append x 1, read y = [3]`. */
export function transactionText(transactions: Transactions, t: number): string {
  const parts: string[] = [];
  for (let m = transactions.starts[t]!; m < transactions.starts[t + 1]!; m++) {
    const key = keyText(transactions, transactions.keys[m]!);
    const value = valueText(transactions.values[m]!);
    if (transactions.values[m] === DELETED) parts.push(`delete ${key}`);
    else if (transactions.kinds[m] === PREDICATE_READ) parts.push(`read where ${key} = ${value}`);
    else parts.push(transactions.kinds[m] === READ ? `read ${key} = ${value}` : transactions.write === "append" ? `append ${key} ${value}` : `write ${key} = ${value}`);
  }
  return parts.length === 0 ? "(empty)" : parts.join(", ");
}

export function keyText(transactions: Transactions, key: number): string {
  const name = transactions.keyNames[key]!;
  if (isObject(name) && name["predicate"] !== undefined) return valueText(name["predicate"]);
  return typeof name === "string" ? name : canonicalJson(name);
}

/** A value in an explanation; long lists keep their two ends. */
export function valueText(value: Json): string {
  if (value === DELETED) return "(deleted)";
  if (!isArray(value)) return typeof value === "string" ? value : canonicalJson(value);
  if (value.length <= 12) return `[${value.map(valueText).join(" ")}]`;
  return `[${value.slice(0, 3).map(valueText).join(" ")} … ${value.slice(-6).map(valueText).join(" ")}] (${value.length} elements)`;
}

export function malformed(index: number, what: string): HarnessError {
  return new HarnessError("HISTORY_MALFORMED", `op ${index}: ${what}`, { nextStep: "correct that operation, or cut the history before it and check the rest" });
}

export function brief(value: Json): string {
  const text = canonicalJson(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

/**
 * Numbers for JSON values by content: equal values, equal ids. Whole numbers from 0 on, as long as they lie densely,
 * stand in a table alone: ten million of them need no hashing, and no `Map` could hold twenty.
 */
export class JsonInterner {
  readonly list: Json[] = [];
  /** By number: its id plus 1, 0 where it has none here. */
  #small = new Int32Array(256);
  readonly #scalars = new Map<null | boolean | number | string, number>();
  readonly #composites = new Map<string, number>();

  /** The id of `value`, new if need be. */
  id(value: Json): number {
    if (typeof value === "number" && value >>> 0 === value && value < 1 << 26) {
      if (value >= this.#small.length) {
        if (value > 8 * (this.list.length + 1024)) return this.#scalar(value);
        this.#small = larger(this.#small, new Int32Array(Math.max(value + 1, this.#small.length * 2)));
      }
      const known = this.#small[value]!;
      if (known !== 0) return known - 1;
      // It may have come before the table reached so far.
      const id = this.#scalars.get(value) ?? this.list.push(value) - 1;
      this.#small[value] = id + 1;
      return id;
    }
    if (value === null || typeof value !== "object") return this.#scalar(value);
    const text = canonicalJson(value);
    let id = this.#composites.get(text);
    if (id === undefined) this.#composites.set(text, (id = this.list.push(value) - 1));
    return id;
  }

  /** The id of `value` if it has one, or -1. */
  find(value: Json): number {
    if (value !== null && typeof value === "object") return this.#composites.get(canonicalJson(value)) ?? -1;
    const small = typeof value === "number" && value >>> 0 === value && value < this.#small.length ? this.#small[value]! : 0;
    return small !== 0 ? small - 1 : (this.#scalars.get(value) ?? -1);
  }

  #scalar(value: null | boolean | number | string): number {
    let id = this.#scalars.get(value);
    if (id === undefined) this.#scalars.set(value, (id = this.list.push(value) - 1));
    return id;
  }
}

function larger<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
