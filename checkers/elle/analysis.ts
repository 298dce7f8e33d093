import type { EdgeList } from "./graph.ts";
import type { Findings, Step } from "./findings.ts";
import type { Transactions } from "./transactions.ts";

/**
 * What a workload makes of a history: the anomalies that are seen without a graph, and the data dependencies. The cycle
 * search, the orders of sessions and real time, and the verdict are the same for all workloads.
 */
export interface Analysis {
  readonly transactions: Transactions;
  readonly findings: Findings;
  /** Data dependencies between transactions, by `graph.ts`'s bits. */
  readonly edges: EdgeList;
  /**
   * Auxiliary vertices in `edges`, numbered from the number of transactions on: where many readers of a version precede
   * many writers, they do so through one of these.
   */
  readonly hubs?: number;
  /** What leads through auxiliary vertices, told again for `members` (ascending): each of `readers` precedes all `writers` but itself, by rw. */
  readonly expand?: (members: Int32Array, meet: (readers: readonly number[], writers: readonly number[]) => void) => void;
  /**
   * Bits of data relations, the one that explains first: an edge of several relations counts as its first alone when a
   * cycle is named, and as an order edge only when there is no dependency.
   */
  readonly precedence: readonly number[];
  /** Why `from` precedes `to` by the relation `label`, recomputed from their micro-operations. */
  explain(from: number, to: number, label: number): Step;
}
