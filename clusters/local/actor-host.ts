import { unreachable } from "../../harness/assert.ts";
import type { Actor, ActorContext, ActorId, OperationId } from "../../harness/actor.ts";
import { type ActorInput, runHandler } from "../../harness/actor-step.ts";
import { HarnessError } from "../../harness/errors.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import type { Random } from "../../harness/random.ts";
import { after, type Cancellable } from "../../harness/time.ts";
import type { DurableStore } from "./durable-store.ts";
import { stateHash, type TraceEvent } from "./trace.ts";
import type { RoundCounts } from "./wire.ts";

/**
 * Runs one actor inside a process: one handler at a time, effects in the order in which they were called.
 *
 *     event → handler → [ save | trace line | sends and replies ]
 *                            │        │             │
 *                       append to   append to    wait until the saves before
 *                       the log     the diary    them are on disk, then leave
 *
 * Group commit: while a sync is under way, further handlers run; what they put out waits, in order, for the sync after
 * that. So nothing that depends on a save leaves before the save is durable, and a hundred saves may share a sync.
 * To the world a crash in between looks like a crash before those handlers ran, with their messages lost.
 *
 * Chance comes from the node's seed only: how long a timer runs within its bounds, and which option is chosen.
 */
export class ActorHost {
  readonly #options: ActorHostOptions;
  readonly #timers = new Map<string, Cancellable>();
  readonly #timerRandom: Random;
  readonly #choiceRandom: Random;
  readonly #counts = { sent: 0, handled: 0, timersFired: 0 };
  readonly #clock: number[];
  #state: Json = null;
  #durable: Json = null;
  /** Offered and not yet taken, by key. */
  #choices: { readonly [key: string]: readonly Json[] } = {};
  #hash = "";
  #life: "new" | "running" | "ended" = "new";
  /** What arrived before the start. */
  #early: (() => void)[] = [];

  /** Collected since the last flush. */
  #leaving: (() => void)[] = [];
  #lines = "";
  #unsaved: { readonly value: Json } | undefined;
  #flushPlanned = false;
  #syncing = false;

  constructor(options: ActorHostOptions) {
    this.#options = options;
    this.#clock = Array.from({ length: options.self.servers }, (_, id) => options.clock?.[id] ?? 0);
    this.#timerRandom = options.random.fork("timers");
    this.#choiceRandom = options.random.fork("choices");
  }

