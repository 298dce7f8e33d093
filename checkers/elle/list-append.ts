import type { Analysis } from "./analysis.ts";
import { Findings } from "./findings.ts";
import { RW, WR, WW } from "./graph.ts";
import { dependencies, explainEdge } from "./list-append/dependencies.ts";
import { ListHistory } from "./list-append/history.ts";
import { findAnomaliesOfReads } from "./list-append/reads.ts";
import { findDirtyUpdates, findLostUpdates } from "./list-append/updates.ts";
import type { Transactions } from "./transactions.ts";

/**
 * Lists that are only appended to, the workload that tells most (Kingsbury and Alvaro, VLDB 2020): a read shows not
 * only the last version of its key but all versions before it, in order. With elements that are unique per key:
 *
 *     T1: append x 1     T2: append x 2     T3: read x = [1 2]     T4: read x = [1]
 *     T1 -ww-> T2        T2 -wr-> T3        T4 -rw-> T2
 *
 * The version order of a key is the longest list read (repeated elements count once). Of several longest that differ it
 * is the last; they contradict each other, so incompatible-order is found whichever is taken, and only a demand weaker
 * than read committed could hang on the choice. An element that was appended but never read comes after all that were
 * read; a key with a single append, never read, has that one version. Reads that are no prefix of the longest list
 * contradict any order. Everything else follows from positions in that list, so a
 * read costs one comparison with it and then is only a number.
 */
export function analyseListAppend(transactions: Transactions): Analysis {
  const history = new ListHistory(transactions);
  const findings = new Findings();
  findAnomaliesOfReads(history, findings);
  findLostUpdates(history, findings);
  findDirtyUpdates(history, findings);
  const edges = dependencies(history);
  return { transactions, findings, edges, precedence: [WW, WR, RW], explain: (from, to, label) => explainEdge(history, from, to, label) };
}
