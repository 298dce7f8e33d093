import { assert } from "../../harness/assert.ts";
import type { Budget } from "../../harness/budget.ts";
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
 * A stretch of a part's events, and what is remembered of it; what that means for a proof is told in `witness.ts`.
 *
 *     part     C0  |- write 1 -|   |- write 2 -|               kept: the write of 2 and the read
 *              C1        |- read → 1 -|    |- read → 1 -|
 *     window                      |····························
 */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly kept: readonly number[];
  /** Operations that are taken out altogether, as if they had never been called. */
  readonly deleted?: readonly number[];
  /** What the object holds when the window opens; default: its initial value at the true beginning, later anything. */
  readonly initial?: Json;
}

/**
 * Whether the window can be explained when only `kept` is remembered; undefined: not decided within the budget. From the
 * true beginning monitors are asked first: what is forgotten is crashed, and many of those are too much for a search.
 */
export function explainable(part: Part, window: Window, budget: Budget): boolean | undefined {
  const outcome = window.from === 0 && window.initial === undefined ? decide(windowPart(part, window), budget).outcome : new Search(windowProblem(part, window)).run(budget);
  return outcome === "unknown" ? undefined : outcome === "linearizable";
}

/** Operations called and returned within the window. */
export function returnedWithin(part: Part, from: number, to: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < part.count; i++) if (part.calls[i]! >= from && part.returns[i]! < to) kept.push(i);
  return kept;
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
  const { initial } = window;
  return partProblem(part, windowPart(part, window), { ...options, initialUnknown: window.from > 0, ...(initial === undefined ? {} : { initial }) });
}

/** The same for a window that was cut out already. */
export function partProblem(part: Part, sub: Part, options: { keepValues?: boolean; initialUnknown: boolean; initial?: Json }): SearchProblem {
  const { initial } = options;
  const initialUnknown = options.initialUnknown && initial === undefined;
  const known = { initialUnknown, keepValues: options.keepValues === true };
  const asOne = asRegister(sub) ?? sub;
  if (asOne.spec.behavesAs === "register") return registerProblem(initial === undefined ? asOne : { ...asOne, spec: { ...asOne.spec, initial } }, known);
  if (sub.spec.behavesAs === "kv-key") {
    assert(initial === undefined, "a key that is appended to begins empty, or unknown");
    return kvProblem(sub, known);
  }
  if (!initialUnknown) return genericProblem(sub, initial === undefined ? undefined : [initial]);
  const values = anyValue(part);
  assert(values !== undefined, "the past is forgotten only where all values of the object can be listed");
  return genericProblem(sub, values);
}

/** Whether a window of the part may open with a value of choice: see `Window.initial`. */
export function canBeginAnywhere(part: Part): boolean {
  return part.spec.behavesAs !== "kv-key" || asRegister(part) !== undefined;
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
  const { from, to } = window;
  const deleted = new Set(window.deleted);
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
    if (part.calls[i]! >= from || part.returns[i]! < from || deleted.has(i)) continue;
    if (options.leaveOutOldCrashes === true && part.returns[i] === NEVER) continue;
    const id = forgottenClass(part.classes[i]!);
    if (id >= 0 && !classTable[id]!.readOnly) enter(i, id);
  }
  for (let e = from; e < to; e++) {
    const operation = part.events[e]! >> 1;
    if (deleted.has(operation)) continue;
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
