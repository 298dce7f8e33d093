import type { Json } from "../../harness/json.ts";
import { NEVER, type Part } from "./parts.ts";
import { CAS, NOTHING, READ, REFUSED, registerForms, WRITE } from "./register-forms.ts";
import type { Lookahead, SearchProblem, StateMachine } from "./search-problem.ts";

/**
 * A register (read, write, cas) as plain integers: a state is a value's number, a class is one of
 *
 *     read v        stays in v, needs v            write v   leads to v from anywhere
 *     cas a → b     leads from a to b, needs a     refused cas a   stays, needs anything but a
 *
 * Values that no answer depends on (never read, never expected by a cas) cannot be told apart, so they are one value.
 * A crashed write or cas that leads to that value can only have mattered by making a refused cas possible: without
 * refused cas it is left out.
 *
 * `initialUnknown`: the register may hold anything at first, one more state (numbered after the values) in which every
 * read and cas is possible.
 */
export function registerProblem(part: Part, options: KnownObjectOptions = {}): SearchProblem {
  const forms = registerForms(part);
  const formCount = forms.kinds.length;
  const valueCount = forms.values.length;
  const observed = new Uint8Array(valueCount + 1).fill(options.keepValues === true ? 1 : 0);
  let refusals = false;
  const seen = new Uint8Array(formCount);
  for (let i = 0; i < part.count; i++) seen[part.classes[i]!] = 1;
  for (let id = 0; id < formCount; id++) {
    if (seen[id] === 0) continue;
    if (forms.froms[id]! >= 0) observed[forms.froms[id]!] = 1;
    if (forms.kinds[id] === REFUSED) refusals = true;
  }
  // All unobserved values are the one numbered `valueCount`.
  const merged = (value: number): number => (observed[value] === 1 ? value : valueCount);

  const kinds: number[] = [];
  const froms: number[] = [];
  const tos: number[] = [];
  const idOf = new Map<number, number>();
  const kernelClass = (id: number): number => {
    const to = forms.tos[id]! < 0 ? -1 : merged(forms.tos[id]!);
    const key = ((forms.froms[id]! + 1) * (valueCount + 2) + to + 1) * 4 + forms.kinds[id]!;
    let own = idOf.get(key);
    if (own === undefined) {
      own = kinds.push(forms.kinds[id]!) - 1;
      idOf.set(key, own);
      froms.push(forms.froms[id]!);
      tos.push(to);
    }
    return own;
  };
  const returnedClass = new Int32Array(formCount).fill(-1);
  const crashedClass = new Int32Array(formCount).fill(-1);
  for (let id = 0; id < formCount; id++) {
    if (seen[id] === 0 || forms.kinds[id] === NOTHING) continue;
    returnedClass[id] = kernelClass(id);
    if (refusals || tos[returnedClass[id]!] !== valueCount) crashedClass[id] = returnedClass[id]!;
  }

  const classes = new Int32Array(part.count);
  for (let i = 0; i < part.count; i++) classes[i] = (part.returns[i] === NEVER ? crashedClass : returnedClass)[part.classes[i]!]!;
  const kind = Uint8Array.from(kinds);
  const from = Int32Array.from(froms);
  const to = Int32Array.from(tos);
  const pure = new Uint8Array(kind.length);
  for (let id = 0; id < kind.length; id++) pure[id] = kind[id] === READ || kind[id] === REFUSED || (kind[id] === CAS && from[id] === to[id]) ? 1 : 0;
  return {
    part,
    classes,
    classCount: kind.length,
    pure,
    machine: new RegisterMachine(options.initialUnknown === true ? valueCount + 1 : merged(forms.initial), kind, { from, to, values: forms.values }),
    lookahead: new RegisterLookahead(part, classes, { kind, from, to, valueCount: valueCount + 2 }),
  };
}

/** How a known object is made into a problem. */
export interface KnownObjectOptions {
  /** The object may hold anything at first. */
  readonly initialUnknown?: boolean;
  /** Do not merge values that nobody can tell apart: for explanations, which name them. */
  readonly keepValues?: boolean;
}

class RegisterMachine implements StateMachine {
  readonly initial: number;
  readonly #kind: Uint8Array;
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #any: number;
  readonly #values: readonly Json[];

  constructor(initial: number, kind: Uint8Array, ends: { from: Int32Array; to: Int32Array; values: readonly Json[] }) {
    this.initial = initial;
    this.#any = ends.values.length + 1;
    this.#values = ends.values;
    this.#kind = kind;
    this.#from = ends.from;
    this.#to = ends.to;
  }

