import type { Random } from "../../../harness/random.ts";
import { after, type Cancellable, monotonicMs } from "../../../harness/time.ts";
import { type Action, type Behaviour, type Token } from "./behaviour.ts";
import type { StreamCounters } from "./counters.ts";
import type { Toxic } from "./toxic.ts";
import { passThrough } from "./toxics/noop.ts";

/** Bytes that may wait in one stage; with `queueTokensMax` it bounds what a link holds in memory. */
const QUEUE_BYTES_MAX = 32 << 20;

/** Where a stage's tokens go: the next stage, or the link's socket. */
export interface Sink {
  hasRoom(): boolean;
  put(token: Token): void;
}

/** What a stage asks of its link. */
export interface StageOwner {
  /** Something changed outside a pump (a timer): pump the link. */
  wake(): void;
  /** RST to both sides. */
  reset(): void;
  readonly counters: StreamCounters;
}

/**
 * One toxic on one direction of one connection: a short queue, one held token, and the behaviour that decides about it.
 *
 * The coin of `toxicity` is tossed when the stage starts and again after an update, once the held token is gone. An
 * update or removal interrupts a wait: what is held goes out at once. A removed stage passes on what it still has, in
 * order and under the same backpressure, and is `finished` when it is empty; its link then takes it out of the chain.
 */
export class Stage implements Sink {
  readonly toxic: Toxic;
  readonly #owner: StageOwner;
  readonly #random: Random;
  readonly #memory = { passedBytes: 0 };
  readonly #queue: Token[] = [];
  #queuedBytes = 0;
  #behaviour: Behaviour = passThrough;
  #affected = false;
  #held: Token | undefined;
  #action: Action | undefined;
  #timer: Cancellable | undefined;
  #silence: Cancellable | undefined;
  /** Set by update and removal; what is held goes out first. */
  #interrupted: "no" | "updated" | "removed" = "no";
  #retired = false;
  /** After a sever nothing passes any more. */
  #closed = false;
  #silent = false;

  constructor(toxic: Toxic, owner: StageOwner, random: Random) {
    this.toxic = toxic;
    this.#owner = owner;
    this.#random = random;
    this.#toss();
  }

