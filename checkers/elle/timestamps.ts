import type { Budget } from "../../harness/budget.ts";
import type { Checker } from "../../harness/checker.ts";
import type { Json } from "../../harness/json.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import { judgeTransactions, vocabularies } from "./elle.ts";
import { sameValue } from "./json-interner.ts";
import type { Values } from "./micro-operations.ts";
import { elleVerdict } from "./report.ts";
import { byTimestamp } from "./timestamps/sort.ts";
import { INFO, keyText, OK, READ, type Transactions, transactionsOf, transactionText, valueText, WRITE } from "./transactions.ts";
import { VersionTable } from "./versions.ts";

/**
 * Databases that tell when a transaction began and committed by their own clock need no search: replay what they claim,
 * and compare (after Chronos, arXiv 2504.01477). The completion's value is then a map instead of a list:
 *
 *     {"type": "ok", "value": {"txn": [["r", "x", 1], ["w", "x", 2]], "start": 17, "commit": 20}}
 *
 * `start` and `commit` are whole numbers of the database's own unit; without `commit` it is the start. What was committed
 * at a start is visible to it. The claim holds if, with the values as they are after all earlier commits,
 *
 *     snapshot-isolation   each transaction reads the state at its start, and nobody else commits a write of a key that it
 *                          writes between its start and its commit
 *     serializable         each transaction reads the state at its commit
 *
 * A claim that holds is a proof: the history is of that level. One that does not is the anomaly `timestamp-mismatch`, for
 * what clients saw and what the database says of itself disagree; the general checker is then asked too, whether what
 * they saw was wrong by itself. O(n + micro-operations + elements read).
 *
 * Where timestamps are missing (of an ok transaction, or of an unfinished one whose write was read), nothing is claimed,
 * and the general checker judges alone. `details.evidence` says what was used: `timestamps`, `observations`, or both.
 */
export type TimestampLevel = "snapshot-isolation" | "serializable";
export const timestampLevels: readonly TimestampLevel[] = ["snapshot-isolation", "serializable"];
export type TimestampWorkload = "list-append" | "rw-register";

/** The checker. Errors as `transactionsOf`. */
export function timestamps(workload: TimestampWorkload, level: TimestampLevel): Checker {
  const name = `timestamps/${workload}`;
  return {
    name,
    summary: `transactions saw what the database's own timestamps say (${level}, ${workload})`,
    check: (history, { budget }) => Promise.resolve(judgeTimestamps(transactionsOf(history, vocabularies[workload]), { workload, level, budget })),
  };
}

/** As the checker, from transactions in columns. */
export function judgeTimestamps(transactions: Transactions, options: { readonly workload: TimestampWorkload; readonly level: TimestampLevel; readonly budget?: Budget }): Verdict {
  const { workload, level, budget } = options;
  const checker = `timestamps/${workload}`;
  const general = (): Verdict => elleVerdict(checker, judgeTransactions(transactions, workload, { models: [level], ...(budget === undefined ? {} : { budget }) }));
  if (!isTold(transactions, workload)) {
    const verdict = general();
    return { ...verdict, details: { ...verdict.details, evidence: "observations" } };
  }
  const mismatches = new Replay(transactions, { workload, level }).run();
  const [first, ...others] = mismatches.kept;
  if (first === undefined) return { verdict: "valid", checker, details: { evidence: "timestamps", transactions: transactions.count } };
  const seen = general();
  const anomalies = seen.verdict === "invalid" ? seen.anomalies : [];
  const types = [...new Set([first, ...anomalies].map(({ name }) => name))].sort();
  const evidence = { evidence: "timestamps and observations", mismatches: mismatches.count, "wrong-by-observation-alone": seen.verdict === "invalid" };
  return { verdict: "invalid", checker, anomalies: [first, ...others, ...anomalies], details: { ...seen.details, "anomaly-types": types, ...evidence } };
}

/** Whether all that took effect, as far as clients saw, has timestamps. */
function isTold(transactions: Transactions, workload: TimestampWorkload): boolean {
  const { count, types, starts, kinds, keys, values, timestamps: stamps } = transactions;
  if (stamps === undefined) return false;
  const untold = new VersionTable();
  for (let t = 0; t < count; t++) {
    if (stamps.commits[t]! >= 0) continue;
    if (types[t] === OK) return false;
    if (types[t] === INFO) for (let at = starts[t]!; at < starts[t + 1]!; at++) if (kinds[at] === WRITE) untold.id(keys[at]!, values.at(at));
  }
  if (untold.count === 0) return true;
  // By key: the list that was last gone through, and how far; reads of a list that grows go through it once.
  const looked = new Map<number, { list: readonly Json[]; length: number }>();
  for (let at = 0; at < values.length; at++) {
    if (kinds[at] !== READ) continue;
    const key = keys[at]!;
    if (workload === "rw-register") {
      if (untold.find(key, values.at(at)) >= 0) return false;
      continue;
    }
    const list = values.sourceOf(at);
    const before = looked.get(key);
    const from = before?.list === list ? before.length : 0;
    const length = values.lengthOf(at);
    for (let i = from; i < length; i++) if (untold.find(key, list[i]!) >= 0) return false;
    looked.set(key, { list, length: Math.max(from, length) });
  }
  return true;
}

/** Mismatches that a verdict carries in full; the rest is counted. */
const keptMax = 8;