  values(state: number): readonly Json[] | undefined {
    return state < this.#values.length ? [this.#values[state]!] : undefined;
  }

  step(state: number, id: number): number {
    switch (this.#kind[id]) {
      case READ:
        return state === this.#from[id] || state === this.#any ? this.#from[id]! : -1;
      case WRITE:
        return this.#to[id]!;
      case CAS:
        return state === this.#from[id] || state === this.#any ? this.#to[id]! : -1;
      default:
        return state === this.#from[id] ? -1 : state;
    }
  }
}

/**
 * Who needs a value when, and who brings it about: per value the calls of its consumers (reads of it, cas from it, that
 * returned) with the earliest return from there on, and the calls of its producers. Built in O(operations); a question
 * is a binary search.
 */
class RegisterLookahead implements Lookahead {
  readonly #kind: Uint8Array;
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #needs: Index;
  readonly #sources: Index;

  constructor(part: Part, classes: Int32Array, table: { kind: Uint8Array; from: Int32Array; to: Int32Array; valueCount: number }) {
    this.#kind = table.kind;
    this.#from = table.from;
    this.#to = table.to;
    this.#needs = new Index(part, table.valueCount, (operation) => {
      const id = classes[operation]!;
      if (id < 0 || part.returns[operation] === NEVER) return -1;
      return table.kind[id] === READ || table.kind[id] === CAS ? table.from[id]! : -1;
    });
    this.#sources = new Index(part, table.valueCount, (operation) => {
      const id = classes[operation]!;
      return id >= 0 && (table.kind[id] === WRITE || (table.kind[id] === CAS && table.from[id] !== table.to[id])) ? table.to[id]! : -1;
    });
  }

  consumes(id: number, state: number): boolean {
    return this.#from[id] === state && (this.#kind[id] === READ || this.#kind[id] === CAS);
  }
  needed(id: number): number {
    return this.#kind[id] === READ || this.#kind[id] === CAS ? this.#from[id]! : -1;
  }
  produces(id: number, state: number): boolean {
    return this.#to[id] === state && (this.#kind[id] === WRITE || (this.#kind[id] === CAS && this.#from[id] !== state));
  }
  nextNeed(state: number, from: number): number {
    return this.#needs.earliestReturn(state, from);
  }
  nextSource(state: number, from: number): number {
    return this.#sources.nextCall(state, from);
  }
  target(id: number): number {
    return this.#kind[id] === WRITE || this.#kind[id] === CAS ? this.#to[id]! : -1;
  }
}

/** Operations by value, in order of their calls. */
class Index {
  readonly #starts: Int32Array;
  readonly #calls: Int32Array;
  /** Least return from this place to the end of its value. */
  readonly #returns: Int32Array;

  constructor(part: Part, valueCount: number, valueOf: (operation: number) => number) {
    const starts = new Int32Array(valueCount + 1);
    const value = new Int32Array(part.count);
    for (let i = 0; i < part.count; i++) {
      value[i] = valueOf(i);
      if (value[i]! >= 0) starts[value[i]! + 1]!++;
    }
    for (let v = 0; v < valueCount; v++) starts[v + 1]! += starts[v]!;
    const fill = starts.slice();
    this.#starts = starts;
    this.#calls = new Int32Array(starts[valueCount]!);
    this.#returns = new Int32Array(starts[valueCount]!);
    for (let i = 0; i < part.count; i++) {
      if (value[i]! < 0) continue;
      const place = fill[value[i]!]!++;
      this.#calls[place] = part.calls[i]!;
      this.#returns[place] = part.returns[i]!;
    }
    for (let v = 0; v < valueCount; v++) {
      for (let at = starts[v + 1]! - 2; at >= starts[v]!; at--) {
        if (this.#returns[at + 1]! < this.#returns[at]!) this.#returns[at] = this.#returns[at + 1]!;
      }
    }
  }

  earliestReturn(value: number, after: number): number {
    const at = this.#firstAfter(value, after);
    return at < this.#starts[value + 1]! ? this.#returns[at]! : NEVER;
  }

  nextCall(value: number, after: number): number {
    const at = this.#firstAfter(value, after);
    return at < this.#starts[value + 1]! ? this.#calls[at]! : NEVER;
  }

  #firstAfter(value: number, after: number): number {
    let low = this.#starts[value]!;
    let high = this.#starts[value + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#calls[middle]! > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
