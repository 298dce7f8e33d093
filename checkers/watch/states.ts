import { equalJson, type Json } from "../../harness/json.ts";
import type { WatchEvent } from "../../harness/objects/watch.ts";
import { described, type EventLog } from "./event-log.ts";
import { type Finding, finding } from "./finding.ts";

/**
 * What an event says of the state before it, against that state as the log gives it:
 *
 *     prev-kv      the previous value is the value before
 *     is-create    a key is created exactly if it was not there
 *
 * Revisions follow one another without gaps. Where the log has a gap, an unknown write happened, and the keys whose value it
 * may have changed are unknown until they are told again; nothing is judged by an unknown value. Needs the log from the
 * beginning, or from where each key was first told. O(events + revisions × keys at gaps).
 */
export function judgeStates(log: EventLog): readonly Finding[] {
  const findings: Finding[] = [];
  const reported = new Set<string>();
  const eventsBy = new Map<number, { readonly op: number; readonly event: WatchEvent }[]>();
  for (const { op, responses } of log.watches) {
    for (const event of responses.flatMap(({ events }) => events)) {
      const list = eventsBy.get(event.revision);
      if (list === undefined) eventsBy.set(event.revision, [{ op, event }]);
      else list.push({ op, event });
    }
  }
  /** Value by key, null for a deleted one; a key that is not in it is unknown. */
  let state = new Map<string, Json>();
  let before = -1;
  for (const revision of log.revisions) {
    if (before >= 0 && revision !== before + 1) state = new Map();
    for (const { op, event } of eventsBy.get(revision) ?? []) {
      const value = state.get(event.key);
      if (value === undefined) continue;
      const report = (property: Finding["property"], text: string): void => {
        if (reported.has(`${property} ${op}`)) return;
        reported.add(`${property} ${op}`);
        findings.push(finding(property, [op], text));
      };
      if (event.previous !== undefined && !equalJson(event.previous, value)) report("prev-kv", `op ${op} was told ${described(event)} over ${JSON.stringify(event.previous)}, and it was over ${JSON.stringify(value)}`);
      if (event.created !== undefined && event.type === "put" && event.created !== (value === null)) {
        report("is-create", `op ${op} was told that ${described(event)} ${event.created ? "created" : "did not create"} the key, which ${value === null ? "was not there" : `held ${JSON.stringify(value)}`}`);
      }
    }
    for (const { key, value } of log.changes.get(revision)!.values()) state.set(key, value);
    before = revision;
  }
  return findings;
}
