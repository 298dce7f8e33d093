import { equalJson, isArray, type Json } from "../../../harness/json.ts";
import { contradiction, GroupOrder, identityOf, type Monitor, type MonitorAnswer } from "../monitor.ts";
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
 * exactly if no operation returned before an operation of an earlier group was called; then the groups in their order,
 * and in each the operations as they were called, explain every answer. O(operations + elements read).
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
  const { classTable, classes } = part;
  const adder = new Adders(part.count);
  /** By class of reads: the first read with it. */
  const firstRead = new Int32Array(classTable.length).fill(-1);
  for (let i = 0; i < part.count; i++) {
    const { call } = classTable[classes[i]!]!;
    if (call.f === object.adds) {
      if (adder.get(call.value) >= 0) return undefined;
      adder.set(call.value, i);
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

  // Each distinct read must contain the one before; the step of an element is the first distinct read that has it.
  const steps = new Steps(part, adder, object.ordered);
  for (const { id, items } of reads) {
    const wrong = steps.read(firstRead[id]!, items);
    if (wrong !== undefined) return wrong;
    steps.stepOfClass[id] = steps.count;
  }
  return judgeSteps(part, { object, adder, steps });
}

/** Which operation added each element. Whole numbers that lie densely, as most workloads write, stand in a table. */
class Adders {
  /** By element: its operation plus 1; 0 none. */
  readonly #dense: Int32Array;
  readonly #others = new Map<Json, number>();

  constructor(operations: number) {
    this.#dense = new Int32Array(4 * operations);
  }

  /** The operation that added the element, or -1. */
  get(element: Json): number {
    if (typeof element === "number" && element >>> 0 === element && element < this.#dense.length) return this.#dense[element]! - 1;
    return this.#others.get(identityOf(element)) ?? -1;
  }

  set(element: Json, operation: number): void {
    if (typeof element === "number" && element >>> 0 === element && element < this.#dense.length) this.#dense[element] = operation + 1;
    else this.#others.set(identityOf(element), operation);
  }

  *operations(): IterableIterator<number> {
    for (const entry of this.#dense) if (entry > 0) yield entry - 1;
    yield* this.#others.values();
  }
}

/** Distinct reads, smallest first, and what each has that the one before it has not. */
class Steps {
  count = 0;
  /** The largest read so far. */
  last: readonly Json[] = [];
  /** By class of reads: its place among the distinct reads; 0: empty. */
  readonly stepOfClass: Int32Array;
  /** By operation that adds: the first distinct read (from 1) that has its element; 0 none. */
  readonly stepOf: Int32Array;
  readonly #adder: Adders;
  readonly #ordered: boolean;
  readonly #seen: Int32Array;
  #stamp = 0;
  #lastReader = -1;

  constructor(part: Part, adder: Adders, ordered: boolean) {
    this.stepOfClass = new Int32Array(part.classTable.length);
    this.stepOf = new Int32Array(part.count);
    this.#seen = new Int32Array(part.count);
    this.#adder = adder;
    this.#ordered = ordered;
  }

  read(reader: number, items: readonly Json[]): MonitorAnswer | undefined {
    const grown = items.length > this.last.length;
    if (grown) this.count++;
    const stamp = ++this.#stamp;
    let known = 0;
    let from = 0;
    if (this.#ordered) {
      for (; from < this.last.length; from++) if (items[from] !== this.last[from] && !equalJson(items[from]!, this.last[from]!)) return contradiction(reader, this.#lastReader);
      known = from;
    }
    for (let k = from; k < items.length; k++) {
      const operation = this.#adder.get(items[k]!);
      // Never added, or there twice.
      if (operation < 0 || this.#seen[operation] === stamp) return contradiction(reader);
      this.#seen[operation] = stamp;
      const step = this.stepOf[operation]!;
      if (step === 0) this.stepOf[operation] = this.count;
      else if (this.#ordered) return contradiction(reader);
      else if (step < this.count || !grown) known++;
    }
    if (known !== this.last.length) return contradiction(reader, this.#lastReader);
    this.last = items;
    this.#lastReader = reader;
    return undefined;
  }
}

function judgeSteps(part: Part, found: { object: { adds: string; ordered: boolean }; adder: Adders; steps: Steps }): MonitorAnswer {
  const { object, adder, steps } = found;
  const { classes, classTable, calls, returns } = part;
  // Reads and additions by step, as lists; additions of a list in order of their positions.
  const readsAt: number[][] = Array.from({ length: steps.count + 1 }, () => []);
  const addsAt: number[][] = Array.from({ length: steps.count + 2 }, () => []);
  for (let i = 0; i < part.count; i++) if (classTable[classes[i]!]!.call.f !== object.adds) readsAt[steps.stepOfClass[classes[i]!]!]!.push(i);
  for (const item of steps.last) {
    const operation = adder.get(item);
    addsAt[steps.stepOf[operation]!]!.push(operation);
  }
  for (const operation of adder.operations()) if (steps.stepOf[operation] === 0 && returns[operation] !== NEVER) addsAt[steps.count + 1]!.push(operation);

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
  for (let at = 0; at <= steps.count + 1; at++) {
    const wrong = take(addsAt[at]!, object.ordered && at <= steps.count) ?? (at <= steps.count ? take(readsAt[at]!, false) : undefined);
    if (wrong !== undefined) return wrong;
  }
  const byCall = (a: number, b: number): number => a - b;
  const addsInOrder = (at: number): readonly number[] => (object.ordered && at <= steps.count ? addsAt[at]! : [...addsAt[at]!].sort(byCall));
  return { linearizable: true, linearization: () => addsAt.flatMap((_, at) => [...addsInOrder(at), ...(readsAt[at] ?? [])]) };
}
