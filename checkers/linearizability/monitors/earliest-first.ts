/** Operations, of which the one that returns first is taken first: a binary heap. O(log n) for each. */
export class EarliestFirst {
  readonly #returns: Int32Array;
  readonly #heap: number[] = [];

  constructor(returns: Int32Array) {
    this.#returns = returns;
  }

  get size(): number {
    return this.#heap.length;
  }

  push(operation: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(operation);
    for (let parent = (at - 1) >> 1; at > 0 && this.#earlier(operation, heap[parent]!); parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = operation;
  }

  /** Takes it out; there must be one. */
  pop(): number {
    const heap = this.#heap;
    const first = heap[0]!;
    const moved = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#earlier(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#earlier(heap[child]!, moved)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moved;
    return first;
  }

  #earlier(a: number, b: number): boolean {
    return this.#returns[a]! < this.#returns[b]!;
  }
}
