import { canonicalJson, type Json } from "../../harness/json.ts";
import { Automaton } from "./automaton.ts";
import { NEVER, type Part } from "./parts.ts";
import type { SearchProblem } from "./search.ts";

/** Any object at all: the spec itself is asked, each question once. `initial`: the values it may hold at first. */
export function genericProblem(part: Part, initial?: readonly Json[]): SearchProblem {
  const pure = new Uint8Array(part.classTable.length);
  for (let id = 0; id < pure.length; id++) pure[id] = part.classTable[id]!.readOnly ? 1 : 0;
  return {
    part,
    classes: part.classes,
    classCount: part.classTable.length,
    pure,
    machine: new Automaton(part.spec, part.classTable, initial),
    ...(part.spec.behavesAs === "queue" ? { priorities: queuePriorities(part) } : {}),
  };
}

/**
 * Of a queue's open enqueues the one whose value comes out first should go in first. The first of equal values put in is
 * taken for the first taken out: it is only an order of trials.
 */
function queuePriorities(part: Part): Int32Array {
  const outs = new Map<string, number[]>();
  const keys = part.classTable.map(({ call, recorded }) => canonicalJson(call.f === "dequeue" ? (recorded ?? null) : call.value));
  for (let i = 0; i < part.count; i++) {
    const id = part.classes[i]!;
    if (part.classTable[id]!.call.f !== "dequeue" || part.returns[i] === NEVER) continue;
    const list = outs.get(keys[id]!);
    if (list === undefined) outs.set(keys[id]!, [part.returns[i]!]);
    else list.push(part.returns[i]!);
  }
  const taken = new Map<string, number>();
  return Int32Array.from({ length: part.count }, (_, i) => {
    const id = part.classes[i]!;
    if (part.classTable[id]!.call.f === "dequeue") return part.returns[i]!;
    const at = taken.get(keys[id]!) ?? 0;
    taken.set(keys[id]!, at + 1);
    return outs.get(keys[id]!)?.[at] ?? NEVER;
  });
}
