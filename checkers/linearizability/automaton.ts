import { HarnessError } from "../../harness/errors.ts";
import { canonicalJson, deepFreeze, type Json } from "../../harness/json.ts";
import { type SequentialSpec, statesAfter } from "../../harness/spec.ts";
import type { OperationClass } from "./parts.ts";
import { Transitions, UNASKED } from "./transitions.ts";

/**
 * The object as a finite automaton that is discovered while it is used: states are small integers, a transition
 * `(state, class)` is worked out once and remembered.
 *
 * A loose object (one call, several results) becomes a strict one by the power-set construction: a state stands for
 * the set of values that the object may hold. For a strict object these sets have one member and cost nothing.
 */
export class Automaton {
  readonly initial: number;
  readonly #spec: SequentialSpec;
  readonly #classTable: readonly OperationClass[];
  /** By state: the values that the object may hold. */
  readonly #members: (readonly Json[])[] = [];
  readonly #ids = new Map<string, number>();
  readonly #transitions: Transitions;
  #asked = 0;

  constructor(spec: SequentialSpec, classTable: readonly OperationClass[], initial: readonly Json[] = [spec.initial]) {
    this.#spec = spec;
    this.#classTable = classTable;
    this.#transitions = new Transitions(classTable.length);
    this.initial = this.#intern(initial);
  }

  /** Number of states discovered so far. */
  get stateCount(): number {
    return this.#members.length;
  }

  /** The values that state stands for. */
  values(state: number): readonly Json[] {
    return this.#members[state]!;
  }

  /** The state after an operation of class `id`; -1 where it is impossible. Amortised O(1). */
  step(state: number, id: number): number {
    const known = this.#transitions.get(state, id);
    return known !== UNASKED ? known : this.#transitions.set(state, id, this.#compute(state, id));
  }

  #compute(state: number, id: number): number {
    const next: Json[] = [];
    for (const value of this.#members[state]!) next.push(...this.#ask(value, this.#classTable[id]!));
    return next.length === 0 ? -1 : this.#intern(next);
  }

  /** The spec's answer; the first questions are asked twice, of a frozen state, since the search relies on equal answers. */
  #ask(value: Json, answered: OperationClass): readonly Json[] {
    if (this.#asked >= askedTwice) return statesAfter(this.#spec, value, answered);
    this.#asked++;
    const { f } = answered.call;
    let states: readonly Json[];
    let again: readonly Json[];
    try {
      states = statesAfter(this.#spec, deepFreeze(value), answered);
      again = statesAfter(this.#spec, value, answered);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw impure(this.#spec, `${f} writes to its state or call, or fails on it`, cause);
    }
    if (canonicalJson(states) !== canonicalJson(again)) throw impure(this.#spec, `${f} gives two results for the same state and call`);
    return states;
  }

  #intern(values: readonly Json[]): number {
    let key: string;
    let members = values;
    if (values.length === 1) key = canonicalJson(values[0]!);
    else {
      const byText = new Map(values.map((value) => [canonicalJson(value), value]));
      const texts = [...byText.keys()].sort();
      members = texts.map((text) => byText.get(text)!);
      key = texts.length === 1 ? texts[0]! : texts.join("\u0000");
    }
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#members.length;
      this.#ids.set(key, id);
      this.#members.push(members);
    }
    return id;
  }
}

/** Questions to the spec that are checked for purity. */
const askedTwice = 64;

function impure(spec: SequentialSpec, what: string, cause?: unknown): HarnessError {
  return new HarnessError("SPEC_IMPURE", `object ${spec.name}: ${what}`, { nextStep: "make apply return new states and depend on nothing but its arguments", cause });
}
