import type { History } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { PairTable } from "./pair-table.ts";
import type { OperationClass } from "./parts.ts";

/** A part while it is not known yet how many operations it has. */
export interface PartDraft {
  readonly key: string | undefined;
  readonly spec: SequentialSpec;
  readonly classTable: OperationClass[];
  /** Its place among the parts; -1 until an operation of it counts. */
  number: number;
  count: number;
  eventCount: number;
}

/** A call as its part sees it, and the classes of operations with it that were met so far. */
export interface KnownCall {
  readonly number: number;
  readonly f: number;
  readonly call: Call;
  readonly draft: PartDraft;
  /** Whether its answers tell anything. */
  readonly observed: boolean;
  /** The class without an answer, and the class where the answer tells nothing; -1: not met. */
  crashed: number;
  unobserved: number;
  /** A call with the same value and another function. */
  readonly next: KnownCall | undefined;
}

/**
 * Finds the part and class of an operation by the history's interned ids: an operation like one before it costs one or
 * two look-ups in tables and makes no object.
 */
export class Classifier {
  readonly #history: History;
  readonly #spec: SequentialSpec;
  readonly #drafts = new Map<string | undefined, PartDraft>();
  /** By value id: the last call met with that value. */
  readonly #calls: (KnownCall | undefined)[];
  #callCount = 0;
  readonly #answered: PairTable;

  constructor(history: History, spec: SequentialSpec) {
    this.#history = history;
    this.#spec = spec;
    this.#calls = new Array<KnownCall | undefined>(history.valueTable.length);
    this.#answered = new PairTable(history.valueTable.length >> 1);
  }

  /** The call of an invocation. */
  callOf(invocation: number): KnownCall {
    const f = this.#history.fs[invocation]!;
    const value = this.#history.values[invocation]!;
    let known = this.#calls[value];
    while (known !== undefined && known.f !== f) known = known.next;
    return known ?? this.#place(f, value);
  }

  /** The class of an operation whose answer is known from elsewhere. */
  proven(known: KnownCall, answer: Json): number {
    return addClass(known.draft, known.call, known.observed ? answer : null);
  }

  /** The class of an operation with its completion. */
  returned(known: KnownCall, completion: number): number {
    if (!known.observed) {
      // Answers that nobody looks at make no class of their own.
      if (known.unobserved < 0) known.unobserved = addClass(known.draft, known.call, null);
      return known.unobserved;
    }
    const answer = this.#history.values[completion]!;
    const found = this.#answered.get(known.number, answer);
    return found >= 0 ? found : this.#answered.add(known.number, answer, addClass(known.draft, known.call, this.#history.valueTable[answer]!));
  }

  /** The class of an operation that nobody knows the answer of. */
  crashed(known: KnownCall): number {
    if (known.crashed < 0) known.crashed = addClass(known.draft, known.call, undefined);
    return known.crashed;
  }

  #place(f: number, value: number): KnownCall {
    const given: Call = { f: this.#history.functionNames[f]!, value: this.#history.valueTable[value]! };
    const place = this.#spec.partition?.(given);
    const key = place?.key;
    let draft = this.#drafts.get(key);
    if (draft === undefined) {
      const spec = key === undefined ? this.#spec : (this.#spec.part?.(key) ?? this.#spec);
      draft = { key, spec, classTable: [], number: -1, count: 0, eventCount: 0 };
      this.#drafts.set(key, draft);
    }
    const call = place?.call ?? given;
    const observed = draft.spec.observes === undefined || draft.spec.observes(call);
    return (this.#calls[value] = { number: this.#callCount++, f, call, draft, observed, crashed: -1, unobserved: -1, next: this.#calls[value] });
  }
}

function addClass(draft: PartDraft, call: Call, recorded: Json | undefined): number {
  return draft.classTable.push({ call, recorded, readOnly: draft.spec.readOnly?.(call, recorded) ?? false }) - 1;
}
