import { assert } from "../../harness/assert.ts";
import { type History, typeCodes } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { type Evidence, evidenceByInvocation } from "./evidence.ts";

/**
 * A history, encoded once for every engine of this folder: split into its independent parts (keys), and each part
 * laid out in typed arrays.
 *
 *     events   0:call a  1:call b  2:return a  3:call c  4:return b      (c never returned: it crashed)
 *     calls    [0, 1, 3]      returns [2, 4, NEVER]     classes [0, 1, 2]
 *
 * A class is a call with its recorded answer; operations of one class are interchangeable. Operations that surely did
 * not happen (`fail`) are left out; so are crashed operations that could not have changed anything.
 */
export interface Part {
  /** The key, as its canonical text; undefined where the object is one piece. */
  readonly key: string | undefined;
  readonly spec: SequentialSpec;
  /** Number of operations. */
  readonly count: number;
  /** Number of events: calls and returns. */
  readonly eventCount: number;
  /** By event: `2 * operation` for its call, `2 * operation + 1` for its return. */
  readonly events: Int32Array;
  /** By operation, in order of calls: the events of its call and return (`NEVER`: it crashed). */
  readonly calls: Int32Array;
  readonly returns: Int32Array;
  /** By operation: its class. */
  readonly classes: Int32Array;
  readonly classTable: readonly OperationClass[];
  /** By operation: `Op.index` of its invocation. */
  readonly invocations: Int32Array;
}

export interface OperationClass {
  readonly call: Call;
  /** What it returned; undefined when nobody knows (it crashed). */
  readonly recorded: Json | undefined;
  /** Changes no state wherever it is possible. */
  readonly readOnly: boolean;
}

/** The return of an operation that never returned: after every event. */
export const NEVER = 0x7fffffff;

/** Splits and encodes. O(ops). Throws `HarnessError` where the spec refuses a call, or evidence does not fit. */
export function partsOf(history: History, spec: SequentialSpec, evidence: readonly Evidence[] = []): Part[] {
  const proven = evidenceByInvocation(history, evidence);
  const classifier = new Classifier(history, spec);
  const { types, processes, pairs, length } = history;
  const owners: PartBuilder[] = [];
  /** By op index of an invocation: the number of its part (-1: left out), and its class there. */
  const ownerOf = new Int32Array(length).fill(-1);
  const classOf = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (types[i] !== typeCodes.invoke || processes[i] === NEMESIS) continue;
    const pair = pairs[i]!;
    const proof = proven.size === 0 ? undefined : proven.get(i);
    const outcome = proof === undefined ? (pair < 0 ? typeCodes.info : types[pair]!) : typeCodes.ok;
    if (outcome === typeCodes.fail || proof?.says === "did not happen") continue;
    const id = proof === undefined ? classifier.classify(i, outcome === typeCodes.ok ? pair : -1) : classifier.proven(i, proof.answer ?? null);
    const builder = classifier.builder(i);
    if (outcome !== typeCodes.ok && builder.classTable[id]!.readOnly) continue;
    if (builder.number < 0) builder.number = owners.push(builder) - 1;
    ownerOf[i] = builder.number;
    classOf[i] = id;
    builder.expect(outcome === typeCodes.ok);
  }
  allocate(owners);
  const numbers = new Int32Array(length);
  const provenBefore = provenByEnd(proven, length);
  for (let i = 0; i < length; i++) {
    if (provenBefore !== undefined) for (const invocation of provenBefore.get(i) ?? []) owners[ownerOf[invocation]!]!.return(numbers[invocation]!);
    if (types[i] === typeCodes.invoke) {
      if (ownerOf[i]! >= 0) numbers[i] = owners[ownerOf[i]!]!.call(classOf[i]!, i);
    } else if (types[i] === typeCodes.ok && pairs[i]! >= 0) {
      const owner = ownerOf[pairs[i]!]!;
      if (owner >= 0) owners[owner]!.return(numbers[pairs[i]!]!);
    }
  }
  for (const invocation of provenBefore?.get(length) ?? []) owners[ownerOf[invocation]!]!.return(numbers[invocation]!);
  return owners.map((builder) => builder.build());
}

