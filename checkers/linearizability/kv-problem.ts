import { canonicalJson, equalJson, isArray, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import { type OperationClass, NEVER, type Part } from "./parts.ts";
import type { KnownObjectOptions } from "./register-problem.ts";
import type { Doom, SearchProblem, StateMachine } from "./search-problem.ts";
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
  readonly #ids = new Map<Json, number>();
  readonly #transitions: Transitions;
  readonly #keepValues: boolean;
  /** What was observed, as texts in order, for the search of beginnings. */
  readonly #observedTexts: readonly string[];
  readonly #observed: ReadonlySet<Json>;

  constructor(part: Part, observed: readonly Json[], options: KnownObjectOptions) {
    this.#part = part;
    this.#observedTexts = observed.filter((value) => typeof value === "string").sort();
    this.#observed = new Set(observed.map(identity));
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
    return equalJson(this.#values[state]!, value);
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
    const own = identity(value);
    const known = this.#ids.get(own);
    if (known !== undefined) return known;
    const text = textOf(value);
    let id = LOST;
    if (this.#keepValues || this.#observed.has(identity(value)) || this.#begins(text)) {
      id = this.#values.push(value) - 1;
      this.#texts.push(text);
    }
    this.#ids.set(own, id);
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
  readonly bottom: number = LOST;
  readonly #machine: KvMachine;
  readonly #part: Part;
  /** By class: 0 nothing, 1 needs a value, 2 resets. */
  readonly #roles: Uint8Array;
  /** By class: the value needed, or reset to. */
  readonly #values: readonly Json[];
  /** By event: of the operations called from there on that need a value, the one that returns first; -1 none. */
  readonly #nextNeed: Int32Array;
  readonly #resets: readonly number[];
  /** By class that needs a value: the calls of what rescues it, ascending; made when first asked. */
  readonly #rescues = new Map<number, Int32Array>();

  constructor(part: Part, machine: KvMachine) {
    this.#machine = machine;
    this.#part = part;
    this.#roles = new Uint8Array(part.classTable.length);
    this.#values = part.classTable.map(({ call, recorded }, id): Json => {
      if (call.f === "get") {
        if (recorded !== undefined) this.#roles[id] = 1;
        return recorded ?? null;
      }
      if (call.f === "append" || (call.f === "cas" && recorded === false)) return null;
      this.#roles[id] = 2;
      return call.f === "put" ? call.value : call.f === "cas" ? argument(call, 1) : part.spec.initial;
    });
    this.#nextNeed = new Int32Array(part.eventCount + 2).fill(-1);
    const resets: number[] = [];
    for (let i = 0; i < part.count; i++) if (this.#roles[part.classes[i]!] === 2) resets.push(i);
    this.#resets = resets;
    for (let e = part.eventCount - 1; e >= 0; e--) {
      const event = part.events[e]!;
      const operation = event >> 1;
      const later = this.#nextNeed[e + 1]!;
      const needs = (event & 1) === 0 && this.#roles[part.classes[operation]!] === 1;
      this.#nextNeed[e] = needs && (later < 0 || part.returns[operation]! < part.returns[later]!) ? operation : later;
    }
  }

  stuck(id: number, state: number): boolean {
    return this.#roles[id] === 1 && !this.#machine.leadsTo(state, this.#values[id]!);
  }
  resets(id: number): boolean {
    return this.#roles[id] === 2;
  }
  rescues(reset: number, id: number): boolean {
    return this.#roles[reset] === 2 && growsInto(this.#values[reset]!, this.#values[id]!);
  }
  nextRescue(id: number, from: number): number {
    let calls = this.#rescues.get(id);
    if (calls === undefined) {
      calls = Int32Array.from(this.#resets.filter((operation) => this.rescues(this.#part.classes[operation]!, id)), (operation) => this.#part.calls[operation]!);
      this.#rescues.set(id, calls);
    }
    let low = 0;
    let high = calls.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (calls[middle]! > from) high = middle;
      else low = middle + 1;
    }
    return low < calls.length ? calls[low]! : NEVER;
  }
  nextNeed(from: number): number {
    return this.#nextNeed[from + 1]!;
  }
}

/** Whether appends alone can make `value` of `start` (or it is `value` already). */
function growsInto(start: Json, value: Json): boolean {
  if (typeof value === "string" && value.startsWith(textOf(start))) return true;
  return equalJson(start, value);
}

/** What appends go on from: null counts as "", other values as their text. */
function textOf(value: Json): string {
  return value === null ? "" : typeof value === "string" ? value : canonicalJson(value);
}

/** What a Map can tell values apart by: the value itself, or for arrays and objects a text that no string value has. */
function identity(value: Json): Json {
  return typeof value === "object" && value !== null ? `\u0000${canonicalJson(value)}` : value;
}

function argument(call: Call, index: number): Json {
  return isArray(call.value) ? (call.value[index] ?? null) : null;
}
