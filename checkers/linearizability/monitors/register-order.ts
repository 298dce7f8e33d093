import { NEVER, type Part } from "../parts.ts";
import { NOTHING, READ, type RegisterForms } from "../register-forms.ts";

/** What the zones know of a register whose values come about once; operations by number, -1 none. */
export interface RegisterBlocks {
  /** By operation, as in `RegisterForms` by class; numbered in order of calls. */
  readonly operations: Pick<Part, "count" | "calls" | "returns"> & RegisterForms;
  /** By value: what makes it, and the cas that takes it away. */
  readonly producer: Int32Array;
  readonly consumer: Int32Array;
  /** The first value of each block, blocks in an order that the zones allow. */
  readonly roots: Iterable<number>;
}

/**
 * An order that explains a register of unique values: block after block; in a block each value's write or cas, then its
 * reads in the order of their calls (after Gibbons and Korach, 1997). O(operations).
 */
export function registerOrder({ operations, producer, consumer, roots }: RegisterBlocks): number[] {
  const { count, kinds, froms, tos, valueCount } = operations;
  const firstRead = new Int32Array(valueCount).fill(-1);
  const nextRead = new Int32Array(count);
  for (let i = count - 1; i >= 0; i--) {
    if (kinds[i] !== READ) continue;
    nextRead[i] = firstRead[froms[i]!]!;
    firstRead[froms[i]!] = i;
  }
  const order: number[] = [];
  for (const root of roots) {
    let value = root;
    for (let maker = producer[root]!; ; value = tos[maker]!) {
      if (maker >= 0) order.push(maker);
      for (let read = firstRead[value]!; read >= 0; read = nextRead[read]!) order.push(read);
      maker = consumer[value]!;
      if (maker < 0) break;
    }
  }
  return withUntold(order, operations);
}

/**
 * Puts in the reads that tell nothing, each before the first operation that was called after it: what comes later then
 * returned after that one's call, what comes before was called before this one's.
 */
function withUntold(order: readonly number[], { count, calls, returns, kinds }: RegisterBlocks["operations"]): number[] {
  const merged: number[] = [];
  let untold = 0;
  const putBefore = (call: number): void => {
    for (; untold < count && calls[untold]! < call; untold++) if (kinds[untold] === NOTHING && returns[untold] !== NEVER) merged.push(untold);
  };
  for (const operation of order) {
    putBefore(calls[operation]!);
    merged.push(operation);
  }
  putBefore(NEVER);
  return merged;
}
