import type { ActorId, OperationId } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";

/** What a server of Zab keeps and says, in the paper's words where it has them. */
export type ZabDurable = {
  /** The last epoch that it has promised to follow (acceptedEpoch). */
  readonly promised: number;
  /** The epoch whose leader's history it has taken over (currentEpoch). */
  readonly epoch: number;
  readonly history: History;
};
/** Transactions 1, 2, 3 …, in the order in which they are delivered. */
export type History = readonly Transaction[];
export type Transaction = { readonly epoch: number; readonly request: Request };
/** What a client asked, and the server that it asked. */
export type Request = { readonly operation: OperationId; readonly door: ActorId; readonly call: { readonly f: string; readonly value: Json } };

export type ZabState = ZabDurable & {
  readonly role: Role;
  /** The history is in memory only. */
  readonly unwritten: boolean;
  readonly delivered: number;
  /** The register after transactions 1 … delivered. */
  readonly applied: Json;
  /** Requests that wait for an established leader, oldest first. */
  readonly queued: readonly Request[];
  /** Operations of clients here that are not answered yet. */
  readonly asked: readonly OperationId[];
};
export type Role =
  | { readonly name: "looking" }
  | { readonly name: "following"; readonly leader: ActorId }
  /** Phase 1: who has promised the epoch, with what they hold. */
  | { readonly name: "discovering"; readonly promises: readonly Promised[] }
  /** Phases 2 and 3. `followers` have promised the epoch; `held`, by server: how much of the history each is known to hold, -1 before it has taken it over. */
  | { readonly name: "leading"; readonly held: readonly number[]; readonly followers: readonly ActorId[]; readonly established: boolean };
export type Promised = { readonly from: ActorId; readonly epoch: number; readonly history: History };

export type ZabMessage =
  | { readonly type: "newEpoch"; readonly epoch: number }
  | { readonly type: "promise"; readonly epoch: number; readonly current: number; readonly history: History }
  | { readonly type: "newLeader"; readonly epoch: number; readonly history: History }
  | { readonly type: "propose"; readonly epoch: number; readonly index: number; readonly transaction: Transaction }
  /** The first `index` transactions of the epoch's history are held. */
  | { readonly type: "ack"; readonly epoch: number; readonly index: number }
  /** The first `index` are committed. */
  | { readonly type: "commit"; readonly epoch: number; readonly index: number }
  /** The same again, as the leader's sign of life; followers give theirs. */
  | { readonly type: "beat"; readonly epoch: number; readonly index: number }
  | { readonly type: "ask"; readonly request: Request }
  | { readonly type: "answer"; readonly operation: OperationId; readonly value: Json };
export type ZabTimer = "look" | "beat" | "write";
