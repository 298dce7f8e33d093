import type { DiskKind } from "./disk.ts";
import type { Json } from "./json.ts";
import type { Call } from "./op.ts";
import type { OptionSpec, Settings } from "./options.ts";
import type { SequentialSpec } from "./spec.ts";

/**
 * An actor is one node's code, written once: the model checker explores it, the simulator runs it in virtual time,
 * and the deployment runs it as a process that talks over TCP. So it is pure: plain JSON state in, plain JSON state
 * out, every effect through `Out`; no clock, no chance, no I/O. The same reference returned and nothing output
 * means "ignored" (a no-op).
 *
 *     client 3 --call--> [ node 0 ] --send--> [ node 1 ]
 *              <-reply-    state       timer ⟲    state
 */
export interface Actor<State extends Json = Json, Message extends Json = Json, Timer extends Json = Json, Choice extends Json = Json, Durable extends Json = Json> {
  readonly kind: string;
  /** First start (`durable` null) and restart after a crash (what was saved last, or null). */
  start(self: ActorContext, durable: Durable | null, out: Out<Message, Timer, Choice, Durable>): State;
  onMessage(self: ActorContext, state: State, from: ActorId, message: Message, out: Out<Message, Timer, Choice, Durable>): State;
  /** A timer that was set has fired; it is no longer set. */
  onTimer?(self: ActorContext, state: State, timer: Timer, out: Out<Message, Timer, Choice, Durable>): State;
  /** One of the offered options was taken. */
  onChoice?(self: ActorContext, state: State, key: string, choice: Choice, out: Out<Message, Timer, Choice, Durable>): State;
  /** A client's call arrived. Answer it, now or later, by `out.reply` with the same `operation`. */
  onClient?(self: ActorContext, state: State, operation: OperationId, call: Call, out: Out<Message, Timer, Choice, Durable>): State;
}

/** Index of an actor: servers 0 … servers-1; deployed, actor i is node `n${i+1}`. */
export type ActorId = number;
/** Names one client operation for ever: `c<client>.<number>`, unique within a run. */
export type OperationId = string;

export interface ActorContext {
  readonly id: ActorId;
  /** All servers' ids but its own, ascending. */
  readonly peers: readonly ActorId[];
  /** Number of servers. */
  readonly servers: number;
}

/** The only way out of an actor. Effects take place in the order in which they are called. */
export interface Out<Message extends Json = Json, Timer extends Json = Json, Choice extends Json = Json, Durable extends Json = Json> {
  send(to: ActorId, message: Message): void;
  /** Sets a timer; setting it again while set is idempotent. `afterMs` = [least, most]; models ignore the duration. */
  setTimer(timer: Timer, afterMs: readonly [number, number]): void;
  cancelTimer(timer: Timer): void;
  /** Offers options: the model branches, the simulator draws from its seed, a deployed node draws and logs. */
  choose(key: string, options: readonly Choice[]): void;
  /** Durable from here: a deployed node has it on disk (fsync) before any later effect leaves. Replaces what was saved. */
  save(durable: Durable): void;
  /** Completes a client's operation: the only source of `ok` returns in a history. */
  reply(operation: OperationId, value: Json): void;
}

/** One system, for all three witnesses. */
export interface System {
  readonly name: string;
  /** Number of servers; every server runs `actor(id)`. */
  readonly servers: number;
  actor(id: ActorId): Actor;
  /** What clients may expect. */
  readonly spec: SequentialSpec;
  /** The bounds of exhaustive exploration; a comparison's rounds play exactly `clients`. */
  readonly model: ModelBounds;
  readonly properties: readonly SystemProperty[];
  /** What must come to pass in the end; explored in full only, on stored transitions. */
  readonly liveness?: readonly LivenessProperty[];
}

/** A client's script: calls one after the other; the next starts when the one before has returned. */
export type ClientScript = readonly ScriptedCall[];
export interface ScriptedCall {
  /** The server that is asked. */
  readonly node: ActorId;
  readonly call: Call;
}

/** Budgets, not booleans: everything that makes the state space grow is counted. */
export interface ModelBounds {
  readonly clients: readonly ClientScript[];
  readonly network: {
    /** `fifo`: one queue per directed link, as TCP gives; `any`: every message in flight may be next. */
    readonly order: "fifo" | "any";
    /** How many messages may be lost in all. */
    readonly losses: number;
    /** How many messages may be delivered twice in all. */
    readonly duplicates: number;
    /** What happens to a message that the receiver ignores: real processes consume it. */
    readonly noop: "consume" | "keep";
  };
  /** How many crashes and recoveries may happen in all; what was not saved is lost, queues to and from the node too. */
  readonly faults: {
    readonly crashes: number;
    readonly recoveries: number;
    /** How many partitions between servers may come in all, one at a time, each healed at any later moment or never (cuts.ts); default 0. */
    readonly partitions?: number;
    /** How many writes may be lost in crashes in all, on such a disk (disk.ts; default `lies`); default 0. */
    readonly lostWrites?: number;
    readonly disk?: DiskKind;
  };
  /**
   * How far clocks' rates can be from real time's (0 … 1): timers then fire when their durations allow it (timer-zone.ts).
   * Undefined: any timer that is set may fire at any moment, whatever its duration.
   */
  readonly clocks?: { readonly driftRatio: number };
  /** How often timers may fire in all. */
  readonly timerFirings: number;
  /** Stop after that many unique states: the account is then a lower bound and says so. */
  readonly statesMax: number;
}

/** A property over what a global state shows; `always` must hold everywhere, `sometimes` somewhere. */
export interface SystemProperty {
  readonly name: string;
  readonly kind: "always" | "sometimes";
  /** `actors`: over the servers' states. Linearizability of the clients' history is built in. */
  readonly on: "actors";
  test(states: readonly Json[]): boolean;
}

/**
 * Whenever `from` holds (default: at the start), `to` holds then or later. `fair`: no party that can always act is put
 * off for ever (weak fairness); losses, repetitions and crashes are owed by nobody. A party that is down shows as null.
 */
export interface LivenessProperty {
  readonly name: string;
  readonly kind: "leadsTo";
  readonly fair: boolean;
  from?(state: { readonly servers: readonly Json[]; readonly clients: readonly Json[] }): boolean;
  to(state: { readonly servers: readonly Json[]; readonly clients: readonly Json[] }): boolean;
}

/** What the registry of systems holds: options in, `System` out. A child process makes the same system from name and settings. */
export interface SystemDefinition {
  readonly name: string;
  /** One line for `rashomon list systems`. */
  readonly summary: string;
  /** `product` keeps its promise; `twin` has a named bug; `fixture` is explored only, never deployed. */
  readonly role: "product" | "twin" | "fixture";
  /** For a twin: the product it is the twin of, and the bug in one line. */
  readonly twinOf?: string;
  readonly bug?: string;
  readonly options: readonly OptionSpec[];
  /** Names of the workloads whose calls its actors answer; undefined: the register's. Empty: it plays its model's scripts in rounds only. */
  readonly workloads?: readonly string[];
  make(settings: Settings): System;
}
