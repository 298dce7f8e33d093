import type { ActorId, OperationId } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";

/**
 * Raft's log, with the paper's numbering: entries have indices 1, 2, 3 …; index 0 is the empty log's, in term 0.
 */
export type Log = readonly Entry[];
export type Entry = { readonly term: number; readonly request: Request };
/** What a client asked, and the server that it asked: the door through which the answer goes back. */
export type Request = { readonly operation: OperationId; readonly door: ActorId; readonly call: { readonly f: string; readonly value: Json } };

/** What a leader asks itself, and nobody waits for: a read, so that nothing follows from it. */
export function opening(term: number, leader: ActorId): Request {
  return { operation: `opening.${term}`, door: leader, call: { f: "read", value: null } };
}

export function lastIndex(log: Log): number {
  return log.length;
}

/** The term of the entry at `index`; 0 for index 0, and undefined beyond the end. */
export function termAt(log: Log, index: number): number | undefined {
  return index === 0 ? 0 : log[index - 1]?.term;
}

export function lastTerm(log: Log): number {
  return termAt(log, lastIndex(log))!;
}

/** §5.4.1: the log with the later last term is more up-to-date; with equal last terms, the longer one. */
export function isUpToDate(candidate: { readonly lastLogIndex: number; readonly lastLogTerm: number }, log: Log): boolean {
  return candidate.lastLogTerm > lastTerm(log) || (candidate.lastLogTerm === lastTerm(log) && candidate.lastLogIndex >= lastIndex(log));
}

/**
 * §5.3: the log after the leader's `entries`, which follow `prevLogIndex`. Only an entry that conflicts (same index,
 * another term) is deleted, with all that follow it: a message that was overtaken may bring less than the log has, and
 * what it lacks may be committed. The same log, by reference, when nothing is new.
 */
export function withEntries(log: Log, prevLogIndex: number, entries: Log): Log {
  const conflict = entries.findIndex((entry, i) => termAt(log, prevLogIndex + 1 + i) !== entry.term);
  return conflict < 0 ? log : [...log.slice(0, prevLogIndex + conflict), ...entries.slice(conflict)];
}