/** By op index: invocations that are known to have taken effect before it, though they never returned. */
function provenByEnd(proven: ReadonlyMap<number, Evidence>, length: number): Map<number, number[]> | undefined {
  if (proven.size === 0) return undefined;
  const ends = new Map<number, number[]>();
  for (const [invocation, proof] of [...proven].sort(([a], [b]) => a - b)) {
    if (proof.says !== "happened") continue;
    const before = proof.before ?? length;
    ends.set(before, [...(ends.get(before) ?? []), invocation]);
  }
  return ends;
}

/**
 * Finds the part and class of an operation. Calls and classes are numbered by the history's interned ids, in tables of
 * integers: an operation like one before it costs one or two look-ups and makes no object.
 */
class Classifier {
  readonly #history: History;
  readonly #spec: SequentialSpec;
  readonly #parts = new Map<string | undefined, PartBuilder>();
  // By call, as its part sees it:
  readonly #calls: Call[] = [];
  readonly #functions: number[] = [];
  readonly #builders: PartBuilder[] = [];
  readonly #observed: boolean[] = [];
  /** The call known before it with the same value and another function; -1 none. */
  readonly #before: number[] = [];
  /** Its class without an answer, and its class where the answer tells nothing; -1: not met. */
  readonly #crashed: number[] = [];
  readonly #unobserved: number[] = [];
  /** By value id: the last call known with that value, whatever its function; -1 none. */
  readonly #lastCallOf: Int32Array;
  readonly #answered = new PairTable();

  constructor(history: History, spec: SequentialSpec) {
    this.#history = history;
    this.#spec = spec;
    this.#lastCallOf = new Int32Array(history.valueTable.length).fill(-1);
  }

  /** The part that an invocation belongs to. */
  builder(invocation: number): PartBuilder {
    return this.#builders[this.#callOf(invocation)]!;
  }

  /** The class of an operation whose answer is known from elsewhere. */
  proven(invocation: number, answer: Json): number {
    const number = this.#callOf(invocation);
    return this.#builders[number]!.addClass(this.#calls[number]!, this.#observed[number]! ? answer : null);
  }

  /** The class of an operation with its completion; -1: nobody knows the answer. */
  classify(invocation: number, completion: number): number {
    const number = this.#callOf(invocation);
    if (completion >= 0 && this.#observed[number]!) {
      const answer = this.#history.values[completion]!;
      const found = this.#answered.get(number, answer);
      return found >= 0 ? found : this.#answered.add(number, answer, this.#addClass(number, this.#history.valueTable[answer]!));
    }
    // Answers that nobody looks at make no class of their own.
    const classes = completion < 0 ? this.#crashed : this.#unobserved;
    if (classes[number]! < 0) classes[number] = this.#addClass(number, completion < 0 ? undefined : null);
    return classes[number]!;
  }

  #addClass(number: number, recorded: Json | undefined): number {
    return this.#builders[number]!.addClass(this.#calls[number]!, recorded);
  }

  #callOf(invocation: number): number {
    const f = this.#history.fs[invocation]!;
    const value = this.#history.values[invocation]!;
    let number = this.#lastCallOf[value]!;
    while (number >= 0 && this.#functions[number] !== f) number = this.#before[number]!;
    return number >= 0 ? number : this.#place(f, value);
  }

  #place(f: number, value: number): number {
    const call: Call = { f: this.#history.functionNames[f]!, value: this.#history.valueTable[value]! };
    const place = this.#spec.partition?.(call);
    const key = place?.key;
    let builder = this.#parts.get(key);
    if (builder === undefined) {
      const spec = key === undefined ? this.#spec : (this.#spec.part?.(key) ?? this.#spec);
      builder = new PartBuilder(key, spec);
      this.#parts.set(key, builder);
    }
    const local = place?.call ?? call;
    this.#functions.push(f);
    this.#builders.push(builder);
    this.#observed.push(builder.spec.observes === undefined || builder.spec.observes(local));
    this.#before.push(this.#lastCallOf[value]!);
    this.#crashed.push(-1);
    this.#unobserved.push(-1);
    const number = this.#calls.push(local) - 1;
    this.#lastCallOf[value] = number;
    return number;
  }
}

