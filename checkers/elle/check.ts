import { type Budget, unlimited } from "../../harness/budget.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Analysis } from "./analysis.ts";
import { explained, findCycles } from "./cycles.ts";
import type { Cycle } from "./cycles/kinds.ts";
import { subgraphTests, SubgraphTests } from "./cycles/subgraphs.ts";
import type { Findings, Step } from "./findings.ts";
import { components, PROCESS, REALTIME, relationNames } from "./graph.ts";
import { anomalyNames, boundary, canonicalModel, forbidden, implying, impossible, modelNames } from "./models.ts";
import { addProcessOrder, addRealtimeChain, type LocalGraph, LocalGraphs, type SessionOrder } from "./order.ts";
import type { Transactions } from "./transactions.ts";

/** What should hold. */
export interface Demands {
  /** Models, by any accepted name; default strict serializability. An empty list asks for no model. */
  readonly models?: readonly string[];
  /** Further anomalies that count as failures. */
  readonly anomalies?: readonly string[];
}

/**
 * The answer in Elle's terms. `types` are the anomalies that the demands forbid; `not` and `alsoNot` follow from all
 * that were seen, asked for or not.
 */
export interface ElleResult {
  readonly valid: boolean | "unknown";
  readonly types: readonly string[];
  readonly not: readonly string[];
  readonly alsoNot: readonly string[];
  readonly findings: Findings;
  readonly transactions: Transactions;
  /** Edges between transactions, and components with a cycle. */
  readonly edgeCount: number;
  readonly componentCount: number;
  /** Of registers that are read before they are written: whether every order of versions is known, so that `valid` is proved. */
  readonly orders?: { readonly complete: boolean; readonly undetermined: readonly string[] };
}

/** Seen, but neither for nor against: the answer is then `unknown`, unless something was found. */
const unknownTypes: readonly string[] = ["empty-transaction-graph", "cycle-search-timeout"];

/**
 * Seen and counted, but forbidden by no model of the lattice: failures only if asked for by name. What nobody wrote may
 * have been there before the run, or be an error of the recorder's; Elle 0.2.8 passes over it.
 */
const beyondModels: readonly string[] = ["unwritten-read"];

/** The anomalies that count as failures, closed under implication. Errors: `BAD_OPTION` for names that nobody knows. */
export function reportable(demands: Demands): ReadonlySet<string> {
  const models = demands.models ?? ["strict-serializable"];
  for (const model of models) if (canonicalModel(model) === undefined) throw unknownName("consistency model", model, modelNames);
  const known = [...anomalyNames, ...beyondModels];
  for (const anomaly of demands.anomalies ?? []) if (!known.includes(anomaly)) throw unknownName("anomaly", anomaly, known);
  return new Set([...forbidden(models), ...implying(demands.anomalies ?? [])]);
}

/** Real time is looked at only if an anomaly of it is asked for; else the order of processes, if one of theirs is. */
export function sessionOrder(wanted: ReadonlySet<string>): SessionOrder {
  const names = [...wanted];
  return names.some((name) => name.endsWith("-realtime")) ? "realtime" : names.some((name) => name.endsWith("-process")) ? "process" : "none";
}

/** Adds orders and cycles to what a workload's analysis found, and judges. */
export function judge(analysis: Analysis, demands: Demands, budget: Budget = unlimited()): ElleResult {
  const wanted = reportable(demands);
  const { transactions, findings, edges } = analysis;
  const { count } = transactions;
  const dataEdges = edges.length;
  const session = sessionOrder(wanted);
  const auxiliary = analysis.hubs ?? 0;
  let related = edges.length > 0;
  if (session === "process") {
    addProcessOrder(transactions, edges);
    related = edges.length > 0;
  } else if (session === "realtime" && addRealtimeChain(transactions, edges, count + auxiliary)) related = true;
  if (!related) findings.add("empty-transaction-graph", () => ({ transactions: [], explain: () => "no transaction depends on another: there is nothing to judge", details: {} }));

  const graph = edges.graph(count + auxiliary + (session === "realtime" ? count : 0));
  const circles = components(graph, { bound: count });
  const locals = circles.length === 0 ? undefined : new LocalGraphs(graph, { ...(analysis.expand === undefined ? {} : { expand: analysis.expand }), ...(session === "realtime" ? { realtime: transactions } : {}) });
  const parts = circles.map((members) => ({ members, local: locals!.of(members) }));
  for (const { members, local } of parts) addCycles(analysis, members, local, budget);
  addCycleExistence(findings, parts);

  const types = findings.types();
  const bad = types.filter((type) => wanted.has(type));
  const unsure = types.filter((type) => unknownTypes.includes(type));
  const valid = bad.length > 0 ? false : unsure.length > 0 ? "unknown" : true;
  const { not, alsoNot } = valid === true ? { not: [], alsoNot: [] } : boundary(types);
  return { valid, types: [...bad, ...unsure].sort(), not, alsoNot, findings, transactions, edgeCount: dataEdges, componentCount: parts.length };
}

