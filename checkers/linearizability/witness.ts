import { assert } from "../../harness/assert.ts";
import { type Budget, steps } from "../../harness/budget.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { decide } from "./decide.ts";
import { genericProblem } from "./generic-problem.ts";
import { asRegister } from "./kv-as-register.ts";
import { kvProblem } from "./kv-problem.ts";
import { NEVER, type OperationClass, type Part } from "./parts.ts";
import { registerProblem } from "./register-problem.ts";
import { Search } from "./search.ts";
import type { SearchProblem } from "./search-problem.ts";

/**
 * A small proof that a part is not linearizable.
 *
 * Simply deleting operations proves nothing: a read of 4 is wrong in any history from which the write of 4 was deleted
 * (see `deletion.ts`). So an operation is not deleted but *forgotten*: if it changed nothing (a read, a refused cas) it is
 * left out, otherwise it may have taken effect at any time after its call, or never.
 * And what lies before the proof's window is forgotten altogether: the object may hold anything when the window opens,
 * and calls still open there are forgotten ones. Whatever was linearizable stays so when something is forgotten; hence
 * if the rest is not linearizable, the whole was not, and operations may be forgotten in any order:
 *
 *     1. cut the end: the shortest prefix that is wrong (its last return is the impossible operation)
 *     2. cut the beginning: the latest window that is still wrong
 *     3. forget operations, in halves and then one by one, while the rest is still wrong
 *
 * Forgetting only ever adds explanations, so an operation that was needed once stays needed, and one pass in which every
 * question is answered is enough for the result to be 1-minimal: forget any one operation of it and the window can be
 * explained. An operation whose question was too long for its share of the work is asked again at the end, with more.
 */
export interface Witness {
  readonly part: Part;
  /** The window, in events of the part: from `from` up to but not including `to`. */
  readonly from: number;
  readonly to: number;
  /** Operations of the part that are kept, ascending; the last return among them is at `to - 1`. */
  readonly kept: readonly number[];
  /** The operation that cannot be placed: the last to return. */
  readonly impossible: number;
  /** Whether each operation kept is known to be needed. False when the budget ended before: still a proof, perhaps not a smallest one. */
  readonly minimal: boolean;
}

/**
 * Work that one question may cost at first, in configurations: a tenth where the spec itself must be asked, more where
 * deciding the whole took more. All questions together may cost forty times as much.
 */
const questionSteps = 50_000;

/** What is known of a part that is not linearizable, from deciding it. */
export interface Known {
  /** An event up to which the part could be explained; not used where there is a hint. */
  readonly reached: number;
  /** Configurations that deciding took. */
  readonly configurations?: number;
  /** Operations that contradict each other, where a monitor found them. */
  readonly hint?: readonly number[];
}

/** Shrinks a part that is known not to be linearizable. Every question to the search is paid from `budget`. */
export function shrink(part: Part, known: Known, budget: Budget): Witness {
  const integers = part.spec.behavesAs === "register" || part.spec.behavesAs === "kv-key";
  const question = Math.max(integers ? questionSteps : questionSteps / 10, 2 * (known.configurations ?? 0));
  const asker = new Asker(part, budget, { question, all: 40 * question });
  // The shortest wrong prefix makes the plainer story; a monitor's operations spare the search where it would take long.
  const hint = integers && part.count <= 20_000 ? undefined : known.hint;
  const start = asker.fromHint(hint) ?? asker.fromScratch(known.hint === undefined ? known.reached : 0);
  const forgotten = asker.forget(start);
  let { kept } = forgotten;
  let { from } = start;
  const to = Math.max(...kept.map((operation) => part.returns[operation]!)) + 1;
  const impossible = part.events[to - 1]! >> 1;
  const later = asker.latestWindow(to, kept);
  if (later > from) {
    from = later;
    kept = kept.filter((operation) => part.calls[operation]! >= from);
  }
  return { part, from, to, kept, impossible, minimal: forgotten.minimal };
}

