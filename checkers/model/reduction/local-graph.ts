import type { Json } from "../../../harness/json.ts";

/**
 * What reductions are decided on: per party, its local states and the transitions between them, as far as they are known.
 * `code` is an event's, as in memo.ts.
 */
export interface LocalGraph {
  readonly localCount: number;
  readonly envelopeCount: number;
  readonly partyOf: Int32Array;
  readonly receiverOf: Int32Array;
  /** Local transitions: from, event code, to, and the list of clients' events (0: none). */
  readonly transitions: readonly GraphTransition[];
  /** Event code of an envelope's delivery. */
  deliveryOf(envelope: number): number;
  /** Row of a transition that was met; -1 if the event was met and ignored or cannot happen; undefined if it never met. */
  row(local: number, code: number): number | undefined;
  /** Whether the event would do something there; never met, so asked of the handler. */
  probe(local: number, envelope: number): boolean;
  /** The number of a local state among all that were thought of, met or not. */
  stateOf(local: number): number;
  /** The local state that was met, if this one was. */
  localOf(state: number): number | undefined;
  /** What an event does to a state, met or not; undefined: nothing. */
  effect(state: number, code: number): GraphEffect | "unknown" | undefined;
  /** Whether a message, sent or only thought of, would do something to a local state of its receiver. */
  answerReacts(local: number, answer: GraphSend): boolean;
  /** Whether a property looks at the message. */
  watched(envelope: number): boolean;
  /** Order on a link matters. */
  readonly fifo: boolean;
  /** What is ignored is used up. */
  readonly consumes: boolean;
}
export interface GraphTransition {
  readonly from: number;
  readonly code: number;
  readonly to: number;
  readonly events: number;
}

export interface GraphEffect {
  readonly to: number;
  readonly sends: readonly GraphSend[];
  /** What clients see of it, as text. */
  readonly events: string;
  /** Clients or a property can see it. */
  readonly visible: boolean;
}

export interface GraphSend {
  readonly receiver: number;
  /** The envelope's content. */
  readonly key: string;
  readonly from: number;
  readonly message: Json;
}

/** Whether the receiver, in that local state, does something with the envelope: known, or asked of its handler. */
export function reacts(graph: LocalGraph, local: number, envelope: number): boolean {
  const row = graph.row(local, graph.deliveryOf(envelope));
  return row === undefined ? graph.probe(local, envelope) : row >= 0;
}
