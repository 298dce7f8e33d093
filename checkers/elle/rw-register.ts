import type { Analysis } from "./analysis.ts";
import { Findings } from "./findings.ts";
import { RW, WR, WW } from "./graph.ts";
import { dependencies, explainEdge } from "./rw-register/dependencies.ts";
import { RegisterHistory } from "./rw-register/history.ts";
import { findAnomaliesOfReads } from "./rw-register/reads.ts";
import { findLostUpdates } from "./rw-register/updates.ts";
import { type RegisterOptions, versionOrder } from "./rw-register/version-order.ts";
import type { Transactions } from "./transactions.ts";

/**
 * Registers that are written blindly, each value once per key. A read names its writer (wr), but not what was before:
 * the order of versions has to be inferred, and remains partial. Sources of order, each an assumption that the user may
 * make, merged one after the other:
 *
 *     initial-state      the initial null precedes every other version (always)
 *     wfr-keys           a transaction that read v and then wrote w of the same key: v < w
 *     sequential-keys    each key is sequentially consistent: a process' successive transactions see it grow
 *     linearizable-keys  each key is linearizable: likewise for transactions one of which ended before the other began
 *     transaction-order  the database told the order of its transactions
 *     version-order      or that of each key's versions
 *
 * A source that would close a circle within a key contradicts the others: that is the anomaly `cyclic-versions`, and the
 * source is left out. Then, for v directly before w: writer(v) -ww-> writer(w), reader(v) -rw-> writer(w).
 * Only ok transactions take part, as in Elle; so do only first reads and last writes of a key within a transaction.
 */
export function analyseRwRegister(transactions: Transactions, options: RegisterOptions = {}): Analysis {
  const history = new RegisterHistory(transactions);
  const findings = new Findings();
  findAnomaliesOfReads(history, findings);
  findLostUpdates(history, findings);
  const versions = versionOrder(history, options, findings);
  const { edges, hubs, expand } = dependencies(history, versions);
  return { transactions, findings, edges, hubs, expand, precedence: [WR, WW, RW], explain: (from, to, label) => explainEdge(history, versions, from, to, label) };
}
