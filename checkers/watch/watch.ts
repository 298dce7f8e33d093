import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import { eventLogOf } from "./event-log.ts";
import { type Finding, watchProperties } from "./finding.ts";
import { judgeStates } from "./states.ts";
import { judgeStream } from "./streams.ts";

/**
 * Whether watches told the truth: every stream beside the log that is put together from all answers and all streams. The
 * properties are those that etcd documents for its watch API (ordered, unique, atomic, resumable, bookmarkable), and those
 * that its own robustness tests add (reliable, prev-kv, is-create, filter).
 *
  *     commit → {revision 5}         log   3: a=1   4: b=2   5: a=3, c=4
 *     watch from 3 →                      [3: a=1] [5: a=3, c=4] progress 5      4 is missing: not reliable
 *
 * What no watch told and no write was told is not in the log: a loss that is the same for everybody stays unseen, except
 * for writes that were acknowledged.
 */
export function checkWatch(history: History): Verdict {
  const log = eventLogOf(history);
  const findings = [...log.findings, ...log.watches.flatMap((watch) => judgeStream(watch, log)), ...judgeStates(log)];
  const events = log.watches.reduce((sum, { responses }) => sum + responses.reduce((count, response) => count + response.events.length, 0), 0);
  const broken = watchProperties.map((property) => findings.filter((one) => one.property === property)).filter((list) => list.length > 0);
  const details = {
    watches: log.watches.length,
    events,
    revisions: log.revisions.length,
    unseenRevisions: log.revisions.length === 0 ? 0 : log.revisions.at(-1)! - log.revisions[0]! + 1 - log.revisions.length,
    broken: Object.fromEntries(broken.map((list) => [list[0]!.property, list.length])),
  };
  const [first, ...others] = broken.map(anomalyOf);
  if (first !== undefined) return { verdict: "invalid", checker: "watch", anomalies: [first, ...others], details };
  if (events === 0) return { verdict: "unknown", checker: "watch", reason: "no watch was told any event", details };
  return { verdict: "valid", checker: "watch", details };
}

/** The same as a checker for runs. */
export const watch: Checker = {
  name: "watch",
  summary: "watches tell every change once, in order and in one piece, with the right state before it",
  check: (history) => Promise.resolve().then(() => checkWatch(history)),
};

/** So many findings of a property are told in words. */
const toldMax = 5;

function anomalyOf(findings: readonly Finding[]): Anomaly {
  const told = findings.slice(0, toldMax);
  const more = findings.length - told.length;
  return {
    name: findings[0]!.property,
    operations: [...new Set(told.flatMap(({ operations }) => operations))].sort((a, b) => a - b),
    explanation: `${told.map(({ text }) => text).join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    details: { count: findings.length },
  };
}
