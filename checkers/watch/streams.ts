import type { WatchEvent, WatchRequest } from "../../harness/objects/watch.ts";
import { described, type EventLog, type Watched } from "./event-log.ts";
import { type Finding, finding } from "./finding.ts";

/**
 * What can be seen in one watch's stream alone, and what it lacks beside the log of everything that was told:
 *
 *     ordered        revisions never go back
 *     unique         no event comes twice
 *     atomic         the events of one revision come in one piece
 *     filter         nothing comes that was not asked for
 *     resumable      nothing is missing between the revision that was asked for and the first event
 *     reliable       nothing is missing between the first event and the last
 *     bookmarkable   a notification of progress comes after everything up to its revision
 *
 * One finding of a kind and watch: the first. O(events + revisions of the log) a watch.
 */
export function judgeStream(watch: Watched, log: EventLog): readonly Finding[] {
  return [...ownFindings(watch), ...missing(watch, log)];
}

/** Whether the watch asked for the event. */
function wanted(request: WatchRequest, event: Pick<WatchEvent, "revision" | "key" | "type">): boolean {
  return event.revision >= request.from && event.key.startsWith(request.prefix ?? "") && request.without?.includes(event.type) !== true;
}

function ownFindings({ op, request, responses }: Watched): Finding[] {
  const first = new Map<Finding["property"], Finding>();
  const note = (property: Finding["property"], text: string): void => {
    if (!first.has(property)) first.set(property, finding(property, [op], text));
  };
  let last = 0;
  let lastPiece = -1;
  let told = 0;
  const seen = new Set<string>();
  for (const [piece, { revision, events }] of responses.entries()) {
    for (const event of events) {
      const name = `${event.revision} ${event.key}`;
      if (event.revision < last) note("ordered", `op ${op} was told ${described(event)} after revision ${last}`);
      else if (event.revision === last && piece !== lastPiece && !seen.has(name)) note("atomic", `op ${op} was told ${described(event)} apart from the other events of its revision`);
      if (seen.has(name)) note("unique", `op ${op} was told ${described(event)} twice`);
      if (event.revision <= told) note("bookmarkable", `op ${op} was told ${described(event)} after a notification that everything up to revision ${told} had been told`);
      if (!wanted(request, event)) note("filter", `op ${op} was told ${described(event)}, which it had not asked for`);
      seen.add(name);
      last = Math.max(last, event.revision);
      lastPiece = piece;
    }
    if (events.length === 0) told = Math.max(told, revision);
  }
  return [...first.values()];
}

/** Events of the log that the watch should have had by its last word. */
function missing({ op, request, responses }: Watched, log: EventLog): Finding[] {
  const events = responses.flatMap((response) => response.events);
  const got = new Set(events.map(({ revision, key }) => `${revision} ${key}`));
  const revisions = events.map(({ revision }) => revision);
  const firstEvent = revisions.reduce((least, revision) => Math.min(least, revision), Number.POSITIVE_INFINITY);
  const lastEvent = revisions.reduce((most, revision) => Math.max(most, revision), 0);
  const progress = responses.reduce((most, { revision, events: piece }) => (piece.length === 0 ? Math.max(most, revision) : most), 0);
  // A watch from now on begins at a revision that it never told.
  const from = request.from > 0 ? request.from : firstEvent;
  const found = new Map<Finding["property"], Finding>();
  for (const revision of log.revisions) {
    if (revision < from || revision > Math.max(lastEvent, progress)) continue;
    for (const change of log.changes.get(revision)!.values()) {
      const event: WatchEvent = { ...change, type: change.value === null ? "delete" : "put" };
      if (got.has(`${revision} ${change.key}`) || !wanted(request, event)) continue;
      const property = revision > lastEvent ? "bookmarkable" : revision < firstEvent ? "resumable" : "reliable";
      if (found.has(property)) continue;
      const until = property === "bookmarkable" ? `a notification of revision ${progress}` : property === "resumable" ? `the first event, of revision ${firstEvent}` : `an event of revision ${lastEvent}`;
      found.set(property, finding(property, [op, change.op], `op ${op}, a watch from revision ${request.from}, was not told ${described(event)}, which op ${change.op} knows of, and was told ${until}`));
    }
  }
  return [...found.values()];
}
