/**
 * What each process of a history is doing: nothing, the op with which it began what it does, or nothing ever again.
 * Process numbers lie densely from 0 on in what the runner records, and are looked up twice an op: they stand in a
 * table. Those of foreign histories may be any number, and are kept by name.
 */
export class ProcessStates {
  /** By process: 0 idle, the open invocation's index plus 1, or -1 ended. */
  #dense = new Int32Array(32);
  readonly #sparse = new Map<number, number>();

  /** Index of the process' open invocation; undefined when it has none. */
  openOf(process: number): number | undefined {
    const state = this.#stateOf(process);
    return state > 0 ? state - 1 : undefined;
  }

  hasEnded(process: number): boolean {
    return this.#stateOf(process) < 0;
  }

  opened(process: number, index: number): void {
    this.#put(process, index + 1);
  }

  closed(process: number): void {
    this.#put(process, 0);
  }

  ended(process: number): void {
    this.#put(process, -1);
  }

  #stateOf(process: number): number {
    if (process >>> 0 === process && process < this.#dense.length) return this.#dense[process]!;
    return this.#sparse.get(process) ?? 0;
  }

  #put(process: number, state: number): void {
    if (process >>> 0 === process && (process < this.#dense.length || this.#grownTo(process))) this.#dense[process] = state;
    else this.#sparse.set(process, state);
  }

  /** Doubles the table, no more, so that a few large numbers do not make it large; false when `process` is beyond it still. */
  #grownTo(process: number): boolean {
    if (process >= 2 * this.#dense.length) return false;
    const before = this.#dense;
    this.#dense = new Int32Array(2 * before.length);
    this.#dense.set(before);
    for (const [known, state] of this.#sparse) {
      if (known >>> 0 !== known || known >= this.#dense.length) continue;
      this.#dense[known] = state;
      this.#sparse.delete(known);
    }
    return true;
  }
}
