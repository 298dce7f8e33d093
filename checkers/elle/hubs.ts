import { type EdgeList, RW, WW } from "./graph.ts";

/**
 * Many readers of a version precede many writers of the next ones, each all but itself, in edges as many as there are
 * readers and writers (see `Graph.hubs`). Two chains over the writers: from h1 all are reached, from h(i+1) those after
 * the i-th, from g(i-1) those before it.
 *
 *     reader ─rw─▶ h1 ──▶ h2 ──▶ h3          writer 2, who read as well:  ─rw─▶ g1 and ─rw─▶ h3
 *                  ▼      ▼      ▼
 *                  w1     w2     w3
 *                  ▲      ▲      ▲
 *                  g1 ◀── g2 ◀── g3
 */
export class Hubs {
  readonly first: number;
  /** One past the last vertex. */
  end: number;
  readonly #edges: EdgeList;

  constructor(first: number, edges: EdgeList) {
    this.first = first;
    this.end = first;
    this.#edges = edges;
  }

  /** Vertices without repetitions. O(readers + writers). */
  meet(readers: readonly number[], writers: readonly number[]): void {
    const [onward, back] = [this.end, this.end + writers.length];
    const last = writers.length - 1;
    this.end = back + writers.length;
    for (const [i, writer] of writers.entries()) {
      this.#edges.push(onward + i, writer, WW);
      this.#edges.push(back + i, writer, WW);
      if (i < last) this.#edges.push(onward + i, onward + i + 1, WW);
      if (i > 0) this.#edges.push(back + i, back + i - 1, WW);
    }
    const placeOf = new Map(writers.map((writer, i) => [writer, i]));
    for (const reader of readers) {
      const own = placeOf.get(reader);
      if (own === undefined) this.#edges.push(reader, onward, RW);
      else {
        if (own < last) this.#edges.push(reader, onward + own + 1, RW);
        if (own > 0) this.#edges.push(reader, back + own - 1, RW);
      }
    }
  }
}
