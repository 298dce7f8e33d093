import { type History, typeCodes } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import { read } from "../../harness/objects/register.ts";
import { agrees, type SequentialSpec } from "../../harness/spec.ts";
import { ZoneSweep } from "./zone-sweep.ts";

/**
 * Whether the history is surely that of a linearizable register in which every value is written once, straight from the
 * history's columns: no parts, no classes, no objects. False says nothing: then the history takes the usual way, which
 * finds out, and explains. O(ops), one pass.
 */
export function surelyUniqueRegister(history: History, spec: SequentialSpec): boolean {
  if (spec.behavesAs !== "register" || spec.partition !== undefined) return false;
  const { invoke, ok, fail } = typeCodes;
  const { types, processes, fs, values, pairs, length, valueTable, functionNames } = history;
  // Equal lists of lists may have several ids.
  for (const value of valueTable) if (typeof value === "object" && value !== null) return false;
  const reads = functionNames.indexOf("read");
  const writes = functionNames.indexOf("write");
  const untold = nullTellsNothing(spec) ? valueTable.indexOf(null) : -1;
  const initial = valueTable.indexOf(spec.initial);
  const sweep = new ZoneSweep(valueTable.length + 1, initial < 0 ? valueTable.length : initial);
  for (let event = 0; event < length; event++) {
    const type = types[event]!;
    if (type !== invoke && type !== ok) continue;
    const pair = pairs[event]!;
    const outcome = type === ok ? ok : pair < 0 ? undefined : types[pair]!;
    const f = fs[event]!;
    if (f === writes) {
      if (outcome === fail || (pair < 0 && processes[event] === NEMESIS)) continue;
      if (type === invoke ? !sweep.writeCalled(values[event]!, event) : !sweep.returned(values[pair]!, event)) return false;
    } else if (f === reads) {
      if (outcome !== ok || pair < 0) continue;
      const value = values[type === invoke ? pair : event]!;
      if (value === untold) continue;
      if (type === invoke ? !sweep.readCalled(value, event) : !sweep.returned(value, event)) return false;
    } else if (processes[event] !== NEMESIS) return false;
  }
  return true;
}

/** A read of null agrees with two different values: it means "not known". */
function nullTellsNothing(spec: SequentialSpec): boolean {
  return agrees(spec, read(), 0, null) && agrees(spec, read(), 1, null);
}