/** A stretch of a part's events, and what is remembered of it. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly kept: readonly number[];
  /** An operation that is taken out altogether, as if it had never been called. */
  readonly deleted?: number;
}

/**
 * Whether the window can be explained when only `kept` is remembered; undefined: not decided within the budget. From the
 * true beginning monitors are asked first: what is forgotten is crashed, and many of those are too much for a search.
 */
export function explainable(part: Part, window: Window, budget: Budget): boolean | undefined {
  const outcome = window.from === 0 ? decide(windowPart(part, window), budget).outcome : new Search(windowProblem(part, window)).run(budget);
  return outcome === "unknown" ? undefined : outcome === "linearizable";
}

/** Operations called and returned within the window. */
export function returnedWithin(part: Part, from: number, to: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < part.count; i++) if (part.calls[i]! >= from && part.returns[i]! < to) kept.push(i);
  return kept;
}

/** Where shrinking begins. */
interface Start {
  readonly from: number;
  readonly to: number;
  readonly kept: readonly number[];
  /** An operation that is known to be needed, or -1. */
  readonly needed: number;
}

class Asker {
  readonly #part: Part;
  readonly #budget: Budget;
  #questionSteps: number;
  #stepsLeft: number;

  constructor(part: Part, budget: Budget, bounds: { question: number; all: number }) {
    this.#part = part;
    this.#budget = budget;
    this.#questionSteps = bounds.question;
    this.#stepsLeft = bounds.all;
  }

