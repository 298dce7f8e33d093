import type { History } from "../../harness/history.ts";
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
  /** By op index: operations that are known to have taken effect before it, though they never returned. */
  const provenBefore = new Map<number, number[]>();
  const parts = new Map<string | undefined, PartBuilder>();
  const classifier = new Classifier(history, spec, parts);
  const { types, processes, pairs, length } = history;
  /** By op index of an invocation: operation number in its part, -1 when left out. */
  const numbers = new Int32Array(length);
  const owners: PartBuilder[] = [];
  const ownerOf = new Int32Array(length);
  const returnProven = (before: number): void => {
    for (const invocation of provenBefore.get(before) ?? []) owners[ownerOf[invocation]!]!.return(numbers[invocation]!);
  };
  for (let i = 0; i < length; i++) {
    if (provenBefore.size > 0) returnProven(i);
    if (processes[i] === NEMESIS) continue;
    if (types[i] === 0) {
      const pair = pairs[i]!;
      const proof = proven.get(i);
      const outcome = proof === undefined ? (pair < 0 ? 3 : types[pair]!) : proof.says === "happened" ? 1 : 2;
      numbers[i] = -1;
      if (outcome === 2) continue;
      const { builder, id } = proof?.says === "happened" ? classifier.proven(i, proof.answer ?? null) : classifier.classify(i, outcome === 1 ? pair : -1);
      if (proof?.says === "happened") {
        const before = proof.before ?? length;
        provenBefore.set(before, [...(provenBefore.get(before) ?? []), i]);
      }
      if (outcome !== 1 && builder.classTable[id]!.readOnly) continue;
      if (builder.number < 0) {
        builder.number = owners.length;
        owners.push(builder);
      }
      numbers[i] = builder.call(id, i);
      ownerOf[i] = builder.number;
    } else if (types[i] === 1) {
      const invocation = pairs[i]!;
      if (numbers[invocation]! >= 0) owners[ownerOf[invocation]!]!.return(numbers[invocation]!);
    }
  }
  returnProven(length);
  return owners.map((builder) => builder.build());
}

/** Finds the part and class of an operation; remembers by interned ids, so equal operations cost one look-up. */
class Classifier {
  readonly #history: History;
  readonly #spec: SequentialSpec;
  readonly #parts: Map<string | undefined, PartBuilder>;
  readonly #calls = new Map<number, { builder: PartBuilder; call: Call; classes: Map<number, { builder: PartBuilder; id: number }> }>();

  constructor(history: History, spec: SequentialSpec, parts: Map<string | undefined, PartBuilder>) {
    this.#history = history;
    this.#spec = spec;
    this.#parts = parts;
  }

  /** The class of an operation whose answer is known from elsewhere. */
  proven(invocation: number, answer: Json): { builder: PartBuilder; id: number } {
    const { builder } = this.classify(invocation, -1);
    const { call } = this.#calls.get(this.#callId(invocation))!;
    const observes = builder.spec.observes === undefined || builder.spec.observes(call);
    return { builder, id: builder.addClass(call, observes ? answer : null) };
  }

  #callId(invocation: number): number {
    return this.#history.fs[invocation]! * 0x80000000 + this.#history.values[invocation]!;
  }

  classify(invocation: number, completion: number): { builder: PartBuilder; id: number } {
    const history = this.#history;
    const f = history.fs[invocation]!;
    const value = history.values[invocation]!;
    const callId = this.#callId(invocation);
    let known = this.#calls.get(callId);
    if (known === undefined) {
      known = this.#place({ f: history.functionNames[f]!, value: history.valueTable[value]! });
      this.#calls.set(callId, known);
    }
    const { builder, call, classes } = known;
    const answer = completion < 0 ? -1 : history.values[completion]!;
    let found = classes.get(answer);
    if (found === undefined) {
      const observes = answer >= 0 && (builder.spec.observes === undefined || builder.spec.observes(call));
      // Answers that nobody looks at make no class of their own.
      const shared = answer >= 0 && !observes ? classes.get(-2) : undefined;
      const recorded = answer < 0 ? undefined : observes ? history.valueTable[answer]! : null;
      found = shared ?? { builder, id: builder.addClass(call, recorded) };
      classes.set(answer, found);
      if (answer >= 0 && !observes) classes.set(-2, found);
    }
    return found;
  }

  #place(call: Call): { builder: PartBuilder; call: Call; classes: Map<number, { builder: PartBuilder; id: number }> } {
    const place = this.#spec.partition?.(call);
    const key = place?.key;
    let builder = this.#parts.get(key);
    if (builder === undefined) {
      const spec = key === undefined ? this.#spec : (this.#spec.part?.(key) ?? this.#spec);
      builder = new PartBuilder(key, spec, key === undefined ? (this.#history.length >>> 1) + 1 : 32);
      this.#parts.set(key, builder);
    }
    return { builder, call: place?.call ?? call, classes: new Map() };
  }
}

class PartBuilder {
  readonly key: string | undefined;
  readonly spec: SequentialSpec;
  readonly classTable: OperationClass[] = [];
  number = -1;
  #count = 0;
  #eventCount = 0;
  #events: Int32Array<ArrayBuffer>;
  #calls: Int32Array<ArrayBuffer>;
  #returns: Int32Array<ArrayBuffer>;
  #classes: Int32Array<ArrayBuffer>;
  #invocations: Int32Array<ArrayBuffer>;

  constructor(key: string | undefined, spec: SequentialSpec, capacity: number) {
    this.key = key;
    this.spec = spec;
    this.#events = new Int32Array(2 * capacity);
    this.#calls = new Int32Array(capacity);
    this.#returns = new Int32Array(capacity);
    this.#classes = new Int32Array(capacity);
    this.#invocations = new Int32Array(capacity);
  }

  addClass(call: Call, recorded: Json | undefined): number {
    this.classTable.push({ call, recorded, readOnly: this.spec.readOnly?.(call, recorded) ?? false });
    return this.classTable.length - 1;
  }

  call(classId: number, invocation: number): number {
    const operation = this.#count++;
    if (operation === this.#calls.length) {
      this.#calls = doubled(this.#calls);
      this.#returns = doubled(this.#returns);
      this.#classes = doubled(this.#classes);
      this.#invocations = doubled(this.#invocations);
      this.#events = doubled(this.#events);
    }
    this.#calls[operation] = this.#eventCount;
    this.#returns[operation] = NEVER;
    this.#classes[operation] = classId;
    this.#invocations[operation] = invocation;
    this.#events[this.#eventCount++] = 2 * operation;
    return operation;
  }

  return(operation: number): void {
    this.#returns[operation] = this.#eventCount;
    this.#events[this.#eventCount++] = 2 * operation + 1;
  }

  build(): Part {
    return {
      key: this.key,
      spec: this.spec,
      count: this.#count,
      eventCount: this.#eventCount,
      events: this.#events.subarray(0, this.#eventCount),
      calls: this.#calls.subarray(0, this.#count),
      returns: this.#returns.subarray(0, this.#count),
      classes: this.#classes.subarray(0, this.#count),
      classTable: this.classTable,
      invocations: this.#invocations.subarray(0, this.#count),
    };
  }
}

function doubled(from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
