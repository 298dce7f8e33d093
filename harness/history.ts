import { assert } from "./assert.ts";
import { HarnessError } from "./errors.ts";
import { ProcessStates } from "./history/process-states.ts";
import { ValueInterner } from "./history/value-interner.ts";
import { NEMESIS, type ProcessId, processId } from "./ids.ts";
import type { Json } from "./json.ts";
import type { Completion, Invocation, Op, OpType } from "./op.ts";

/**
 * A history is what clients saw, in the order in which they saw it: index-sorted, every invocation before its
 * completion, at most one open operation per process. Ten million ops must fit, so it is kept in columns of
 * typed arrays with interned functions and values; `Op` objects are made at the borders, on demand.
 *
 * Columns (length `length`, index = position):
 *   types     0 invoke, 1 ok, 2 fail, 3 info
 *   processes the process number; -1 the nemesis
 *   fs        id into `functionNames`
 *   values    id into `valueTable`
 *   times     integer ns, -1 unknown
 *   pairs     index of the partner op, -1 when there is none (an invocation that never completed; a nemesis entry)
 */
export class History {
  readonly length: number;
  readonly types: Uint8Array;
  readonly processes: Int32Array;
  readonly fs: Int32Array;
  readonly values: Int32Array;
  readonly times: Float64Array;
  readonly pairs: Int32Array;
  readonly functionNames: readonly string[];
  readonly valueTable: readonly Json[];
  /** Errors of completions, by index; sparse. */
  readonly errors: ReadonlyMap<number, Json>;

  /** Use `HistoryBuilder`, `historyOf` or a reader of `results/formats`. */
  constructor(columns: HistoryColumns) {
    this.length = columns.types.length;
    this.types = columns.types;
    this.processes = columns.processes;
    this.fs = columns.fs;
    this.values = columns.values;
    this.times = columns.times;
    this.pairs = columns.pairs;
    this.functionNames = columns.functionNames;
    this.valueTable = columns.valueTable;
    this.errors = columns.errors;
  }

  /** The op at `index` as an object. O(1). */
  at(index: number): Op {
    assert(index >= 0 && index < this.length, `op index ${index} is within 0..${this.length - 1}`);
    const common = {
      index,
      process: processId(this.processes[index]!),
      f: this.functionNames[this.fs[index]!]!,
      value: this.valueTable[this.values[index]!]!,
      timeNs: this.times[index]!,
    };
    const type = typeNames[this.types[index]!]!;
    if (type === "invoke") return { ...common, type };
    const error = this.errors.get(index);
    return error === undefined ? { ...common, type } : { ...common, type, error };
  }

  /** All ops in order. */
  *[Symbol.iterator](): IterableIterator<Op> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** The clients' operations in order of invocation; the nemesis is left out. */
  *operations(): IterableIterator<Operation> {
    for (let i = 0; i < this.length; i++) {
      if (this.types[i] !== 0 || this.processes[i] === NEMESIS) continue;
      const pair = this.pairs[i]!;
      const completion = pair < 0 ? undefined : (this.at(pair) as Completion);
      yield { invocation: this.at(i) as Invocation, completion };
    }
  }

  /** Number of client operations (invocations). */
  get operationCount(): number {
    let count = 0;
    for (let i = 0; i < this.length; i++) if (this.types[i] === 0 && this.processes[i] !== NEMESIS) count++;
    return count;
  }

  /** A new history of the client ops and nemesis ops for which `keep` holds; an operation is kept or dropped whole. */
  filter(keep: (operation: Operation) => boolean): History {
    const kept = new Uint8Array(this.length);
    for (let i = 0; i < this.length; i++) if (this.processes[i] === NEMESIS) kept[i] = 1;
    for (const operation of this.operations()) {
      if (!keep(operation)) continue;
      kept[operation.invocation.index] = 1;
      if (operation.completion !== undefined) kept[operation.completion.index] = 1;
    }
    const builder = new HistoryBuilder();
    builder.endAtInfo = false; // What was accepted once is accepted again.
    for (let i = 0; i < this.length; i++) if (kept[i] === 1) builder.push(this.at(i));
    return builder.build();
  }
}

/** The pair: an invocation and, unless the client died or the run ended first, its completion. */
export interface Operation {
  readonly invocation: Invocation;
  readonly completion: Completion | undefined;
}

export interface HistoryColumns {
  readonly types: Uint8Array;
  readonly processes: Int32Array;
  readonly fs: Int32Array;
  readonly values: Int32Array;
  readonly times: Float64Array;
  readonly pairs: Int32Array;
  readonly functionNames: readonly string[];
  readonly valueTable: readonly Json[];
  readonly errors: ReadonlyMap<number, Json>;
}

export const typeNames: readonly OpType[] = ["invoke", "ok", "fail", "info"];
/** Codes of `History.types`. */
export const typeCodes: { readonly invoke: 0; readonly ok: 1; readonly fail: 2; readonly info: 3 } = { invoke: 0, ok: 1, fail: 2, info: 3 };

/** The code of a type: compared, since a member that is looked up by four names has no place that is remembered. */
export function typeCodeOf(type: OpType): number {
  if (type === "invoke") return typeCodes.invoke;
  if (type === "ok") return typeCodes.ok;
  return type === "fail" ? typeCodes.fail : typeCodes.info;
}

