import type { CycleGraphDiagram, Diagram, ProcessLinesDiagram } from "../../harness/diagram.ts";
import type { Json } from "../../harness/json.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import type { ElleResult } from "./check.ts";
import type { Finding, Step } from "./findings.ts";
import { OK, type Transactions, transactionText } from "./transactions.ts";

/** Anomalies of one type that a verdict carries in full; the rest is counted. */
const shownMax = 3;

/** The answer as a verdict: each anomaly with its words and pictures, Elle's terms under `details`. */
export function elleVerdict(checker: string, result: ElleResult): Verdict {
  const details: { [key: string]: Json } = {
    "anomaly-types": result.valid === true ? [] : result.types,
    not: result.not,
    "also-not": result.alsoNot,
    counts: Object.fromEntries(result.findings.types().map((type) => [type, result.findings.count(type)])),
    transactions: result.transactions.count,
    dependencies: result.edgeCount,
    ...unwrittenReads(result),
    ...(result.orders === undefined ? {} : { complete: result.orders.complete, "keys-of-open-order": result.orders.undetermined }),
  };
  if (result.valid === true) return { verdict: "valid", checker, details };
  const bad = result.types.filter((type) => type !== "empty-transaction-graph" && type !== "cycle-search-timeout");
  const anomalies = bad.flatMap((type) => result.findings.kept(type).slice(0, shownMax).map((finding) => anomaly(result, finding)));
  const [first, ...others] = anomalies;
  if (first !== undefined && result.valid === false) return { verdict: "invalid", checker, anomalies: [first, ...others], details };
  const reasons = result.types.flatMap((type) => result.findings.kept(type).map((finding) => `${type}: ${finding.explain()}`));
  return { verdict: "unknown", checker, reason: reasons.join("; "), details };
}

/** Reads of what nobody wrote, which no model of the lattice forbids: how many, and the first in words. */
function unwrittenReads({ findings, transactions }: ElleResult): { readonly [key: string]: Json } {
  const [first] = findings.kept("unwritten-read");
  return first === undefined ? {} : { "unwritten-reads": { count: findings.count("unwritten-read"), first: `op ${transactions.indices[first.transactions[0]!]!}: ${first.explain()}` } };
}

function anomaly(result: ElleResult, finding: Finding): Anomaly {
  const { transactions } = result;
  const unique = [...new Set(finding.transactions)];
  const count = result.findings.count(finding.type);
  return {
    name: finding.type,
    operations: unique.map((t) => transactions.indices[t]!).sort((a, b) => a - b),
    explanation: explanation(transactions, finding),
    ...(finding.steps === undefined ? {} : { diagrams: [cycleGraph(transactions, finding), timeline(transactions, finding)] }),
    details: { ...finding.details, ...(count > shownMax ? { "of-this-type": count } : {}) },
  };
}

function explanation(transactions: Transactions, finding: Finding): string {
  if (finding.steps === undefined) {
    const who = [...new Set(finding.transactions)].slice(0, 4).map((t) => `op ${transactions.indices[t]}: ${transactionText(transactions, t)}`);
    return [finding.explain(), ...who].join("\n");
  }
  const names = new Map(finding.transactions.map((t, i) => [t, `T${i + 1}`]));
  return circleText(names, { transaction: (t) => `op ${transactions.indices[t]}: ${transactionText(transactions, t)}`, steps: finding.steps });
}

/** A circle for people: what cannot be, who is who, and why each precedes the next. */
export function circleText(
  names: ReadonlyMap<number, string>,
  told: { transaction(id: number): string; readonly steps: readonly Pick<Step, "from" | "to" | "text">[] },
): string {
  const name = (id: number): string => names.get(id) ?? `T(${id})`;
  const circle = [...told.steps.map(({ from }) => name(from)), name(told.steps[0]!.from)].join(" < ");
  return [
    `${circle}: no order explains what these transactions saw`,
    ...[...names].map(([id, called]) => `${called} = ${told.transaction(id)}`),
    ...told.steps.map((step) => `${name(step.from)} < ${name(step.to)}: ${step.text(name)}`),
  ].join("\n");
}

/** The cycle as a graph: a vertex a transaction, an edge a dependency with its reason. */
function cycleGraph(transactions: Transactions, finding: Finding): CycleGraphDiagram {
  const names = new Map(finding.transactions.map((t, i) => [t, `T${i + 1}`]));
  const name = (t: number): string => names.get(t) ?? `op ${transactions.indices[t]}`;
  return {
    kind: "cycle-graph",
    title: finding.type,
    nodes: finding.transactions.map((t) => ({ id: name(t), label: transactionText(transactions, t) })),
    edges: (finding.steps ?? []).map((step) => {
      const key = step.details["key"];
      return { from: name(step.from), to: name(step.to), label: key === undefined ? step.relation : `${step.relation} ${typeof key === "string" ? key : JSON.stringify(key)}`, note: step.text(name) };
    }),
    caption: "each arrow: the first had to take effect before the second",
  };
}

/** The cycle's transactions as intervals of real time, one line a process. */
function timeline(transactions: Transactions, finding: Finding): ProcessLinesDiagram {
  const members = [...new Set(finding.transactions)];
  const moments = [...new Set(members.flatMap((t) => [transactions.begins[t]!, transactions.ends[t]!]).filter((rank) => rank >= 0))].sort((a, b) => a - b);
  const rank = (event: number): number => moments.indexOf(event);
  const processes = [...new Set(members.map((t) => transactions.processes[t]!))].sort((a, b) => a - b);
  return {
    kind: "process-lines",
    title: `${finding.type} in real time`,
    caption: "each bar from call to return: what the transaction did took effect between",
    lanes: processes.map((process) => ({
      label: `process ${process}`,
      bars: members
        .filter((t) => transactions.processes[t] === process)
        .sort((a, b) => transactions.ends[a]! - transactions.ends[b]!)
        .map((t) => ({
          start: transactions.begins[t]! >= 0 ? rank(transactions.begins[t]!) : rank(transactions.ends[t]!),
          end: transactions.types[t] === OK ? rank(transactions.ends[t]!) : null,
          label: `T${finding.transactions.indexOf(t) + 1}`,
          mark: transactions.types[t] === OK ? ("plain" as const) : ("crashed" as const),
          note: transactionText(transactions, t),
          operation: transactions.invocations[t]! >= 0 ? transactions.invocations[t]! : transactions.indices[t]!,
        })),
    })),
  };
}

/** The pictures of a finding, for callers of the library. */
export function diagramsOf(transactions: Transactions, finding: Finding): readonly Diagram[] {
  return finding.steps === undefined ? [] : [cycleGraph(transactions, finding), timeline(transactions, finding)];
}