  hasRoom(): boolean {
    if (this.#closed) return true;
    return this.#queue.length <= this.toxic.kind.queueTokensMax && this.#queuedBytes < QUEUE_BYTES_MAX;
  }

  put(token: Token): void {
    if (this.#closed) return this.#lose(token);
    this.#queue.push(token);
    this.#queuedBytes += token.data.length;
  }

  /** Bytes inside. */
  heldBytes(): number {
    return this.#queuedBytes + (this.#held?.data.length ?? 0);
  }

  /** Removed and empty: may leave the chain. */
  finished(): boolean {
    return this.#retired && this.#held === undefined && this.#queue.length === 0;
  }

  /** The toxic's settings changed. */
  interruptToUpdate(): void {
    if (this.#interrupted === "no") this.#interrupted = "updated";
  }

  /** The toxic was removed. */
  interruptToRemove(): void {
    this.#interrupted = "removed";
  }

  /** Moves what can be moved to `next`. True when anything changed. */
  run(next: Sink): boolean {
    let moved = false;
    while (!this.#closed) {
      if (this.#silent && this.#held === undefined) {
        this.#sever(next);
        return true;
      }
      if (this.#held === undefined) {
        if (this.#interrupted !== "no") {
          if (this.#settleInterrupt(next)) return true;
        }
        const token = this.#queue.shift();
        if (token === undefined) return moved;
        moved = true;
        this.#queuedBytes -= token.data.length;
        this.#held = token;
        this.#listenForSilence();
        this.#action = this.#ask(token, true);
      }
      if (!this.#act(this.#held, next)) return moved;
      moved = true;
    }
    return moved;
  }

  /** Ends timers and forgets what is inside; the bytes count as dropped. */
  dispose(): void {
    this.#stopTimers();
    if (this.#held !== undefined) this.#lose(this.#held);
    this.#held = undefined;
    for (const token of this.#queue.splice(0)) this.#lose(token);
    this.#queuedBytes = 0;
    this.#closed = true;
  }

  /** Carries out the decided action; false when it has to wait for time or room. */
  #act(held: Token, next: Sink): boolean {
    const action = this.#action!;
    switch (action.act) {
      case "wait":
      case "block": {
        if (this.#interrupted !== "no") {
          this.#timer?.cancel();
          this.#timer = undefined;
          this.#action = { act: "pass" };
          return true;
        }
        if (action.act === "block" || this.#timer !== undefined) return false;
        const leftMs = action.untilMs - monotonicMs();
        if (leftMs <= 0) {
          this.#action = this.#ask(held, false);
          return true;
        }
        // Node rounds down to whole milliseconds; a toxic may be late, never early.
        this.#timer = after(Math.min(Math.ceil(leftMs), 2 ** 31 - 1), () => {
          this.#timer = undefined;
          this.#owner.wake();
        });
        return false;
      }
      case "pass":
        if (!next.hasRoom()) return false;
        this.#held = undefined;
        next.put(held);
        return true;
      case "slice": {
        if (!next.hasRoom()) return false;
        if (action.bytes > 0) next.put({ end: "no", data: held.data.subarray(0, action.bytes), arrivedMs: held.arrivedMs });
        held.data = held.data.subarray(action.bytes);
        this.#action = this.#ask(held, false);
        return true;
      }
      case "drop":
        this.toxic.counters.droppedBytes += held.data.length;
        this.#held = undefined;
        this.#lose(held);
        return true;
      case "sever":
        this.#sever(next);
        return true;
      case "reset":
        this.toxic.counters.ended++;
        this.#owner.reset();
        return false;
    }
  }

  #ask(held: Token, fresh: boolean): Action {
    const action = this.#behaviour.next(held, fresh, monotonicMs());
    if (fresh && action.act !== "pass") {
      this.toxic.counters.affectedChunks++;
      this.toxic.counters.affectedBytes += held.data.length;
    }
    return action;
  }

  /** After the held token: a new coin, or retirement. True when the connection was severed. */
  #settleInterrupt(next: Sink): boolean {
    const what = this.#interrupted;
    this.#interrupted = "no";
    if (this.#retired) return false;
    if (what === "updated") {
      this.#toss();
      return false;
    }
    this.#retired = true;
    this.#stopTimers();
    this.#behaviour = passThrough;
    if (!this.#affected || !this.toxic.kind.seversAtRemoval) return false;
    this.#sever(next);
    return true;
  }

  #toss(): void {
    this.#affected = this.#random.float() < this.toxic.toxicity;
    this.#behaviour = this.#affected ? this.toxic.kind.behave(this.toxic.attributes, { random: this.#random, memory: this.#memory }) : passThrough;
    if (this.#affected) this.toxic.counters.connections++;
    this.#listenForSilence();
  }

  #listenForSilence(): void {
    this.#silence?.cancel();
    this.#silence = undefined;
    if (this.#behaviour.silenceMs === undefined) return;
    this.#silence = after(this.#behaviour.silenceMs, () => {
      this.#silent = true;
      this.#owner.wake();
    });
  }

  #sever(next: Sink): void {
    this.toxic.counters.ended++;
    this.dispose();
    next.put({ end: "sever", data: EMPTY, arrivedMs: monotonicMs() });
  }

  #lose(token: Token): void {
    if (token.end !== "no" || token.data.length === 0) return;
    this.#owner.counters.droppedBytes += token.data.length;
    this.#owner.counters.droppedChunks++;
  }

  #stopTimers(): void {
    this.#timer?.cancel();
    this.#silence?.cancel();
    this.#timer = this.#silence = undefined;
  }
}

export const EMPTY: Buffer = Buffer.alloc(0);
