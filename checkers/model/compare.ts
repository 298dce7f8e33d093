import { Canonicalizer, canonicalHistory } from "../../harness/canonical-history.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import { describeCall, type SequentialSpec } from "../../harness/spec.ts";
import type { Exploration } from "./explore.ts";

export { canonicalHistory };

/**
 * Two accounts of one system side by side: what the explorer says can happen, and what a simulation or a deployed
 * cluster was seen to do in rounds of exactly the model's client scripts.
 *
 *     inclusion   every observed history is among *all* histories of the model (prefix-closed: a round may end with open
 *                 operations). If not, the model is too small or the code does what the model does not: the first op
 *                 that has no successor in the model says where.
 *     coverage    how many of the model's outcomes (histories of runs that have ended) were seen; how they came in
 *                 (the accumulation curve); and the chance that the next round shows a new one (Good, 1953: f1/n, the
 *                 share of rounds whose outcome was seen exactly once).
 */
export function compareAccounts(options: {
  /** Explored with `track: "history"`. */
  readonly model: Exploration;
  readonly spec: SequentialSpec;
  /** One per round: a history, or its canonical text. */
  readonly observed: readonly (History | string)[];
  /** How many histories outside the model are described; default 10. */
  readonly describedMax?: number;
}): Comparison {
  const { model, spec, observed } = options;
  const { outcomes } = model;
  if (outcomes === undefined) {
    throw new HarnessError("USAGE", `the account of ${model.system} holds no histories`, { nextStep: 'explore with track "history", not "monitor"' });
  }
  const tally = new Map<string, number>();
  const curve: Accumulation[] = [];
  const notIncluded: NotIncluded[] = [];
  let included = 0;
  let seenTerminal = 0;
  observed.forEach((history, round) => {
    const text = typeof history === "string" ? history : canonicalHistory(history, spec);
    const count = (tally.get(text) ?? 0) + 1;
    tally.set(text, count);
    if (outcomes.all.has(text)) included++;
    else if (notIncluded.length < (options.describedMax ?? 10)) notIncluded.push({ round, canonical: text, first: typeof history === "string" ? undefined : firstOutside(history, spec, outcomes.all) });
    if (count === 1 && outcomes.terminal.has(text)) seenTerminal++;
    curve.push({ rounds: round + 1, outcomes: seenTerminal });
  });
  const once = [...tally.values()].filter((count) => count === 1).length;
  return {
    system: model.system,
    rounds: observed.length,
    distinct: tally.size,
    inclusion: { included, outside: observed.length - included, conclusive: model.complete, notIncluded },
    coverage: {
      seen: seenTerminal,
      of: outcomes.terminal.size,
      share: outcomes.terminal.size === 0 ? 1 : seenTerminal / outcomes.terminal.size,
      ended: sum([...tally].filter(([text]) => outcomes.terminal.has(text))),
      unseenMass: observed.length === 0 ? 1 : once / observed.length,
      curve: thinned(curve),
    },
  };
}

export interface Comparison {
  readonly system: string;
  readonly rounds: number;
  /** Different histories that were observed. */
  readonly distinct: number;
  readonly inclusion: {
    readonly included: number;
    readonly outside: number;
    /** False when the model was not explored to its end: then "outside" may only mean "not reached". */
    readonly conclusive: boolean;
    readonly notIncluded: readonly NotIncluded[];
  };
  readonly coverage: {
    /** Outcomes of the model that were observed, of how many, and as a share 0 … 1. */
    readonly seen: number;
    readonly of: number;
    readonly share: number;
    /** Rounds that ended in an outcome of the model; the others were cut with operations open. */
    readonly ended: number;
    /** Estimated probability that the next round shows a history that no round has shown. */
    readonly unseenMass: number;
    /** Outcomes seen after so many rounds; at most about 200 points, the last one always. */
    readonly curve: readonly Accumulation[];
  };
}
export interface Accumulation {
  readonly rounds: number;
  readonly outcomes: number;
}
export interface NotIncluded {
  /** From 0. */
  readonly round: number;
  readonly canonical: string;
  /** The first op after which the model has no such history; undefined when only a later `fail` took it out. */
  readonly first: { readonly index: number; readonly description: string; readonly before: string } | undefined;
}

function firstOutside(history: History, spec: SequentialSpec, all: ReadonlySet<string>): NotIncluded["first"] {
  const canonicalizer = new Canonicalizer(spec);
  const calls = new Map<number, Parameters<typeof describeCall>[1]>();
  let before = "";
  for (const op of history) {
    if (op.type === "invoke") calls.set(op.process, op);
    canonicalizer.push(op);
    const text = canonicalizer.text();
    if (!all.has(text)) {
      const call = calls.get(op.process) ?? op;
      return { index: op.index, description: `client ${op.process} ${op.type} ${describeCall(spec, call, op.type === "ok" ? op.value : undefined)}`, before };
    }
    before = text;
  }
  return undefined;
}

function sum(counted: readonly (readonly [string, number])[]): number {
  return counted.reduce((total, [, count]) => total + count, 0);
}

/** Every change of the curve would do; about 200 evenly spaced points are enough to draw. */
function thinned(curve: readonly Accumulation[]): readonly Accumulation[] {
  const stride = Math.max(1, Math.ceil(curve.length / 200));
  return curve.filter((_, at) => at % stride === stride - 1 || at === curve.length - 1);
}
