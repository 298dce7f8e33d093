import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import { canonicalJson, isArray, isObject, type Json } from "../../harness/json.ts";
import { JsonInterner } from "./json-interner.ts";
import { MicroOperations, type Values } from "./micro-operations.ts";

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
  readonly values: Values;
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
  readonly #mops: MicroOperations;
  readonly #keyIds = new JsonInterner();
  readonly #write: string;
  readonly #predicates: boolean;
  #stamps: Float64Array<ArrayBuffer> | undefined;

  constructor(vocabulary: Vocabulary) {
    this.#write = vocabulary.write;
    this.#predicates = vocabulary.predicates ?? false;
    this.#mops = new MicroOperations({ lists: vocabulary.write === "append" });
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
    this.#starts[this.#count] = this.#mops.length;
  }

  build(): Transactions {
    const n = this.#count;
    const column = (which: number): Int32Array => {
      const result = new Int32Array(n);
      for (let t = 0; t < n; t++) result[t] = this.#columns[t * 5 + which]!;
      return result;
    };
    const { kinds, keys } = this.#mops.trim();
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
      kinds,
      keys,
      values: this.#mops,
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
    this.#mops.push(kind, this.#keyIds.id(key), value, kind === READ);
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
    const value = valueText(transactions.values.at(m));
    if (transactions.values.at(m) === DELETED) parts.push(`delete ${key}`);
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

function larger<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