/** The database as its timestamps say it ran. */
class Replay {
  readonly #transactions: Transactions;
  readonly #commits: Float64Array;
  readonly #starts: Float64Array;
  readonly #isList: boolean;
  readonly #level: TimestampLevel;
  /** By key: the value now, when it was last committed, and by whom. */
  readonly #state: Json[];
  readonly #changed: Float64Array;
  readonly #changer: Int32Array;
  readonly #kept: Anomaly[] = [];
  #count = 0;

  constructor(transactions: Transactions, options: { readonly workload: TimestampWorkload; readonly level: TimestampLevel }) {
    this.#transactions = transactions;
    this.#commits = transactions.timestamps!.commits;
    this.#starts = transactions.timestamps!.starts;
    this.#isList = options.workload === "list-append";
    this.#level = options.level;
    const keyCount = transactions.keyNames.length;
    this.#state = Array.from({ length: keyCount }, () => (this.#isList ? [] : null));
    this.#changed = new Float64Array(keyCount).fill(-1);
    this.#changer = new Int32Array(keyCount).fill(-1);
  }

  run(): { readonly kept: readonly Anomaly[]; readonly count: number } {
    const { count, types, starts, kinds } = this.#transactions;
    const writes = (t: number): boolean => {
      for (let at = starts[t]!; at < starts[t + 1]!; at++) if (kinds[at] === WRITE) return true;
      return false;
    };
    // Twice the timestamp, so that commits stand before what begins, or only reads, at the same moment.
    const atCommit = this.#level === "serializable";
    const moments = new Float64Array(atCommit ? count : count * 2).fill(-1);
    for (let t = 0; t < count; t++) {
      if (this.#commits[t]! < 0 || (types[t] !== OK && types[t] !== INFO)) continue;
      if (atCommit) moments[t] = this.#commits[t]! * 2 + (writes(t) ? 0 : 1);
      else {
        moments[t] = this.#starts[t]! * 2 + 1;
        if (writes(t)) moments[count + t] = this.#commits[t]! * 2;
      }
    }
    for (const event of byTimestamp(moments)) {
      const t = event % count;
      if (event < count && types[t] === OK) this.#compareReads(t);
      if (atCommit || event >= count) this.#commit(t);
    }
    return { kept: this.#kept, count: this.#count };
  }

  #compareReads(t: number): void {
    const { starts, kinds, keys, values } = this.#transactions;
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      if (kinds[at] !== READ) continue;
      const key = keys[at]!;
      const own: Json[] = [];
      for (let i = starts[t]!; i < at; i++) if (keys[i] === key && kinds[i] === WRITE) own.push(values.at(i));
      const agrees = this.#isList ? isList(values, at, [this.#state[key] as readonly Json[], own]) : sameValue(values.at(at), own.length > 0 ? own[own.length - 1]! : this.#state[key]!);
      if (agrees) continue;
      const expected = this.#isList ? [...(this.#state[key] as readonly Json[]), ...own] : own.length > 0 ? own[own.length - 1]! : this.#state[key]!;
      const moment = this.#level === "serializable" ? `its commit, ${this.#commits[t]!},` : `its start, ${this.#starts[t]!},`;
      this.#mismatch([t, this.#changer[key]!], `it read ${keyText(this.#transactions, key)} as ${valueText(values.at(at))}, but at ${moment} it was ${valueText(expected)} by the timestamps of the commits before`, { expected: valueText(expected), received: valueText(values.at(at)) });
    }
  }

  /** Applies the writes; under snapshot isolation the first committer must have been the only one since the start. */
  #commit(t: number): void {
    const { starts, kinds, keys, values } = this.#transactions;
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      if (kinds[at] !== WRITE) continue;
      const key = keys[at]!;
      const other = this.#changer[key]!;
      if (other >= 0 && other !== t) {
        const name = keyText(this.#transactions, key);
        if (this.#changed[key] === this.#commits[t]) this.#mismatch([t, other], `two transactions that write ${name} have one commit timestamp, ${this.#commits[t]!}`, {});
        else if (this.#level === "snapshot-isolation" && this.#changed[key]! > this.#starts[t]!) this.#mismatch([t, other], `both write ${name}, and the second committed at ${this.#changed[key]!}, between the first's start ${this.#starts[t]!} and its commit ${this.#commits[t]!}`, {});
      }
      this.#changer[key] = t;
      this.#changed[key] = this.#commits[t]!;
      if (this.#isList) (this.#state[key] as Json[]).push(values.at(at));
      else this.#state[key] = values.at(at);
    }
  }

  #mismatch(who: readonly number[], what: string, more: { readonly expected?: string; readonly received?: string }): void {
    if (this.#count++ >= keptMax) return;
    const members = who.filter((t) => t >= 0);
    const { indices } = this.#transactions;
    this.#kept.push({
      name: "timestamp-mismatch",
      operations: members.map((t) => indices[t]!).sort((a, b) => a - b),
      explanation: [what, ...members.map((t) => `op ${indices[t]!}: ${transactionText(this.#transactions, t)}`)].join("\n"),
      ...more,
    });
  }
}

/** Whether the list read at a place is the state followed by one's own appends. */
function isList(values: Values, at: number, [state, own]: readonly [readonly Json[], readonly Json[]]): boolean {
  const list = values.sourceOf(at);
  if (values.lengthOf(at) !== state.length + own.length) return false;
  return state.every((element, i) => sameValue(element, list[i]!)) && own.every((element, i) => sameValue(element, list[state.length + i]!));
}
