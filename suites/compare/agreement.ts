import { linearizableByBruteForce } from "../../checkers/linearizability/brute-force.ts";
import { search } from "../../checkers/linearizability/decide.ts";
import { monitors } from "../../checkers/linearizability/monitors.ts";
import { partsOf } from "../../checkers/linearizability/parts.ts";
import type { Exploration, Outcomes } from "../../checkers/model/explore.ts";
import { steps } from "../../harness/budget.ts";
import type { History } from "../../harness/history.ts";
import { linearizabilityMonitor } from "../../harness/monitor.ts";
import { historyOfCanonical } from "../../harness/parse-canonical.ts";
import type { SequentialSpec } from "../../harness/spec.ts";

/**
 * The model's histories as a test of the checkers: each is judged by everything that can tell whether a history is
 * linearizable, and all that answer must say the same. Nobody's verdict is taken for the truth; a disagreement is a bug
 * in one of them, and names the history. The explorer's own verdict is one of them: if it found the clients' history
 * always linearizable, no history may be refuted.
 *
 *     search        the search over orders, alone
 *     monitors      what decides this object's special histories outright (several; those that do not apply are silent)
 *     explanations  the set of all explanations, op by op, that the explorer carries along with a state
 *     brute force   the definition, for histories of at most nine operations
 */
export interface Witness {
  readonly name: string;
  /** True: linearizable; undefined: it cannot tell of such a history. */
  judge(history: History, spec: SequentialSpec): boolean | undefined;
}

export interface Agreement {
  /** Histories that were judged, and how many the model has. */
  readonly histories: number;
  readonly of: number;
  readonly refuted: number;
  /** Those that could tell of some history, and of how many. */
  readonly witnesses: readonly { readonly name: string; readonly judged: number }[];
  /** The first history of which two say different things. */
  readonly disagreement?: { readonly history: string; readonly linearizable: readonly string[]; readonly not: readonly string[] };
}

/** Judges the histories of runs that have ended first, then the others, `historiesMax` in all. */
export function agreementOf(about: {
  readonly exploration: Pick<Exploration, "complete" | "discoveries"> & { readonly outcomes: Outcomes };
  readonly spec: SequentialSpec;
  readonly historiesMax: number;
  readonly witnesses?: readonly Witness[];
}): Agreement {
  const { exploration, spec, witnesses = defaultWitnesses } = about;
  const { all, terminal } = exploration.outcomes;
  const judged = new Map<string, number>();
  const proved = exploration.complete && !exploration.discoveries.some(({ property }) => property === "linearizable");
  let histories = 0;
  let refuted = 0;
  let disagreement: Agreement["disagreement"];
  for (const text of [...terminal, ...[...all].filter((one) => !terminal.has(one))]) {
    if (histories === about.historiesMax || disagreement !== undefined) break;
    histories++;
    const history = historyOfCanonical(text);
    const said = witnesses.map(({ name, judge }) => ({ name, linearizable: judge(history, spec) })).filter(({ linearizable }) => linearizable !== undefined);
    for (const { name } of said) judged.set(name, (judged.get(name) ?? 0) + 1);
    const voices = proved ? [...said, { name: "explorer", linearizable: true }] : said;
    const not = voices.filter(({ linearizable }) => linearizable === false).map(({ name }) => name);
    if (not.length > 0) refuted++;
    if (not.length > 0 && not.length < voices.length) disagreement = { history: text, linearizable: voices.flatMap(({ name, linearizable }) => (linearizable === true ? [name] : [])), not };
  }
  return {
    histories,
    of: all.size,
    refuted,
    witnesses: [...judged].map(([name, count]) => ({ name, judged: count })),
    ...(disagreement === undefined ? {} : { disagreement }),
  };
}

/** `1,147 histories, 4 checkers, all agree (0 are not linearizable)` */
export function agreementSentence({ histories, of, refuted, witnesses, disagreement }: Agreement): string {
  if (disagreement !== undefined) return `the checkers disagree on the history ${disagreement.history}: linearizable by ${disagreement.linearizable.join(", ")}, not by ${disagreement.not.join(", ")}`;
  const judged = histories === of ? `${of.toLocaleString("en")} histories` : `${histories.toLocaleString("en")} of ${of.toLocaleString("en")} histories`;
  return `${judged}, ${witnesses.length} checkers, all agree (${refuted.toLocaleString("en")} ${refuted === 1 ? "is" : "are"} not linearizable)`;
}

const bruteForceMax = 9;
/** Configurations of one search; histories of a model have a handful of operations. */
const searchMax = 1_000_000;

export const defaultWitnesses: readonly Witness[] = [
  {
    name: "search",
    judge(history, spec) {
      const outcomes = partsOf(history, spec).map((part) => search(part, steps(searchMax)).outcome);
      if (outcomes.includes("not-linearizable")) return false;
      return outcomes.includes("unknown") ? undefined : true;
    },
  },
  ...monitors.map(
    (monitor): Witness => ({
      name: monitor.name,
      judge(history, spec) {
        const answers = partsOf(history, spec).map((part) => monitor.judge(part)?.linearizable);
        if (answers.includes(false)) return false;
        return answers.length === 0 || answers.includes(undefined) ? undefined : true;
      },
    }),
  ),
  {
    name: "explanations",
    judge(history, spec) {
      let monitor = linearizabilityMonitor(spec);
      for (const op of history) monitor = op.type === "invoke" ? monitor.invoke(op.process, op) : monitor.return(op.process, op.value);
      return monitor.linearizable;
    },
  },
  { name: "brute force", judge: (history, spec) => (history.operationCount > bruteForceMax ? undefined : linearizableByBruteForce(history, spec)) },
];
