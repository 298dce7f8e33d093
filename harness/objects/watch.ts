import type { Json } from "../json.ts";
import type { Call } from "../op.ts";

/**
 * A store whose changes can be watched, as etcd's or Kubernetes'. Every write has a revision, one more than the one before;
 * a watch tells all changes from a revision on, in pieces, with notifications of progress between them:
 *
 *     commit [[k, v] …]   v null deletes; all at one revision → {revision}
 *     watch {from, …}     → {from, responses}: what came until the watch was ended, in the order in which it came, and
 *                           the revision that was really asked for, where the call named it by an offset only
 *     compact offset      → {revision}: forgets the history before it; a watch from there is refused
 */
export const commit = (changes: readonly (readonly [key: string, value: Json])[]): Call => ({ f: "commit", value: changes });
/** `offset` is relative to the newest revision that the client knows. */
export const compact = (offset: number): Call => ({ f: "compact", value: offset });
export const watchFrom = (request: WatchRequest): Call => ({ f: "watch", value: request });

export type WatchRequest = {
  /** First revision that is wanted; 0: from now on. */
  readonly from: number;
  /** Instead: relative to the newest revision that the client knows; the answer's `from` says what became of it. */
  readonly offset?: number;
  /** Instead: the revision at which this client compacted last, the oldest that may be asked for; as `offset` 0 before it did. */
  readonly atCompaction?: boolean;
  /** How long to listen, ms. */
  readonly forMs?: number;
  /** Ask at once and then so often, ms, how far the watch has been told; absent: listen only. */
  readonly askProgressMs?: number;
  /** So many more watches of the same share its connection and its queue in the store; their responses are `companions` of the answer. Absent: 0. */
  readonly companions?: number;
  /** Only keys that begin so; absent: all. */
  readonly prefix?: string;
  /** Kinds of events that are not wanted. */
  readonly without?: readonly WatchEventType[];
};
export type WatchEventType = "put" | "delete";
export type WatchEvent = {
  readonly revision: number;
  readonly type: WatchEventType;
  readonly key: string;
  /** Null for a delete. */
  readonly value: Json;
  /** The store says that the key was not there before. */
  readonly created?: boolean;
  /** The value before, null for none; absent when it was not asked for. */
  readonly previous?: Json;
};
/** One message of the store. Without events it is a notification of progress: everything up to `revision` has been told. */
export type WatchResponse = { readonly revision: number; readonly events: readonly WatchEvent[] };
