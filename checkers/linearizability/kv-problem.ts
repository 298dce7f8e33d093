import { canonicalJson, isArray, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import { type OperationClass, NEVER, type Part } from "./parts.ts";
import type { KnownObjectOptions } from "./register-problem.ts";
import type { Doom, SearchProblem, StateMachine } from "./search.ts";
import { Transitions, UNASKED } from "./transitions.ts";

/**
 * One key with get, put, append, cas and delete. Appended texts make a new state with every step, but few of them
 * matter: a text that is not the beginning of anything that was ever observed (got, or expected by a cas) can never be
 * told from any other such text, however it grows. All of them are one state, `LOST`, until a put.
 *
 * The same thought gives the doom rule: a get that must still answer "x y" is stuck in a state that "x y" does not
 * begin with, until something puts the key anew.
 */
export function kvProblem(part: Part, options: KnownObjectOptions = {}): SearchProblem {
  const observed = new Set<Json>();
  for (const entry of part.classTable) {
    if (entry.call.f === "get" && entry.recorded !== undefined) observed.add(entry.recorded);
    if (entry.call.f === "cas") observed.add(argument(entry.call, 0));
  }
  const machine = new KvMachine(part, [...observed], options);
  const pure = new Uint8Array(part.classTable.length);
  for (let id = 0; id < pure.length; id++) pure[id] = part.classTable[id]!.readOnly ? 1 : 0;
  return { part, classes: part.classes, classCount: pure.length, pure, machine, doom: new KvDoom(part, machine) };
}

/** The state of all values that nobody can tell apart. */
const LOST = 0;
/** The state of a key that may hold anything. */
const ANY = 1;

class KvMachine implements StateMachine {
  readonly initial: number;
  readonly #part: Part;
  readonly #values: Json[] = [null, null];
  /** By state: its text, which appends go on from. */
  readonly #texts: string[] = ["", ""];
  readonly #plain = new Map<Json, number>();
  readonly #composite = new Map<string, number>();
  readonly #transitions: Transitions;
  readonly #keepValues: boolean;
  /** What was observed, as texts in order, for the search of beginnings. */
  readonly #observedTexts: readonly string[];
  readonly #observed: ReadonlySet<string>;

  constructor(part: Part, observed: readonly Json[], options: KnownObjectOptions) {
    this.#part = part;
    this.#observedTexts = observed.filter((value) => typeof value === "string").sort();
    this.#observed = new Set(observed.map(canonicalJson));
    this.#keepValues = options.keepValues === true;
    this.#transitions = new Transitions(part.classTable.length);
    const initial = this.intern(part.spec.initial);
    this.initial = options.initialUnknown === true ? ANY : initial;
  }

  step(state: number, id: number): number {
    const known = this.#transitions.get(state, id);
    return known !== UNASKED ? known : this.#transitions.set(state, id, this.#compute(state, this.#part.classTable[id]!));
  }

  values(state: number): readonly Json[] | undefined {
    return state === LOST || state === ANY ? undefined : [this.#values[state]!];
  }

  /** Whether the value of `state` can grow into `value` by appends alone (or is it). */
  leadsTo(state: number, value: Json): boolean {
    if (state === LOST) return false;
    if (state === ANY) return true;
    if (typeof value === "string" && value.startsWith(this.#texts[state]!)) return true;
    return canonicalJson(this.#values[state]!) === canonicalJson(value);
  }

  #compute(state: number, { call, recorded }: OperationClass): number {
    if (state === LOST) {
      if (call.f === "append") return LOST;
      if (call.f === "get") return -1;
      if (call.f === "cas") return recorded === false ? LOST : -1;
    }
    if (state === ANY) {
      if (call.f === "append") return ANY;
      if (call.f === "get") return recorded === undefined ? ANY : this.intern(recorded);
      if (call.f === "cas") return recorded === false ? ANY : this.intern(argument(call, 1));
    }
    const { spec } = this.#part;
    for (const result of spec.apply(this.#values[state]!, call)) {
      if (recorded === undefined || spec.observes?.(call) !== true || spec.agrees!(call, result.ret, recorded)) return this.intern(result.state);
    }
    return -1;
  }

  intern(value: Json): number {
    const composite = typeof value === "object" && value !== null;
    const known = composite ? this.#composite.get(canonicalJson(value)) : this.#plain.get(value);
    if (known !== undefined) return known;
    const text = value === null ? "" : typeof value === "string" ? value : canonicalJson(value);
    let id = LOST;
    if (this.#keepValues || this.#observed.has(canonicalJson(value)) || this.#begins(text)) {
      id = this.#values.push(value) - 1;
      this.#texts.push(text);
    }
    if (composite) this.#composite.set(canonicalJson(value), id);
    else this.#plain.set(value, id);
    return id;
  }

  /** Whether an observed text begins with `text`. */
  #begins(text: string): boolean {
    let low = 0;
    let high = this.#observedTexts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#observedTexts[middle]! < text) low = middle + 1;
      else high = middle;
    }
    return low < this.#observedTexts.length && this.#observedTexts[low]!.startsWith(text);
  }
}

class KvDoom implements Doom {
  readonly #machine: KvMachine;
  readonly #classes: Int32Array;
  /** By class: 0 nothing, 1 needs a value (`#needed`), 2 resets. */
  readonly #roles: Uint8Array;
  readonly #needed: readonly Json[];
  /** By event: the operation with the earliest return among those called from there on that need a value; -1 none. */
  readonly #nextNeed: Int32Array;
  readonly #nextReset: Int32Array;
  readonly #returns: Int32Array;

  constructor(part: Part, machine: KvMachine) {
    this.#machine = machine;
    this.#classes = part.classes;
    this.#returns = part.returns;
    this.#roles = new Uint8Array(part.classTable.length);
    this.#needed = part.classTable.map(({ call, recorded }, id) => {
      if (call.f === "get" && recorded !== undefined) this.#roles[id] = 1;
      else if (call.f !== "append" && !(call.f === "cas" && recorded === false)) this.#roles[id] = 2;
      return recorded ?? null;
    });
    this.#nextNeed = new Int32Array(part.eventCount + 2).fill(-1);
    this.#nextReset = new Int32Array(part.eventCount + 2).fill(NEVER);
    for (let e = part.eventCount - 1; e >= 0; e--) {
      const event = part.events[e]!;
      const operation = event >> 1;
      const role = (event & 1) === 0 ? this.#roles[part.classes[operation]!]! : 0;
      const later = this.#nextNeed[e + 1]!;
      this.#nextNeed[e] = role === 1 && (later < 0 || part.returns[operation]! < part.returns[later]!) ? operation : later;
      this.#nextReset[e] = role === 2 ? e : this.#nextReset[e + 1]!;
    }
  }

  stuck(id: number, state: number): boolean {
    return this.#roles[id] === 1 && !this.#machine.leadsTo(state, this.#needed[id]!);
  }
  resets(id: number): boolean {
    return this.#roles[id] === 2;
  }
  nextStuck(state: number, from: number): number {
    const operation = this.#nextNeed[from + 1]!;
    return operation >= 0 && this.stuck(this.#classes[operation]!, state) ? this.#returns[operation]! : NEVER;
  }
  nextReset(from: number): number {
    return this.#nextReset[from + 1]!;
  }
}

function argument(call: Call, index: number): Json {
  return isArray(call.value) ? (call.value[index] ?? null) : null;
}