function addCycles(analysis: Analysis, members: Int32Array, local: LocalGraph, budget: Budget): void {
  const { cycles, cut } = findCycles(explained(local, analysis.precedence), local, budget);
  for (const cycle of cycles) {
    analysis.findings.add(cycle.type, () => {
      const { vertices, labels } = shortened(cycle);
      const at = vertices.map((vertex) => members[vertex]!);
      const steps = at.map((from, i) => step(analysis, from, at[(i + 1) % at.length]!, labels[i]!));
      return { transactions: at, explain: () => cycleText(at, steps), details: { cycle: at.map((t) => analysis.transactions.indices[t]!), steps: steps.map(({ details }) => details) }, steps };
    });
  }
  if (cut.length > 0) {
    analysis.findings.add("cycle-search-timeout", () => ({
      transactions: [...members.subarray(0, 16)],
      explain: () => `among ${members.length} transactions that depend on each other in a circle, the search for ${cut.join(", ")} was cut by the budget`,
      details: { "not-searched": cut, "scc-size": members.length },
    }));
  }
}

/** Orders are transitive: several steps of one in a row are told as one. The first edge of a cycle found is a dependency. */
function shortened(cycle: Cycle): { readonly vertices: readonly number[]; readonly labels: readonly number[] } {
  const isRepeat = (i: number): boolean => i > 0 && (cycle.labels[i] === REALTIME || cycle.labels[i] === PROCESS) && cycle.labels[i] === cycle.labels[i - 1];
  return { vertices: cycle.vertices.filter((_, i) => !isRepeat(i)), labels: cycle.labels.filter((_, i) => !isRepeat(i)) };
}

function step(analysis: Analysis, from: number, to: number, label: number): Step {
  const { transactions } = analysis;
  if (label === PROCESS) {
    const process = transactions.processes[from]!;
    return { from, to, relation: "process", details: { type: "process", process }, text: (name) => `process ${process} did ${name(from)} before ${name(to)}` };
  }
  if (label === REALTIME) {
    const [ended, begun] = [transactions.indices[from]!, transactions.invocations[to]!];
    return { from, to, relation: "realtime", details: { type: "realtime", "a'": ended, b: begun }, text: (name) => `${name(from)} had ended (op ${ended}) before ${name(to)} began (op ${begun})` };
  }
  const made = analysis.explain(from, to, label);
  if (made.relation !== relationNames[Math.log2(label)]) throw new Error(`assertion failed: the edge is explained as ${relationNames[Math.log2(label)]}, not ${made.relation}`);
  return made;
}

/** T1, T2, … in the cycle's order; one sentence an edge, and why they cannot all be true of one order. */
export function cycleText(at: readonly number[], steps: readonly Step[]): string {
  const names = new Map(at.map((t, i) => [t, `T${i + 1}`]));
  const name = (t: number): string => names.get(t) ?? `T(${t})`;
  const reasons = steps.map((one) => `${name(one.from)} < ${name(one.to)}: ${one.text(name)}`);
  return `${reasons.join("; ")}. So ${name(at[0]!)} would precede itself`;
}

/** Cycles that are known to exist in a model's subgraph, for models that no anomaly seen so far rules out. */
function addCycleExistence(findings: Findings, parts: readonly { readonly members: Int32Array; readonly local: LocalGraph }[]): void {
  const tested = parts.map(({ members, local }) => ({ members, tests: new SubgraphTests(local) }));
  for (const test of subgraphTests) {
    if (impossible(findings.types()).has(test.model)) continue;
    for (const { members, tests } of tested) {
      if (!tests.exists(test)) continue;
      findings.add(test.type, () => ({
        transactions: [...members.subarray(0, 16)],
        explain: () => `among ${members.length} transactions there is a cycle of ${test.subgraph}, though no single cycle of a named kind was found`,
        details: { type: test.type, not: test.model, subgraph: test.subgraph, "scc-size": members.length },
      }));
    }
  }
}

function unknownName(what: string, name: string, known: readonly string[]): HarnessError {
  const near = known.filter((candidate) => candidate.includes(name) || name.includes(candidate));
  return new HarnessError("BAD_OPTION", `there is no ${what} ${JSON.stringify(name)}`, { nextStep: `use one of ${(near.length > 0 ? near : known).join(", ")}` });
}
