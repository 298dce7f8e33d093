import { canonicalJson, isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { KnownObject, SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * Collections that give back one element at a time. Taking from an empty one returns null.
 *
 *     queue           enqueue v, dequeue     first in, first out
 *     stack           push v, pop            last in, first out
 *     priority-queue  insert v, delete-min   the least first (numbers by size, others by canonical JSON)
 *     bag             add v, take            any element
 */
export const enqueue = (value: Json): Call => ({ f: "enqueue", value });
export const dequeue = (): Call => ({ f: "dequeue", value: null });
export const push = (value: Json): Call => ({ f: "push", value });
export const pop = (): Call => ({ f: "pop", value: null });
export const insert = (value: Json): Call => ({ f: "insert", value });
export const deleteMin = (): Call => ({ f: "delete-min", value: null });
export const addToBag = (value: Json): Call => ({ f: "add", value });
export const take = (): Call => ({ f: "take", value: null });

export function queue(): SequentialSpec {
  return container({ name: "queue", put: "enqueue", take: "dequeue", behavesAs: "queue" }, (items, value) => [...items, value], firstOf);
}

export function stack(): SequentialSpec {
  return container({ name: "stack", put: "push", take: "pop", behavesAs: "stack" }, (items, value) => [value, ...items], firstOf);
}

export function priorityQueue(): SequentialSpec {
  return container(
    { name: "priority-queue", put: "insert", take: "delete-min", behavesAs: "priority-queue" },
    (items, value) => [...items, value].sort(compare),
    firstOf,
  );
}

export function bag(): SequentialSpec {
  return container({ name: "bag", put: "add", take: "take" }, (items, value) => [...items, value].sort(compare), everyOne);
}

interface Names {
  readonly name: string;
  readonly put: string;
  readonly take: string;
  readonly behavesAs?: KnownObject;
}
interface Taken {
  readonly state: readonly Json[];
  readonly ret: Json;
}

function container(names: Names, put: (items: readonly Json[], value: Json) => readonly Json[], taken: (items: readonly Json[]) => readonly Taken[]): SequentialSpec {
  return {
    name: names.name,
    initial: [],
    ...(names.behavesAs === undefined ? {} : { behavesAs: names.behavesAs }),
    apply(state, call) {
      const items = isArray(state) ? state : [];
      if (call.f === names.put && call.value === null) throw badArgument(names.put, "a value other than null, which means empty", call.value);
      if (call.f === names.put) return [{ state: put(items, call.value), ret: null }];
      if (call.f === names.take) return items.length === 0 ? [{ state: items, ret: null }] : taken(items);
      throw unknownFunction(names.name, call.f, `${names.put}, ${names.take}`);
    },
    observes: (call) => call.f === names.take,
    // Taking from an empty collection changes nothing wherever it is possible.
    readOnly: (call, recorded) => call.f === names.take && recorded === null,
    describe: (call, ret) => (call.f === names.put ? `${call.f} ${JSON.stringify(call.value)}` : ret === undefined ? call.f : `${call.f} → ${ret === null ? "empty" : JSON.stringify(ret)}`),
    describeState: (state) => (isArray(state) && state.length === 0 ? `the ${names.name} is empty` : `the ${names.name} holds ${JSON.stringify(state)}`),
  };
}

function firstOf(items: readonly Json[]): readonly Taken[] {
  return [{ state: items.slice(1), ret: items[0]! }];
}

function everyOne(items: readonly Json[]): readonly Taken[] {
  const results: Taken[] = [];
  items.forEach((item, i) => {
    // Sorted: equal elements are neighbours, and taking either is the same.
    if (i > 0 && compare(items[i - 1]!, item) === 0) return;
    results.push({ state: [...items.slice(0, i), ...items.slice(i + 1)], ret: item });
  });
  return results;
}

/** Numbers by size, before everything else by canonical JSON. */
export function compare(a: Json, b: Json): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  const [x, y] = [canonicalJson(a), canonicalJson(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
