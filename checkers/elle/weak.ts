import type { History } from "../../harness/history.ts";
import { Findings } from "./findings.ts";
import { components, EdgeList } from "./graph.ts";
import { RegisterHistory } from "./rw-register/history.ts";
import { findAnomaliesOfReads } from "./rw-register/reads.ts";
import { keyText, OK, READ, type Transactions, transactionsOf, valueText } from "./transactions.ts";
import { type WeakColumns, weakColumns } from "./weak/columns.ts";
import { type Before, knownByReads, knownBySession } from "./weak/known.ts";
import { knownByPast } from "./weak/past.ts";

/**
 * Weak isolation on registers, decided exactly and fast: read committed, read atomic and causal consistency.
 *
 * With unique values a read names its writer, so a history is a partial order of sessions and wr edges. Each level says
 * which writers of a key must then have committed before the one that was read (Biswas and Enea, OOPSLA 2019):
 *
 *     t2 writes x,  t3 reads x from t1,  and t2 is known to t3   ⟹   t2 commits before t1
 *     known to t3 means    read committed  t3 read from t2 earlier
 *                          read atomic     t3 read from t2, or t2 is earlier in t3's session
 *                          causal          t2 is in t3's past, over any steps of session and read
 *
 * The level holds exactly if every read has a writer that may be read, and sessions, wr and these edges have no cycle.
 * Unlike the search for Elle's anomalies this is complete: no order of versions is assumed. Cost: read committed and
 * read atomic O(n √n · log n) for n micro-operations, linear for short transactions; causal O(n · sessions · log n)
 * (after AWDIT, Møldrup and Pavlogiannis, PLDI 2025). All of it on typed arrays: about 250 bytes a transaction.
 *
 * Only ok transactions take part; a read of a value whose author never completed constrains nothing.
 */
export type WeakLevel = "read-committed" | "read-atomic" | "causal";
export const weakLevels: readonly WeakLevel[] = ["read-committed", "read-atomic", "causal"];

export interface WeakResult {
  readonly valid: boolean;
  /** Anomalies of single reads that the level forbids, sorted. */
  readonly types: readonly string[];
  /** `Op.index` of transactions that would each have to commit before the others, one list a component. */
  readonly circles: readonly (readonly number[])[];
  /** Each anomaly of a single read in words. */
  readonly findings: Findings;
}

/** Judges a history of register transactions. Errors as `transactionsOf`, and for values written twice. */
export function checkWeak(history: History, level: WeakLevel): WeakResult {
  return judgeWeak(transactionsOf(history, { write: "w" }), level);
}

/** As `checkWeak`, from transactions in columns: ten million fit into 4 GB. */
export function judgeWeak(transactions: Transactions, level: WeakLevel): WeakResult {
  const registers = new RegisterHistory(transactions);
  const findings = new Findings();
  findAnomaliesOfReads(registers, findings);
  findUnwritten(registers, findings);
  const forbidden = ["G1a", "G1b", "future-read", "unwritten-read", ...(level === "read-committed" ? [] : ["internal"])];
  const types = findings.types().filter((type) => forbidden.includes(type));
  const circles = circlesOf(weakColumns(registers), level).map((members) => [...members].map((t) => transactions.indices[t]!));
  return { valid: types.length === 0 && circles.length === 0, types, circles, findings };
}

/** Groups of transactions each of which would have to commit before the others. */
function circlesOf(columns: WeakColumns, level: WeakLevel): number[][] {
  const { count, sessionStarts, sessionMembers, readStarts, readAuthors } = columns;
  // Vertex `count` is the writer of all initial values; it comes first, which matters only where something precedes it.
  const edges = new EdgeList();
  const before: Before = (t2, t1) => {
    edges.push(t2, t1, 1);
    if (t1 === count) edges.push(count, t2, 1);
  };
  for (let t = 0; t < count; t++) for (let read = readStarts[t]!; read < readStarts[t + 1]!; read++) if (readAuthors[read] !== count) edges.push(readAuthors[read]!, t, 1);
  for (let s = 0; s + 1 < sessionStarts.length; s++) for (let m = sessionStarts[s]! + 1; m < sessionStarts[s + 1]!; m++) edges.push(sessionMembers[m - 1]!, sessionMembers[m]!, 1);
  if (level === "causal") knownByPast(columns, before);
  else knownByReads(columns, level === "read-committed" ? "earlier" : "any", before);
  if (level === "read-atomic") knownBySession(columns, before);
  return components(edges.graph(count + 1), { bound: count + 1 }).map((members) => [...members].filter((t) => t < count));
}

/** Reads that no commit order explains: of a value that nobody wrote, and of one's own write that was yet to come. */
function findUnwritten(registers: RegisterHistory, findings: Findings): void {
  const { transactions } = registers;
  const { starts, kinds, keys, values, types, keyNames } = transactions;
  for (let t = 0; t < transactions.count; t++) {
    for (let at = starts[t]!; types[t] === OK && at < starts[t + 1]!; at++) {
      if (kinds[at] !== READ || values.at(at) === null) continue;
      const write = registers.writer[registers.version[at]!]!;
      if (write >= 0 && (registers.owner[write] !== t || write < at)) continue;
      findings.add(write < 0 ? "unwritten-read" : "future-read", () => ({
        transactions: [t],
        explain: () => `${keyText(transactions, keys[at]!)} was read as ${valueText(values.at(at))}, which ${write < 0 ? "no transaction wrote" : "the transaction itself wrote only afterwards"}`,
        details: { key: keyNames[keys[at]!]!, element: values.at(at) },
      }));
    }
  }
}