/** A map from pairs of integers from 0 on to integers from 0 on: open addressing, at most half full. */
class PairTable {
  /** Three words an entry: first + 1 (0: free), second, value. */
  #entries = new Int32Array(3 * 64);
  #count = 0;

  /** The value of the pair, or -1. */
  get(first: number, second: number): number {
    const at = this.#find(first, second);
    return this.#entries[at] === 0 ? -1 : this.#entries[at + 2]!;
  }

  /** Adds a pair that is not there yet; returns `value`. */
  add(first: number, second: number, value: number): number {
    if (6 * ++this.#count > this.#entries.length) this.#grow();
    const at = this.#find(first, second);
    this.#entries[at] = first + 1;
    this.#entries[at + 1] = second;
    this.#entries[at + 2] = value;
    return value;
  }

  #find(first: number, second: number): number {
    const entries = this.#entries;
    const mask = entries.length / 3 - 1;
    const hash = Math.imul(Math.imul(first, 0x85ebca6b) ^ second, 0x9e3779b1);
    for (let at = (hash ^ (hash >>> 15)) & mask; ; at = (at + 1) & mask) {
      const entry = 3 * at;
      if (entries[entry] === 0 || (entries[entry] === first + 1 && entries[entry + 1] === second)) return entry;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#entries = new Int32Array(old.length * 2);
    for (let entry = 0; entry < old.length; entry += 3) {
      if (old[entry] !== 0) this.#entries.set(old.subarray(entry, entry + 3), this.#find(old[entry]! - 1, old[entry + 1]!));
    }
  }
}

/** One part while it is made: first its operations are counted, then `allocate` gives it room, then they are entered. */
class PartBuilder {
  readonly key: string | undefined;
  readonly spec: SequentialSpec;
  readonly classTable: OperationClass[] = [];
  /** Its place among the parts; -1 until an operation of it counts. */
  number = -1;
  countExpected = 0;
  eventsExpected = 0;
  #count = 0;
  #eventCount = 0;
  #columns: Columns | undefined;

  constructor(key: string | undefined, spec: SequentialSpec) {
    this.key = key;
    this.spec = spec;
  }

  addClass(call: Call, recorded: Json | undefined): number {
    this.classTable.push({ call, recorded, readOnly: this.spec.readOnly?.(call, recorded) ?? false });
    return this.classTable.length - 1;
  }

  expect(returned: boolean): void {
    this.countExpected++;
    this.eventsExpected += returned ? 2 : 1;
  }

  begin(columns: Columns): void {
    this.#columns = columns;
  }

  call(classId: number, invocation: number): number {
    const columns = this.#columns!;
    const operation = this.#count++;
    columns.calls[operation] = this.#eventCount;
    columns.returns[operation] = NEVER;
    columns.classes[operation] = classId;
    columns.invocations[operation] = invocation;
    columns.events[this.#eventCount++] = 2 * operation;
    return operation;
  }

  return(operation: number): void {
    this.#columns!.returns[operation] = this.#eventCount;
    this.#columns!.events[this.#eventCount++] = 2 * operation + 1;
  }

  build(): Part {
    assert(this.#count === this.countExpected && this.#eventCount === this.eventsExpected, "every operation that was counted was entered");
    return { key: this.key, spec: this.spec, count: this.#count, eventCount: this.#eventCount, classTable: this.classTable, ...this.#columns! };
  }
}

type Columns = Pick<Part, "events" | "calls" | "returns" | "classes" | "invocations">;

/** Gives every part its columns, as pieces of one array for all: a history may have thousands of small parts. */
function allocate(builders: readonly PartBuilder[]): void {
  const room = new Int32Array(builders.reduce((sum, { countExpected, eventsExpected }) => sum + 4 * countExpected + eventsExpected, 0));
  let at = 0;
  const piece = (length: number): Int32Array => room.subarray(at, (at += length));
  for (const builder of builders) {
    const { countExpected: count, eventsExpected } = builder;
    builder.begin({ events: piece(eventsExpected), calls: piece(count), returns: piece(count), classes: piece(count), invocations: piece(count) });
  }
}
