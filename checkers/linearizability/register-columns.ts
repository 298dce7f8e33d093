import { type History, typeCodes } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import { read } from "../../harness/objects/register.ts";
import { agrees, type SequentialSpec } from "../../harness/spec.ts";
import { judgeRegister, type RegisterOperations } from "./monitors/register-zones.ts";
import { NEVER } from "./parts.ts";
import { NOTHING, READ, WRITE } from "./register-forms.ts";

/**
 * Whether the history is surely that of a linearizable register in which every value is written once, straight from the
 * history's columns: no parts, no classes, no objects. False says nothing: then the history takes the usual way, which
 * finds out, and explains. A million operations take a tenth of a second so. O(ops).
 */
export function surelyUniqueRegister(history: History, spec: SequentialSpec): boolean {
  if (spec.behavesAs !== "register" || spec.partition !== undefined) return false;
  const operations = columnsOf(history, spec);
  return operations !== undefined && judgeRegister(operations)?.linearizable === true;
}

/** Reads and writes of plain values; undefined where there is anything else. Events are the ops of the history. */
function columnsOf(history: History, spec: SequentialSpec): RegisterOperations | undefined {
  const { invoke, ok, fail, info } = typeCodes;
  const { types, processes, fs, values, pairs, length, valueTable, functionNames } = history;
  // Equal lists of lists may have several ids.
  if (valueTable.some((value) => typeof value === "object" && value !== null)) return undefined;
  const reads = functionNames.indexOf("read");
  const writes = functionNames.indexOf("write");
  const nullTellsNothing = agrees(spec, read(), 0, null) && agrees(spec, read(), 1, null);
  const untold = nullTellsNothing ? valueTable.indexOf(null) : -1;
  const calls = new Int32Array(length);
  const returns = new Int32Array(length);
  const kinds = new Uint8Array(length);
  const froms = new Int32Array(length);
  const tos = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (types[i] !== invoke || processes[i] === NEMESIS) continue;
    const pair = pairs[i]!;
    const outcome = pair < 0 ? info : types[pair]!;
    if (outcome === fail) continue;
    if (fs[i] === reads) {
      if (outcome !== ok) continue;
      const value = values[pair]!;
      kinds[count] = value === untold ? NOTHING : READ;
      froms[count] = value;
      tos[count] = -1;
    } else if (fs[i] === writes) {
      kinds[count] = WRITE;
      froms[count] = -1;
      tos[count] = values[i]!;
    } else return undefined;
    calls[count] = i;
    returns[count++] = outcome === ok ? pair : NEVER;
  }
  const found = valueTable.indexOf(spec.initial);
  return { count, eventCount: length, calls, returns, kinds, froms, tos, valueCount: valueTable.length + 1, initial: found < 0 ? valueTable.length : found };
}
