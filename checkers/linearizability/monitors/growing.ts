import { canonicalJson, isArray, type Json } from "../../../harness/json.ts";
import { contradiction, GroupOrder, LINEARIZABLE, type Monitor, type MonitorAnswer } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";

/**
 * Objects that only grow and are read whole: an append-only list, a set that is only added to. When every element is
 * added once, the reads order everything: each read must contain the one before, and what a read has and the one before
 * it has not was added between them.
 *
 *     list   append at position k is group 2k + 1, a read of length k is group 2k
 *     set    the same with the distinct reads in order of size
 *
 * What returned but was never read comes last; what crashed and was never read did not happen. The part is linearizable
 * exactly if no operation returned before an operation of an earlier group was called. O(operations + elements read).
 */
export const growingList: Monitor = {
  name: "list-order",
  summary: "append-only list, distinct elements: O(n + elements read)",
  judge: (part) => (part.spec.behavesAs === "append-list" ? judge(part, { adds: "append", ordered: true }) : undefined),
};
export const growingSet: Monitor = {
  name: "set-order",
  summary: "set that only grows, distinct elements: O(n + elements read)",
  judge: (part) => (part.spec.behavesAs === "grow-only-set" ? judge(part, { adds: "add", ordered: false }) : undefined),
};

function judge(part: Part, object: { readonly adds: string; readonly ordered: boolean }): MonitorAnswer | undefined {
  const { classTable, classes, calls, returns } = part;
  const adder = new Map<Json, number>();
  /** By class of reads: the first read with it. */
  const firstRead = new Int32Array(classTable.length).fill(-1);
  for (let i = 0; i < part.count; i++) {
    const { call } = classTable[classes[i]!]!;
    if (call.f === object.adds) {
      const key = identity(call.value);
      if (adder.has(key)) return undefined;
      adder.set(key, i);
    } else if (firstRead[classes[i]!] === -1) firstRead[classes[i]!] = i;
  }
  const reads: { id: number; items: readonly Json[] }[] = [];
  for (let id = 0; id < classTable.length; id++) {
    if (firstRead[id] === -1) continue;
    const { recorded } = classTable[id]!;
    if (recorded === undefined || !isArray(recorded)) return contradiction(firstRead[id]!);
    reads.push({ id, items: recorded });
  }
  reads.sort((a, b) => a.items.length - b.items.length);

  // Each distinct read must contain the one before; the step of an element is the first read that has it.
  const step = new Map<Json, number>();
  const stepOfClass = new Int32Array(classTable.length).fill(-1);
  let previous: readonly Json[] = [];
  let steps = 0;
  for (const { id, items } of reads) {
    const reader = firstRead[id]!;
    const grown = items.length > previous.length;
    if (grown) steps++;
    let known = 0;
    const seen = new Set<Json>();
    for (let k = 0; k < items.length; k++) {
      const key = identity(items[k]!);
      if (seen.has(key)) return contradiction(reader);
      seen.add(key);
      if (object.ordered && k < previous.length && identity(previous[k]!) !== key) return contradiction(reader, firstReadOf(part, previous));
      const at = step.get(key);
      if (at !== undefined && (!grown || at < steps)) known++;
      else {
        if (!adder.has(key)) return contradiction(reader);
        step.set(key, steps);
      }
    }
    if (known !== previous.length) return contradiction(reader, firstReadOf(part, previous));
    stepOfClass[id] = steps;
    previous = items;
  }
  return judgeSteps(part, { object, adder, step, stepOfClass, steps, last: previous, calls, returns });
}

interface Steps {
  readonly object: { readonly adds: string; readonly ordered: boolean };
  readonly adder: ReadonlyMap<Json, number>;
  /** By element: the first distinct read (from 1) that has it. */
  readonly step: ReadonlyMap<Json, number>;
  /** By class of reads: its place among the distinct reads; 0: empty. */
  readonly stepOfClass: Int32Array;
  readonly steps: number;
  readonly last: readonly Json[];
  readonly calls: Int32Array;
  readonly returns: Int32Array;
}

function judgeSteps(part: Part, found: Steps): MonitorAnswer {
  const { object, adder, step, stepOfClass, steps, calls, returns } = found;
  // Reads and additions by step, as lists; additions of a list in order of their positions.
  const readsAt: number[][] = Array.from({ length: steps + 1 }, () => []);
  const addsAt: number[][] = Array.from({ length: steps + 2 }, () => []);
  const { classes, classTable } = part;
  for (let i = 0; i < part.count; i++) if (classTable[classes[i]!]!.call.f !== object.adds) readsAt[stepOfClass[classes[i]!]!]!.push(i);
  for (const item of found.last) {
    const key = identity(item);
    addsAt[step.get(key)!]!.push(adder.get(key)!);
  }
  for (const [key, operation] of adder) if (!step.has(key) && returns[operation] !== NEVER) addsAt[steps + 1]!.push(operation);

  const order = new GroupOrder();
  const take = (operations: readonly number[], apart: boolean): MonitorAnswer | undefined => {
    order.next();
    for (const operation of operations) {
      if (apart) order.next();
      const before = order.add(operation, calls[operation]!, returns[operation]!);
      if (before >= 0) return contradiction(operation, before);
    }
    return undefined;
  };
  for (let at = 0; at <= steps + 1; at++) {
    const wrong = take(addsAt[at]!, object.ordered && at <= steps) ?? (at <= steps ? take(readsAt[at]!, false) : undefined);
    if (wrong !== undefined) return wrong;
  }
  return LINEARIZABLE;
}

function firstReadOf(part: Part, items: readonly Json[]): number {
  for (let i = 0; i < part.count; i++) if (part.classTable[part.classes[i]!]!.recorded === items) return i;
  return -1;
}

function identity(value: Json): Json {
  return typeof value === "object" && value !== null ? `\u0000${canonicalJson(value)}` : value;
}