  /** The window of the operations that a monitor named, unless they alone can be explained. */
  fromHint(hint: readonly number[] | undefined): Start | undefined {
    const kept = hint?.filter((operation) => this.#part.returns[operation] !== NEVER) ?? [];
    if (kept.length === 0) return undefined;
    const to = Math.max(...kept.map((operation) => this.#part.returns[operation]!)) + 1;
    return this.#ask(0, to, kept) === true ? undefined : { from: 0, to, kept, needed: -1 };
  }

  /** The shortest wrong prefix and the latest window of it that is wrong. */
  fromScratch(reached: number): Start {
    const { to, certain } = this.shortestPrefix(reached);
    const from = this.latestWindow(to, undefined);
    return { from, to, kept: returnedWithin(this.#part, from, to), needed: certain ? this.#part.events[to - 1]! >> 1 : -1 };
  }

  /** Least `to` such that the events before it are wrong; `certain`: without the return at `to - 1` they are not. */
  shortestPrefix(reached: number): { to: number; certain: boolean } {
    const part = this.#part;
    const returns = [...part.returns].filter((event) => event !== NEVER).sort((a, b) => a - b);
    let low = returns.findIndex((event) => event >= reached);
    if (low < 0) low = returns.length - 1;
    let explained = this.#ask(0, returns[low]! + 1, undefined);
    if (explained === false) return { to: returns[low]! + 1, certain: true };
    let high = returns.length - 1;
    // The whole is wrong; a prefix that cannot be decided is taken as right, which only makes the proof longer.
    for (low++; low < high; ) {
      const middle = (low + high) >>> 1;
      const answer = this.#ask(0, returns[middle]! + 1, undefined);
      if (answer === false) high = middle;
      else {
        low = middle + 1;
        explained = answer;
      }
    }
    return { to: returns[high]! + 1, certain: explained === true };
  }

  /** Greatest `from` such that the window is wrong whatever was before; 0 (with the true beginning) if there is none. */
  latestWindow(to: number, kept: readonly number[] | undefined): number {
    if (!canForgetThePast(this.#part)) return 0;
    let right = to - 1;
    let wrong = 0;
    for (let width = 4; ; width *= 2) {
      const from = to - width;
      if (from <= 0) break;
      if (this.#wrong(from, to, kept)) {
        wrong = from;
        break;
      }
      right = from;
    }
    while (right - wrong > 1) {
      const middle = (wrong + right) >>> 1;
      if (this.#wrong(middle, to, kept)) wrong = middle;
      else right = middle;
    }
    return wrong;
  }

  /** Forgets chunks, then single operations, as long as the rest is wrong; `minimal`: every one left is known to be needed. */
  forget({ from, to, kept: given, needed }: Start): { kept: readonly number[]; minimal: boolean } {
    let kept = given;
    let undecided: number[] = [];
    for (let size = Math.max(1, kept.length >>> 1); size >= 1; size >>>= 1) {
      undecided = [];
      for (let start = 0; start < kept.length; ) {
        const chunk = kept.slice(start, start + size);
        const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
        const explained = chunk.includes(needed) ? true : this.#ask(from, to, rest);
        if (explained === false) kept = rest;
        else start += size;
        if (explained === undefined) undecided.push(...chunk);
      }
    }
    while (undecided.length > 0 && this.#stepsLeft > 0) {
      this.#questionSteps *= 4;
      const asked = undecided;
      undecided = [];
      for (const operation of asked) {
        const rest = kept.filter((other) => other !== operation);
        const explained = this.#ask(from, to, rest);
        if (explained === false) kept = rest;
        else if (explained === undefined) undecided.push(operation);
      }
    }
    return { kept, minimal: undecided.length === 0 };
  }

  #wrong(from: number, to: number, kept: readonly number[] | undefined): boolean {
    return this.#ask(from, to, kept) === false;
  }

  /** Whether the window can be explained; undefined: not within the work of one question. */
  #ask(from: number, to: number, kept: readonly number[] | undefined): boolean | undefined {
    if (this.#stepsLeft <= 0) return undefined;
    const budget = steps(Math.min(this.#questionSteps, this.#stepsLeft));
    const answer = explainable(this.#part, { from, to, kept: kept ?? returnedWithin(this.#part, from, to) }, budget);
    this.#stepsLeft -= Math.max(1, budget.spent);
    if (!this.#budget.spend(budget.spent)) this.#stepsLeft = 0;
    return answer;
  }
}

/** Whether "it may hold anything" can be said of the object: known ones have a state for it. */
export function canForgetThePast(part: Part): boolean {
  return part.spec.behavesAs === "register" || part.spec.behavesAs === "kv-key" || anyValue(part) !== undefined;
}

/**
 * The problem of a window: operations not kept are crashed ones, and before a window anything may have happened.
 * `keepValues`: every state keeps its value, for explanations.
 */
export function windowProblem(part: Part, window: Window, options: { keepValues?: boolean } = {}): SearchProblem {
  return partProblem(part, windowPart(part, window), { ...options, initialUnknown: window.from > 0 });
}

/** The same for a window that was cut out already. */
export function partProblem(part: Part, sub: Part, options: { keepValues?: boolean; initialUnknown: boolean }): SearchProblem {
  const { initialUnknown } = options;
  const known = { initialUnknown, keepValues: options.keepValues === true };
  const asOne = asRegister(sub);
  if (asOne !== undefined) return registerProblem(asOne, known);
  if (sub.spec.behavesAs === "register") return registerProblem(sub, known);
  if (sub.spec.behavesAs === "kv-key") return kvProblem(sub, known);
  if (!initialUnknown) return genericProblem(sub);
  const values = anyValue(part);
  assert(values !== undefined, "the past is forgotten only where all values of the object can be listed");
  return genericProblem(sub, values);
}

/** All values that the object could hold in the course of the part, where they can be listed. */
function anyValue(part: Part): readonly Json[] | undefined {
  if (!anyValues.has(part)) anyValues.set(part, reachableValues(part.spec, part.classTable));
  return anyValues.get(part);
}
const anyValues = new WeakMap<Part, readonly Json[] | undefined>();

/** Every value that the object can hold through those calls; undefined when there are too many to list. */
function reachableValues(spec: SequentialSpec, classTable: readonly OperationClass[]): readonly Json[] | undefined {
  const seen = new Map<string, Json>([[canonicalJson(spec.initial), spec.initial]]);
  const work: Json[] = [spec.initial];
  const calls = [...new Map(classTable.map(({ call }) => [canonicalJson([call.f, call.value]), call])).values()];
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    for (const call of calls) {
      for (const { state } of spec.apply(value, call)) {
        const key = canonicalJson(state);
        if (seen.has(key)) continue;
        if (seen.size >= reachableMax) return undefined;
        seen.set(key, state);
        work.push(state);
      }
    }
  }
  return [...seen.values()];
}
const reachableMax = 64;

/**
 * The window as a part of its own; operations keep their `invocations`. `leaveOutOldCrashes` leaves out what crashed
 * before the window: for pictures of a long history, never for a proof.
 */
export function windowPart(part: Part, window: Window, options: { leaveOutOldCrashes?: boolean } = {}): Part {
  const { from, to, deleted } = window;
  const keeps = new Uint8Array(part.count);
  for (const operation of window.kept) keeps[operation] = 1;
  const classTable: OperationClass[] = [...part.classTable];
  const forgotten = new Map<number, number>();
  /** -1: it changed nothing, so nothing is left of it. */
  const forgottenClass = (id: number): number => {
    const entry = part.classTable[id]!;
    if (entry.readOnly) return -1;
    if (entry.recorded === undefined) return id;
    let found = forgotten.get(id);
    if (found === undefined) {
      const readOnly = part.spec.readOnly?.(entry.call, undefined) ?? false;
      found = classTable.push({ call: entry.call, recorded: undefined, readOnly }) - 1;
      forgotten.set(id, found);
    }
    return found;
  };
  const members: number[] = [];
  const numberOf = new Int32Array(part.count).fill(-1);
  const classes: number[] = [];
  const calls: number[] = [];
  const returns: number[] = [];
  const events: number[] = [];
  const enter = (operation: number, id: number): void => {
    numberOf[operation] = members.push(operation) - 1;
    classes.push(id);
    calls.push(events.length);
    returns.push(NEVER);
    events.push(2 * numberOf[operation]!);
  };
  for (let i = 0; i < part.count; i++) {
    if (part.calls[i]! >= from || part.returns[i]! < from || i === deleted) continue;
    if (options.leaveOutOldCrashes === true && part.returns[i] === NEVER) continue;
    const id = forgottenClass(part.classes[i]!);
    if (id >= 0 && !classTable[id]!.readOnly) enter(i, id);
  }
  for (let e = from; e < to; e++) {
    const operation = part.events[e]! >> 1;
    if (operation === deleted) continue;
    if ((part.events[e]! & 1) === 0) {
      const remembered = keeps[operation] === 1 && part.returns[operation]! < to;
      const id = remembered ? part.classes[operation]! : forgottenClass(part.classes[operation]!);
      if (remembered || (id >= 0 && !classTable[id]!.readOnly)) enter(operation, id);
    } else if (keeps[operation] === 1 && numberOf[operation]! >= 0 && part.calls[operation]! >= from) {
      returns[numberOf[operation]!] = events.length;
      events.push(2 * numberOf[operation]! + 1);
    }
  }
  // Monitors look at every class of the table: it has those that occur, no others.
  const occurring: OperationClass[] = [];
  const places = new Int32Array(classTable.length).fill(-1);
  const place = (id: number): number => (places[id]! >= 0 ? places[id]! : (places[id] = occurring.push(classTable[id]!) - 1));
  return {
    key: part.key,
    spec: part.spec,
    count: members.length,
    eventCount: events.length,
    events: Int32Array.from(events),
    calls: Int32Array.from(calls),
    returns: Int32Array.from(returns),
    classes: Int32Array.from(classes, place),
    classTable: occurring,
    invocations: Int32Array.from(members, (operation) => part.invocations[operation]!),
  };
}
