/** Events by virtual time; equal times in the order in which they were pushed. A binary heap. */
export class EventQueue<T> {
  readonly #heap: { readonly atNs: number; readonly order: number; readonly value: T }[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Time of the next event; infinity when there is none. */
  get nextNs(): number {
    return this.#heap[0]?.atNs ?? Number.POSITIVE_INFINITY;
  }

  /** O(log n). */
  push(atNs: number, value: T): void {
    const heap = this.#heap;
    const entry = { atNs, order: this.#order++, value };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  /** Takes the earliest event out. O(log n). */
  pop(): { readonly atNs: number; readonly value: T } | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: { atNs: number; order: number }, b: { atNs: number; order: number }): boolean {
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order);
}
