import type { History } from "../../harness/history.ts";
import { canonicalJson, isArray, isObject, type Json } from "../../harness/json.ts";
import type { WatchEvent, WatchRequest, WatchResponse } from "../../harness/objects/watch.ts";
import { type Finding, finding } from "./finding.ts";

/** A watch of the history: what was asked for and what came. Companions are watches of their own. */
export interface Watched {
  /** `Op.index` of the completion. */
  readonly op: number;
  readonly request: WatchRequest;
  readonly responses: readonly WatchResponse[];
}

/** A change that took place: told by a watch, or by the answer to its write. */
export interface Change {
  readonly revision: number;
  readonly key: string;
  /** Null for a delete. */
  readonly value: Json;
  /** `Op.index` of who told it first. */
  readonly op: number;
}

/**
 * What happened, put together from everything that was told: the answers of writes and the events of all watches. Two that
 * tell different things of one key at one revision cannot both be right.
 */
export interface EventLog {
  /** By revision, then by key. */
  readonly changes: ReadonlyMap<number, ReadonlyMap<string, Change>>;
  /** Revisions in the log, ascending. */
  readonly revisions: readonly number[];
  readonly watches: readonly Watched[];
  /** What is wrong with the telling itself: `inconsistent`, `unexpected`, `refused-yet-seen`. */
  readonly findings: readonly Finding[];
}

/** O(ops + events). */
export function eventLogOf(history: History): EventLog {
  const changes = new Map<number, Map<string, Change>>();
  const findings: Finding[] = [];
  const watches: Watched[] = [];
  const deletes: Change[] = [];
  /** By value: whether some write of it may have happened. */
  const written = new Map<string, "possible" | "refused">();

  const tell = (change: Change): void => {
    let keys = changes.get(change.revision);
    if (keys === undefined) changes.set(change.revision, (keys = new Map()));
    const known = keys.get(change.key);
    if (known === undefined) keys.set(change.key, change);
    else if (canonicalJson(known.value) !== canonicalJson(change.value)) {
      findings.push(finding("inconsistent", [known.op, change.op], `revision ${change.revision} of ${change.key} is ${JSON.stringify(known.value)} to op ${known.op} and ${JSON.stringify(change.value)} to op ${change.op}`));
    }
  };

  for (const { invocation, completion } of history.operations()) {
    if (invocation.f === "commit") {
      for (const [key, value] of pairsOf(invocation.value)) {
        const name = canonicalJson([key, value]);
        if (completion?.type !== "fail") written.set(name, "possible");
        else if (!written.has(name)) written.set(name, "refused");
        const revision = completion?.type === "ok" && isObject(completion.value) ? completion.value["revision"] : undefined;
        if (typeof revision !== "number") continue;
        if (value === null) deletes.push({ revision, key, value, op: completion!.index });
        else tell({ revision, key, value, op: completion!.index });
      }
    } else if (invocation.f === "watch" && completion?.type === "ok") {
      const asked = invocation.value as unknown as WatchRequest;
      const from = isObject(completion.value) ? completion.value["from"] : undefined;
      const request = typeof from === "number" ? { ...asked, from } : asked;
      for (const responses of answersOf(completion.value)) watches.push({ op: completion.index, request, responses });
    }
  }
  for (const { op, responses } of watches) {
    for (const event of responses.flatMap(({ events }) => events)) {
      tell({ revision: event.revision, key: event.key, value: event.value, op });
      const wrote = written.get(canonicalJson([event.key, event.value]));
      if (wrote === "possible") continue;
      const name = wrote === undefined ? "unexpected" : "refused-yet-seen";
      findings.push(finding(name, [op], `op ${op} was told ${described(event)}, ${wrote === undefined ? "which nobody wrote" : "whose write had been refused with `fail`"}`));
    }
  }
  for (const change of effective(deletes, changes)) tell(change);
  return { changes, revisions: [...changes.keys()].sort((a, b) => a - b), watches, findings };
}

/** Acknowledged deletes of keys that surely were there: deleting another changes nothing and is told to nobody. */
function effective(deletes: readonly Change[], changes: ReadonlyMap<number, ReadonlyMap<string, Change>>): readonly Change[] {
  const byRevision = Map.groupBy(deletes, ({ revision }) => revision);
  const revisions = [...new Set([...changes.keys(), ...byRevision.keys()])].sort((a, b) => a - b);
  const there = new Set<string>();
  const found: Change[] = [];
  let before = -1;
  for (const revision of revisions) {
    // An unknown write lies between: it may have deleted anything.
    if (revision !== before + 1) there.clear();
    before = revision;
    const told = changes.get(revision);
    for (const change of byRevision.get(revision) ?? []) {
      if (!there.has(change.key) || told?.has(change.key) === true) continue;
      found.push(change);
      there.delete(change.key);
    }
    for (const { key, value } of told?.values() ?? []) {
      if (value === null) there.delete(key);
      else there.add(key);
    }
  }
  return found;
}

/** `put k 3 (revision 7)`. */
export function described(event: WatchEvent): string {
  return `${event.type} ${event.key}${event.type === "delete" ? "" : ` ${JSON.stringify(event.value)}`} (revision ${event.revision})`;
}

function pairsOf(value: Json): (readonly [string, Json])[] {
  if (!isArray(value)) return [];
  return value.flatMap((pair) => (isArray(pair) && typeof pair[0] === "string" && pair[1] !== undefined ? [[pair[0], pair[1]] as const] : []));
}

/** What the watch was told, and each of its companions. */
function answersOf(value: Json): readonly (readonly WatchResponse[])[] {
  if (!isObject(value)) return [[]];
  const companions = value["companions"];
  return [value["responses"], ...(companions !== undefined && isArray(companions) ? companions : [])].map(responsesOf);
}

function responsesOf(responses: Json | undefined): readonly WatchResponse[] {
  // The client that recorded it keeps the shape; a checker of its answers has nothing to compare them with.
  return responses !== undefined && isArray(responses) ? (responses as unknown as readonly WatchResponse[]) : [];
}
