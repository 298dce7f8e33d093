import type { Budget } from "../../harness/budget.ts";
import { explainable } from "./window.ts";
import type { Witness } from "./witness.ts";

/**
 * What becomes of a proof when one of its operations is deleted outright, as if it had never been called.
 *
 *     C0  |- write 1 -|                               without the read, or without the write: can be explained
 *     C1               |- read → 0 -|
 *
 *     C0  |- write 1 -| |- write 2 -|                 without write 2: can be explained
 *     C1                              |- read → 1 -|  without write 1: still wrong, and trivially: nobody wrote 1
 *
 * To delete an operation that changed nothing (a read, a refused cas) and to forget it are the same, so a 1-minimal proof
 * becomes explainable. To delete one that changed the object may leave others that observed the change. About the order
 * of operations nothing follows from that, which is why proofs are shrunk by forgetting; here it is told which those are,
 * and `beginning.ts` tells where the proof can begin so that there are none.
 */
export interface Deletion {
  readonly operation: number;
  /** Whether the rest can be explained; undefined: not decided within the budget. */
  readonly explainable: boolean | undefined;
  /** Where it cannot: operations of the rest that contradict each other then, no fewer. */
  readonly contradicting: readonly number[];
}

/** Deletes each operation of the proof in turn. At most `kept.length` questions to the search for each of them. */
export function deletions({ part, from, to, kept }: Witness, budget: Budget): Deletion[] {
  const ask = (deleted: number, rest: readonly number[]): boolean | undefined => explainable(part, { from, to, kept: rest, deleted: [deleted] }, budget);
  return kept.map((operation) => {
    let rest = kept.filter((other) => other !== operation);
    const whole = ask(operation, rest);
    if (whole !== false) return { operation, explainable: whole, contradicting: [] };
    for (const other of rest) {
      const fewer = rest.filter((one) => one !== other);
      if (ask(operation, fewer) === false) rest = fewer;
    }
    return { operation, explainable: false, contradicting: rest };
  });
}
