import type { ActorId, OperationId } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import type { Log, Request } from "./log.ts";

/** What a server of Raft keeps and says: the paper's figure 2, in its names. Indices begin at 1; `nextIndex` and `matchIndex` are by server. */
export type RaftDurable = { readonly term: number; readonly votedFor: ActorId | null; readonly log: Log };
export type RaftState = RaftDurable & {
  readonly role: Role;
  readonly commitIndex: number;
  /** The state machine after entries 1 … commitIndex. */
  readonly applied: Json;
  /** Requests that wait for a leader to be known, oldest first. */
  readonly queued: readonly Request[];
  /** Operations of clients here that were handed to a leader and are not answered yet. */
  readonly asked: readonly OperationId[];
};
/** What is on disk, and in memory too where a system begins in the middle of a term: what is committed then has changed nothing (reads). */
export type RaftBeginning = RaftDurable & Partial<Pick<RaftState, "role" | "commitIndex">>;
export type Role =
  | { readonly name: "follower"; readonly leader: ActorId | null }
  | { readonly name: "candidate"; readonly votes: readonly ActorId[] }
  | { readonly name: "leader"; readonly nextIndex: readonly number[]; readonly matchIndex: readonly number[] };

export type RaftMessage =
  | { readonly type: "requestVote"; readonly term: number; readonly lastLogIndex: number; readonly lastLogTerm: number }
  | { readonly type: "vote"; readonly term: number; readonly granted: boolean }
  | { readonly type: "append"; readonly term: number; readonly prevLogIndex: number; readonly prevLogTerm: number; readonly entries: Log; readonly leaderCommit: number }
  | { readonly type: "appended"; readonly term: number; readonly success: boolean; readonly matchIndex: number }
  | { readonly type: "ask"; readonly request: Request }
  | { readonly type: "answer"; readonly operation: OperationId; readonly value: Json };
export type RaftTimer = "election" | "heartbeat";