  get counts(): RoundCounts {
    return { ...this.#counts };
  }

  get running(): boolean {
    return this.#life === "running";
  }

  /** All that was handled is in the diary and on disk, and has left. */
  get settled(): boolean {
    return !this.#syncing && !this.#flushPlanned;
  }

  start(): void {
    if (this.#life !== "new") return;
    this.#life = "running";
    this.#durable = this.#options.store.load();
    this.#handle({ input: "start" }, { event: "start", in: { durable: this.#durable } });
    const early = this.#early;
    this.#early = [];
    for (const action of early) action();
  }

  message(from: ActorId, frame: { readonly mid: string; readonly clock: readonly number[]; readonly message: Json }): void {
    if (this.#held(() => this.message(from, frame))) return;
    for (let i = 0; i < this.#clock.length; i++) this.#clock[i] = Math.max(this.#clock[i]!, frame.clock[i] ?? 0);
    const { mid, message } = frame;
    this.#handle({ input: "message", from, message }, { event: "deliver", in: { mid, from, message } });
  }

  /** A call that the actor refuses (its handler throws a `HarnessError`: a function that it does not have) changes nothing. */
  call(operation: OperationId, call: Call): void {
    if (this.#held(() => this.call(operation, call))) return;
    const { actor, refuse } = this.#options;
    if (actor.onClient === undefined) return refuse(operation, `actor ${actor.kind} takes no calls`);
    try {
      this.#handle({ input: "client", operation, call }, { event: "call", in: { operation, call } });
    } catch (error) {
      const thrown = error instanceof HarnessError && error.code === "HANDLER_FAILED" ? error.cause : error;
      if (!(thrown instanceof HarnessError)) throw error;
      refuse(operation, thrown.message);
    }
  }

  /** Fires a timer now, whenever it is due; false when it is not set. */
  fire(timer: Json): boolean {
    const key = canonicalJson(timer);
    const armed = this.#timers.get(key);
    if (armed === undefined || !this.running) return false;
    armed.cancel();
    this.#expire(key, timer);
    return true;
  }

  /** Takes an offered option; false when it is not offered. */
  choose(key: string, option: number): boolean {
    const choice = this.#choices[key]?.[option];
    if (choice === undefined || !this.running) return false;
    this.#step({ input: "choice", key, option }, { event: "choice", in: { key, option, choice } });
    return true;
  }

  /** Nothing happens and nothing leaves any more. */
  end(): void {
    this.#life = "ended";
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#early = [];
    this.#leaving = [];
    this.#lines = "";
    this.#unsaved = undefined;
  }

  #held(action: () => void): boolean {
    if (this.#life === "new") this.#early.push(action);
    return this.#life !== "running";
  }

  /** Handles the input, and then the choices that it leads to, each in a step of its own. */
  #handle(input: ActorInput, event: TraceEvent): void {
    this.#step(input, event);
    while (this.#options.pace === "clock") {
      const [key] = Object.keys(this.#choices);
      if (key === undefined) return;
      const options = this.#choices[key]!;
      const option = this.#choiceRandom.int(options.length);
      this.#options.log(`chose ${key}: option ${option} of ${options.length}`);
      this.#step({ input: "choice", key, option }, { event: "choice", in: { key, option, choice: options[option]! } });
    }
  }

  #step(input: ActorInput, event: TraceEvent): void {
    const { actor, self, trace } = this.#options;
    const node = { up: true, state: this.#state, timers: [], choices: this.#choices, durable: this.#durable };
    const { state, effects } = runHandler(actor, self, node, input);
    this.#counts.handled++;
    this.#clock[self.id]!++;
    if (trace !== undefined && (state !== this.#state || this.#hash === "")) this.#hash = stateHash(state);
    this.#state = state;
    if (input.input === "choice") {
      const { [input.key]: _taken, ...rest } = this.#choices;
      this.#choices = rest;
    }

    const clockText = JSON.stringify(this.#clock);
    let sends = "";
    let replies = "";
    let saved: { readonly value: Json } | undefined;
    for (const effect of effects) {
      switch (effect.effect) {
        case "send": {
          const mid = this.#options.nextMid();
          const text = JSON.stringify(effect.message);
          sends += `${sends === "" ? "" : ","}{"mid":"${mid}","to":${effect.to},"message":${text}}`;
          this.#counts.sent++;
          this.#leaving.push(() => this.#options.send(effect.to, `{"mid":"${mid}","round":${this.#options.round},"clock":${clockText},"message":${text}}`));
          break;
        }
        case "reply": {
          const [operation, value] = [JSON.stringify(effect.operation), JSON.stringify(effect.value)];
          replies += `${replies === "" ? "" : ","}{"operation":${operation},"value":${value}}`;
          this.#leaving.push(() => this.#options.reply(effect.operation, `{"operation":${operation},"round":${this.#options.round},"value":${value}}`));
          break;
        }
        case "setTimer":
          this.#setTimer(effect.timer, effect.afterMs);
          break;
        case "cancelTimer": {
          const key = canonicalJson(effect.timer);
          this.#timers.get(key)?.cancel();
          this.#timers.delete(key);
          break;
        }
        case "choose":
          if (effect.options.length > 0) this.#choices = { ...this.#choices, [effect.key]: effect.options };
          break;
        case "save":
          saved = { value: effect.durable };
          break;
        default:
          unreachable(effect);
      }
    }
    if (saved !== undefined) this.#unsaved = saved;
    if (trace !== undefined) {
      const save = saved === undefined ? "" : `"save":${JSON.stringify(saved.value)},`;
      this.#lines +=
        `{"node":${self.id},"seq":${trace.nextSeq()},"epoch":${this.#options.epoch},"round":${this.#options.round},"event":"${event.event}","in":${JSON.stringify(event.in)},` +
        `"out":[${sends}],"replies":[${replies}],${save}"stateHash":"${this.#hash}","clock":${clockText}}\n`;
    }
    if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      queueMicrotask(() => this.#flush());
    }
  }

  /** One commit for all handlers that ran in this turn (or, while a sync was under way, since). */
  #flush(): void {
    this.#flushPlanned = false;
    if (this.#syncing || this.#life === "ended") return;
    const { store, trace } = this.#options;
    const leaving = this.#leaving;
    const unsaved = this.#unsaved;
    this.#leaving = [];
    this.#unsaved = undefined;
    // The diary first: a kill in between leaves a save that was never made and whose effects nobody saw, which a reader can tell.
    if (this.#lines !== "") trace?.append(this.#lines);
    this.#lines = "";
    if (unsaved !== undefined) store.append(unsaved.value);
    if (unsaved === undefined) return this.#release(leaving);
    this.#syncing = true;
    store.sync(() => {
      this.#syncing = false;
      this.#release(leaving);
      this.#flush();
    });
  }

  #release(leaving: readonly (() => void)[]): void {
    if (this.#life !== "ended") for (const leave of leaving) leave();
  }

  #setTimer(timer: Json, afterMs: readonly [number, number]): void {
    const key = canonicalJson(timer);
    if (this.#timers.has(key)) return;
    const [least, most] = afterMs;
    const ms = least + this.#timerRandom.float() * (most - least);
    this.#timers.set(key, this.#options.pace === "clock" ? after(ms, () => this.#expire(key, timer)) : never);
  }

  #expire(key: string, timer: Json): void {
    this.#timers.delete(key);
    this.#counts.timersFired++;
    this.#handle({ input: "timer", timer }, { event: "timer", in: { timer } });
  }
}

/** A timer that somebody fires by hand. */
const never: Cancellable = { cancel: () => undefined };

export interface ActorHostOptions {
  readonly actor: Actor;
  readonly self: ActorContext;
  readonly epoch: number;
  readonly round: number;
  readonly store: DurableStore;
  readonly random: Random;
  /** `clock`: timers fire when they are due and choices are drawn; `command`: both wait for `fire` and `choose`. */
  readonly pace: "clock" | "command";
  /** The vector clock to go on from: the last life's; zeros by default. */
  readonly clock?: readonly number[];
  /** The diary; undefined: none is kept. */
  readonly trace: { append(lines: string): void; nextSeq(): number } | undefined;
  nextMid(): string;
  /** `text`: the whole frame. `to` may be the actor itself; what is sent to it must come in a later turn. */
  send(to: ActorId, text: string): void;
  /** `text`: the whole answer. */
  reply(operation: OperationId, text: string): void;
  refuse(operation: OperationId, reason: string): void;
  log(line: string): void;
}