/** What `push` takes: an op without its index; a missing time is unknown. */
export interface OpInput {
  readonly process: number;
  readonly type: OpType;
  readonly f: string;
  readonly value: Json;
  readonly timeNs?: number;
  readonly error?: Json;
}

/**
 * Collects ops into columns. Amortised O(1) an op. A malformed op is refused with a `HarnessError`
 * (`HISTORY_MALFORMED`) that names its place; what was pushed before stays.
 */
export class HistoryBuilder {
  /** Small at first: a simulator makes thousands of short histories a second. */
  #capacity = 32;
  #length = 0;
  #types = new Uint8Array(this.#capacity);
  #processes = new Int32Array(this.#capacity);
  #fs = new Int32Array(this.#capacity);
  #values = new Int32Array(this.#capacity);
  #times = new Float64Array(this.#capacity);
  #pairs = new Int32Array(this.#capacity);
  readonly #functions = new Interner();
  readonly #valueIds = new ValueInterner();
  readonly #errors = new Map<number, Json>();
  readonly #states = new ProcessStates();

  get length(): number {
    return this.#length;
  }

  /** Appends an op and returns its index. `place` names it in an error, such as `history.jsonl:17`. */
  push(op: OpInput, place?: string): number {
    const index = this.#length;
    if (index === this.#capacity) this.#grow();
    let pair = -1;
    if (op.process !== NEMESIS) {
      const open = this.#states.openOf(op.process);
      if (op.type === "invoke") {
        if (open !== undefined) {
          throw malformed(place ?? `op ${index}`, `process ${op.process} invokes ${op.f} while its ${this.#describe(open)} is still open`);
        }
        if (this.#states.hasEnded(op.process)) {
          throw malformed(place ?? `op ${index}`, `process ${op.process} invokes ${op.f} after an operation of it ended in info`);
        }
        this.#states.opened(op.process, index);
      } else {
        if (open === undefined) {
          throw malformed(place ?? `op ${index}`, `process ${op.process} completes ${op.f} (${op.type}) without an invocation`);
        }
        const invoked = this.#functions.list[this.#fs[open]!]!;
        if (invoked !== op.f) {
          throw malformed(place ?? `op ${index}`, `process ${op.process} completes ${op.f} but had invoked ${invoked} (op ${open})`);
        }
        pair = open;
        this.#pairs[open] = index;
        if (op.type === "info" && this.endAtInfo) this.#states.ended(op.process);
        else this.#states.closed(op.process);
      }
    }
    this.#types[index] = typeCodeOf(op.type);
    this.#processes[index] = op.process;
    this.#fs[index] = this.#functions.id(op.f);
    this.#values[index] = this.#valueIds.id(op.value);
    this.#times[index] = op.timeNs ?? -1;
    this.#pairs[index] = pair;
    if (op.error !== undefined) this.#errors.set(index, op.error);
    this.#length++;
    return index;
  }

  /** A process whose op ended in `info` never acts again; readers of foreign histories may turn this rule off. */
  endAtInfo = true;

  /** The history so far; the builder may go on afterwards. O(length) copy. */
  build(): History {
    const n = this.#length;
    return new History({
      types: this.#types.slice(0, n),
      processes: this.#processes.slice(0, n),
      fs: this.#fs.slice(0, n),
      values: this.#values.slice(0, n),
      times: this.#times.slice(0, n),
      pairs: this.#pairs.slice(0, n),
      functionNames: [...this.#functions.list],
      valueTable: this.#valueIds.list.slice(),
      errors: new Map(this.#errors),
    });
  }

  #describe(index: number): string {
    return `${this.#functions.list[this.#fs[index]!]!} (op ${index})`;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#types = grown(this.#types, new Uint8Array(this.#capacity));
    this.#processes = grown(this.#processes, new Int32Array(this.#capacity));
    this.#fs = grown(this.#fs, new Int32Array(this.#capacity));
    this.#values = grown(this.#values, new Int32Array(this.#capacity));
    this.#times = grown(this.#times, new Float64Array(this.#capacity));
    this.#pairs = grown(this.#pairs, new Int32Array(this.#capacity));
  }
}

/** A history from ops given in order, for tests and readers. */
export function historyOf(ops: Iterable<OpInput>): History {
  const builder = new HistoryBuilder();
  for (const op of ops) builder.push(op);
  return builder.build();
}

function malformed(place: string, what: string): HarnessError {
  return new HarnessError("HISTORY_MALFORMED", `${place}: ${what}`, {
    nextStep: "correct that line, or cut the history before it and check the rest",
  });
}

function grown<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from as never);
  return to;
}

class Interner {
  readonly list: string[] = [];
  readonly #ids = new Map<string, number>();

  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.list.length;
      this.list.push(text);
      this.#ids.set(text, id);
    }
    return id;
  }
}

/** A process number that no op of the history uses; for readers that must rename. */
export function nextFreeProcess(history: History): ProcessId {
  let highest = -1;
  for (let i = 0; i < history.length; i++) highest = Math.max(highest, history.processes[i]!);
  return processId(highest + 1);
}
