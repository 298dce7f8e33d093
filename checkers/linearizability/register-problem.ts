import { canonicalJson, type Json } from "../../harness/json.ts";
import { agrees } from "../../harness/spec.ts";
import { casArguments } from "../../harness/objects/register.ts";
import { NEVER, type Part } from "./parts.ts";
import type { Lookahead, SearchProblem, StateMachine } from "./search.ts";

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
  const values = new Values();
  const initial = values.id(part.spec.initial);
  const forms = part.classTable.map((entry) => formOf(part, entry.call, entry.recorded, values));
  const observed = new Uint8Array(values.count + 1).fill(options.keepValues === true ? 1 : 0);
  let refusals = false;
  const seen = new Uint8Array(forms.length);
  for (let i = 0; i < part.count; i++) seen[part.classes[i]!] = 1;
  forms.forEach((form, id) => {
    if (seen[id] === 0) return;
    if (form.kind === READ || form.kind === CAS || form.kind === REFUSED) observed[form.from] = 1;
    if (form.kind === REFUSED) refusals = true;
  });
  // All unobserved values are the one numbered `values.count`.
  const merged = (value: number): number => (observed[value] === 1 ? value : values.count);

  const kinds: number[] = [];
  const froms: number[] = [];
  const tos: number[] = [];
  const idOf = new Map<string, number>();
  const kernelClass = (kind: number, from: number, to: number): number => {
    const key = `${kind} ${from} ${to}`;
    let id = idOf.get(key);
    if (id === undefined) {
      id = kinds.length;
      idOf.set(key, id);
      kinds.push(kind);
      froms.push(from);
      tos.push(to);
    }
    return id;
  };
  const returnedClass = new Int32Array(forms.length).fill(-1);
  const crashedClass = new Int32Array(forms.length).fill(-1);
  forms.forEach((form, id) => {
    if (seen[id] === 0 || form.kind === NOTHING) return;
    const to = form.kind === WRITE || form.kind === CAS ? merged(form.to) : -1;
    const from = form.kind === WRITE ? -1 : form.from;
    returnedClass[id] = kernelClass(form.kind, from, to);
    if (refusals || to !== values.count) crashedClass[id] = returnedClass[id]!;
  });

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
    machine: new RegisterMachine(options.initialUnknown === true ? values.count + 1 : merged(initial), kind, { from, to, values: values.list }),
    lookahead: new RegisterLookahead(part, classes, { kind, from, to, valueCount: values.count + 2 }),
  };
}

/** How a known object is made into a problem. */
export interface KnownObjectOptions {
  /** The object may hold anything at first. */
  readonly initialUnknown?: boolean;
  /** Do not merge values that nobody can tell apart: for explanations, which name them. */
  readonly keepValues?: boolean;
}

const READ = 0;
const WRITE = 1;
const CAS = 2;
const REFUSED = 3;
/** A read that tells nothing. */
const NOTHING = 4;

interface Form {
  readonly kind: number;
  readonly from: number;
  readonly to: number;
}

function formOf(part: Part, call: { f: string; value: Json }, recorded: Json | undefined, values: Values): Form {
  if (call.f === "write") return { kind: WRITE, from: -1, to: values.id(call.value) };
  if (call.f === "cas") {
    const [from, to] = casArguments(call);
    if (recorded === false) return { kind: REFUSED, from: values.id(from), to: -1 };
    return { kind: CAS, from: values.id(from), to: values.id(to) };
  }
  // The spec has the last word on the function's name, and on reads that tell nothing.
  part.spec.apply(part.spec.initial, call);
  if (recorded === undefined || tellsNothing(part, call, recorded)) return { kind: NOTHING, from: -1, to: -1 };
  return { kind: READ, from: values.id(recorded), to: -1 };
}

/** A read of null where null means "not known": it agrees with two different values. */
function tellsNothing(part: Part, call: { f: string; value: Json }, recorded: Json): boolean {
  return recorded === null && agrees(part.spec, call, 0, recorded) && agrees(part.spec, call, 1, recorded);
}

/** Values by content, numbered from 0. */
class Values {
  readonly list: Json[] = [];
  readonly #plain = new Map<Json, number>();
  readonly #composite = new Map<string, number>();

  get count(): number {
    return this.list.length;
  }

  id(value: Json): number {
    const composite = typeof value === "object" && value !== null;
    const known = composite ? this.#composite.get(canonicalJson(value)) : this.#plain.get(value);
    if (known !== undefined) return known;
    if (composite) this.#composite.set(canonicalJson(value), this.count);
    else this.#plain.set(value, this.count);
    return this.list.push(value) - 1;
  }
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
