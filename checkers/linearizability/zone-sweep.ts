/**
 * The zones of a register whose values are written once (see `monitors/register-zones.ts`), watched while the events go
 * by: one pass, three numbers a value, and no list of operations or zones. It says only whether all is well.
 *
 * Of each value v let f(v) be its first return so far and s(v) its last call so far (its write's included):
 *
 *     v  |--- write ---| f(v)        s(v) |--- read ---|      a value that is called after its first return is held
 *     w              s(w) |--- write ---|                     between the two: no other may be called there that has
 *                                                             returned when v is called again
 *
 * So at a call of v, once v has returned: all is well exactly if s(w) < f(v) for every other w that has returned. If not,
 * w's zone overlaps [f(v), s(v)] (where it is forward) or lies inside it (where it is backward). And no contradiction of
 * two zones is missed: f and s only grow apart, and the later of the two last calls finds both zones as they will remain.
 * Of all s(w) the greatest is enough, and the greatest of another value than that one: both are kept. O(1) an event.
 */
export class ZoneSweep {
  /** By value: its first return and last call so far, as event + 2; 0 none. */
  readonly #firstReturns: Int32Array;
  readonly #lastCalls: Int32Array;
  readonly #written: Uint8Array;
  /** Of the values that have returned: the one that was called last, its last call, and the last call of any other. */
  #latest = -1;
  #latestCall = 0;
  #otherCall = 0;

  /** Values are numbered from 0; the initial one was there before all events, and is never written. */
  constructor(valueCount: number, initial: number) {
    this.#firstReturns = new Int32Array(valueCount);
    this.#lastCalls = new Int32Array(valueCount);
    this.#written = new Uint8Array(valueCount);
    this.#firstReturns[initial] = START;
    this.#written[initial] = 1;
  }

  /** The call of a write that did not fail; false where the value was written before. */
  writeCalled(value: number, event: number): boolean {
    if (this.#written[value] === 1) return false;
    this.#written[value] = 1;
    this.#lastCalls[value] = event + 2;
    return true;
  }

  /** The call of a read that returned `value`; false where that contradicts what was seen before. */
  readCalled(value: number, event: number): boolean {
    const call = event + 2;
    this.#lastCalls[value] = call;
    const first = this.#firstReturns[value]!;
    if (first === 0) return true;
    if ((value === this.#latest ? this.#otherCall : this.#latestCall) > first) return false;
    this.#raise(value, call);
    return true;
  }

  /** The return of a write or read of `value`; false where nobody has begun to write it. */
  returned(value: number, event: number): boolean {
    if (this.#firstReturns[value] !== 0) return true;
    if (this.#written[value] === 0) return false;
    this.#firstReturns[value] = event + 2;
    this.#raise(value, this.#lastCalls[value]!);
    return true;
  }

  #raise(value: number, call: number): void {
    if (value === this.#latest) this.#latestCall = Math.max(this.#latestCall, call);
    else if (call > this.#latestCall) {
      this.#otherCall = this.#latestCall;
      this.#latest = value;
      this.#latestCall = call;
    } else this.#otherCall = Math.max(this.#otherCall, call);
  }
}

/** The event before all others, as event + 2. */
const START = 1;
