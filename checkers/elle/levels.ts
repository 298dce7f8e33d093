import { type History, HistoryBuilder } from "../../harness/history.ts";
import type { CycleGraphDiagram } from "../../harness/diagram.ts";
import type { Json } from "../../harness/json.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import { explainCircle } from "./circles.ts";
import { canonicalModel, friendlyModel, impossible, modelNames, weaker } from "./models.ts";
import { circleText } from "./report.ts";
import { checkWeak, type WeakLevel, weakLevels } from "./weak.ts";

/**
 * Models that Elle's anomalies do not decide on registers, judged exactly beside them: read committed, read atomic and
 * causal consistency as Biswas and Enea define them (OOPSLA 2019), sessions included. A history that breaks one shows the
 * anomaly `<level>-violation`: transactions each of which would have to commit before the others.
 */
const levelOf: { readonly [canonical: string]: WeakLevel } = { "PL-2": "read-committed", "read-atomic": "read-atomic", "causal-cerone": "causal", causal: "causal" };

/** Which of the models have such a judge; each level once, weakest first. */
export function exactLevels(models: readonly string[]): readonly WeakLevel[] {
  const asked = new Set(models.map((model) => levelOf[canonicalModel(model) ?? ""]));
  return weakLevels.filter((level) => asked.has(level));
}

/** The level that an anomaly of this name breaks; undefined for Elle's own. */
export function violatedLevel(anomaly: string): WeakLevel | undefined {
  return weakLevels.find((level) => anomaly === `${level}-violation`);
}

/** Adds to Elle's verdict on a history of registers what the exact judges of `levels` find. Errors as `checkWeak`. */
export function withLevels(history: History, verdict: Verdict, levels: readonly WeakLevel[]): Verdict {
  const broken = levels.flatMap((level) => {
    const { valid, circles } = checkWeak(history, level);
    return valid || circles.length === 0 ? [] : [{ level, circles, withoutSessions: needsSessions(history, level) }];
  });
  const [first, ...others] = broken.map(({ level, circles }) => violation(history, level, circles));
  if (first === undefined) return verdict;
  const types = [...textsOf(verdict.details?.["anomaly-types"]), ...broken.map(({ level }) => `${level}-violation`)].sort();
  const out = new Set([...impossible(types), ...broken.flatMap(({ level, withoutSessions }) => ruledOut(withoutSessions ? sessionModel[level] : lattice[level]))]);
  const isWeakest = (name: string): boolean => [...weaker([name])].every((other) => other === name || !out.has(other));
  const names = [...out].sort();
  const details = {
    ...verdict.details,
    "anomaly-types": types,
    not: names.filter(isWeakest).map(friendlyModel).sort(),
    "also-not": names.filter((name) => !isWeakest(name)).map(friendlyModel).sort(),
  };
  const anomalies: readonly [Anomaly, ...Anomaly[]] = verdict.verdict === "invalid" ? [...verdict.anomalies, first, ...others] : [first, ...others];
  return { verdict: "invalid", checker: verdict.checker, anomalies, details };
}

/** The lattice's names without sessions, and the weakest of its models that forbid the same with sessions. */
const lattice: { readonly [level in WeakLevel]: string } = { "read-committed": "PL-2", "read-atomic": "read-atomic", causal: "causal-cerone" };
const sessionModel: { readonly [level in WeakLevel]: string } = {
  "read-committed": "strong-session-PL-2",
  "read-atomic": "strong-session-snapshot-isolation",
  causal: "strong-session-snapshot-isolation",
};

function ruledOut(model: string): readonly string[] {
  return modelNames.flatMap((name) => canonicalModel(name) ?? []).filter((name) => weaker([name]).has(model));
}

/** The steps among more transactions than this are not looked for. */
const toldMax = 300;

/** More than this is not judged a second time. */
const sessionlessMax = 1_000;

/** Whether the level is broken only by the order of sessions; taken for granted where asking would be dear. */
function needsSessions(history: History, level: WeakLevel): boolean {
  if (history.operationCount > sessionlessMax) return true;
  return checkWeak(ownSessions(history), level).valid;
}

/** The same operations, each by a process of its own. */
function ownSessions(history: History): History {
  const builder = new HistoryBuilder();
  for (const op of history) {
    const first = op.type === "invoke" ? op.index : history.pairs[op.index]!;
    if (op.process >= 0) builder.push({ ...op, process: first });
  }
  return builder.build();
}

function violation(history: History, level: WeakLevel, circles: readonly (readonly number[])[]): Anomaly {
  const smallest = [...circles].sort((a, b) => a.length - b.length)[0]!;
  if (smallest.length > toldMax) {
    const explanation = `${smallest.length} transactions would each have to commit before the others; too many to tell one by one`;
    return { name: `${level}-violation`, operations: [...smallest].sort((a, b) => a - b).slice(0, toldMax), explanation };
  }
  const told = explainCircle(history, level, smallest);
  const names = new Map([...new Set([...told.map(({ from }) => from), ...told.flatMap(({ reader }) => reader ?? [])])].map((index, i) => [index, `T${i + 1}`]));
  const name = (index: number): string => names.get(index) ?? `op ${index}`;
  const operations = [...names.keys()].sort((a, b) => a - b);
  const transaction = (index: number): string => (index < 0 ? "the initial state" : `op ${index}: ${JSON.stringify(history.at(index).value)}`);
  const diagram: CycleGraphDiagram = {
    kind: "cycle-graph",
    title: `${level}-violation`,
    nodes: told.map(({ from }) => ({ id: name(from), label: transaction(from) })),
    edges: told.map((step) => ({ from: name(step.from), to: name(step.to), label: step.relation, note: step.text(name) })),
    caption: "each arrow: the first had to commit before the second",
  };
  return {
    name: `${level}-violation`,
    operations: operations.filter((index) => index >= 0),
    explanation: circleText(names, { transaction, steps: told }),
    diagrams: [diagram],
    details: { cycle: told.map(({ from }) => from), relations: told.map(({ relation }) => relation), ...(circles.length > 1 ? { "of-this-type": circles.length } : {}) },
  };
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
