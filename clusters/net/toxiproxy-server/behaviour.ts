import type { Random } from "../../../harness/random.ts";

/**
 * What a toxic does to one direction of one connection, as plain decisions without sockets or timers.
 *
 * A stage holds one token at a time and asks its behaviour what to do with it. The answer is an `Action`; the stage
 * carries it out and asks again until the token is gone. So each toxic is a small state machine that a test can drive
 * with any clock, and interrupting one (update, removal) is the stage's business alone: whatever is left of the held
 * token goes out at once, in order, and nothing is lost.
 *
 *     queue ──► held ──next()──► wait 30 ms ──next()──► pass ──► next stage
 */

/** One piece of a stream on its way: bytes, or the end. `sever` is an end that a toxic made: the whole connection closes. */
export interface Token {
  readonly end: "no" | "eof" | "sever";
  data: Buffer;
  /** Monotonic ms at which the bytes came in; a delay that has been served moves it on, so that two delays add up. */
  arrivedMs: number;
}

export type Action =
  /** All that is held goes on. */
  | { readonly act: "pass" }
  /** The first `bytes` go on (0 to all), the rest stays held. */
  | { readonly act: "slice"; readonly bytes: number }
  /** Ask again at that time, or when interrupted. */
  | { readonly act: "wait"; readonly untilMs: number }
  /** Hold until interrupted. */
  | { readonly act: "block" }
  | { readonly act: "drop" }
  /** The connection ends here: what went on before is delivered, then FIN; what comes later is dropped. */
  | { readonly act: "sever" }
  /** RST to both sides. */
  | { readonly act: "reset" };

export const PASS: Action = { act: "pass" };
export const BLOCK: Action = { act: "block" };
export const DROP: Action = { act: "drop" };
export const SEVER: Action = { act: "sever" };
export const RESET: Action = { act: "reset" };

export interface Behaviour {
  /** `fresh`: the first question about this token. */
  next(held: Token, fresh: boolean, nowMs: number): Action;
  /** The connection is severed after so many ms without a token. */
  readonly silenceMs?: number;
}

export type Attributes = { readonly [name: string]: number };

/** What one behaviour gets: `memory` is the connection's and survives updates of the toxic; `random` is its own stream. */
export interface BehaviourContext {
  readonly random: Random;
  readonly memory: { passedBytes: number };
}

export interface ToxicKind {
  readonly type: string;
  /** Go's name of the struct and of its integer type: they are part of error texts. */
  readonly struct: string;
  readonly integer: "int64" | "int";
  /** In the order of their JSON. */
  readonly attributes: readonly string[];
  /** Tokens that wait behind the held one before the stage pushes back. */
  readonly queueTokensMax: number;
  /** True: a connection that this toxic touched closes when it is removed (its stream has a hole). */
  readonly seversAtRemoval: boolean;
  behave(attributes: Attributes, context: BehaviourContext): Behaviour;
}
