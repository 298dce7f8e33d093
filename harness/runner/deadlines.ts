import { after, type Cancellable } from "../time.ts";

/**
 * One deadline length for many operations: since all last equally long, the oldest is always the next to expire, so a
 * linked list in order of start and one timer do. Starting and ending an operation is O(1) and touches no timer.
 *
 *     oldest ── 7 ── 0 ── 12 ── youngest        timer: at or before the oldest's expiry
 */
export class Deadlines {
  readonly #periodMs: number;
  readonly #expire: (thread: number) => void;
  readonly #clockMs: () => number;
  readonly #previous: Int32Array;
  readonly #next: Int32Array;
  readonly #startedMs: Float64Array;
  /** Index of the list's ends. */
  readonly #ends: number;
  #timer: Cancellable | undefined;

  constructor(options: { readonly threads: number; readonly periodMs: number; readonly clockMs: () => number; readonly expire: (thread: number) => void }) {
    this.#periodMs = options.periodMs;
    this.#expire = options.expire;
    this.#clockMs = options.clockMs;
    this.#ends = options.threads;
    this.#previous = new Int32Array(options.threads + 1).fill(-1);
    this.#next = new Int32Array(options.threads + 1).fill(-1);
    this.#startedMs = new Float64Array(options.threads + 1);
    this.#previous[this.#ends] = this.#next[this.#ends] = this.#ends;
  }

  /** From now; `thread` must not be in the list. */
  start(thread: number, nowMs: number): void {
    const last = this.#previous[this.#ends]!;
    this.#previous[thread] = last;
    this.#next[thread] = this.#ends;
    this.#next[last] = thread;
    this.#previous[this.#ends] = thread;
    this.#startedMs[thread] = nowMs;
    if (this.#timer === undefined) this.#arm(this.#periodMs);
  }

  /** Ended in time; does nothing when it is not in the list. */
  end(thread: number): void {
    const previous = this.#previous[thread]!;
    if (previous < 0) return;
    const next = this.#next[thread]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#previous[thread] = this.#next[thread] = -1;
  }

  /** No timer stays behind. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#timer = after(ms, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = undefined;
    const nowMs = this.#clockMs();
    for (;;) {
      const oldest = this.#next[this.#ends]!;
      if (oldest === this.#ends) return;
      const leftMs = this.#startedMs[oldest]! + this.#periodMs - nowMs;
      if (leftMs > 0) {
        // `expire` may have armed it by starting another one.
        if (this.#timer === undefined) this.#arm(Math.max(1, leftMs));
        return;
      }
      this.end(oldest);
      this.#expire(oldest);
    }
  }
}
