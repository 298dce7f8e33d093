import { equalJson, type Json } from "../../harness/json.ts";
import { Automaton } from "./automaton.ts";
import type { Part } from "./parts.ts";
import { QueuePace } from "./queue-pace.ts";
import type { SearchProblem } from "./search-problem.ts";

/** Any object at all: the spec itself is asked, each question once. `initial`: the values it may hold at first. */
export function genericProblem(part: Part, initial?: readonly Json[]): SearchProblem {
  const isQueue = part.spec.behavesAs === "queue" && initial === undefined && equalJson(part.spec.initial, []);
  const pure = new Uint8Array(part.classTable.length);
  for (let id = 0; id < pure.length; id++) pure[id] = part.classTable[id]!.readOnly ? 1 : 0;
  return {
    part,
    classes: part.classes,
    classCount: part.classTable.length,
    pure,
    machine: new Automaton(part.spec, part.classTable, initial),
    ...(isQueue ? { pace: new QueuePace(part) } : {}),
  };
}
