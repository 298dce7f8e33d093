import { Column, Interner, mix, PairTable } from "./tables.ts";

/**
 * Queues of envelopes in flight on one directed link, interned, with what they become when an envelope joins or leaves.
 * Ids below the number of links are the links' empty queues.
 */
export class Flows {
  /** Envelopes by flow, oldest first, with the flows' content hashes. */
  readonly hashes: Interner<readonly number[]> = new Interner<readonly number[]>("flow");
  /** By flow: sender × parties + receiver. */
  readonly link: Column = new Column();
  /** By flow: the envelope that is next; -1 for an empty one. */
  readonly head: Column = new Column();
  readonly #popped = new Column();
  readonly #pushed = new PairTable();
  /** Flows below are empty. */
  readonly empty: number;
  readonly #lo: Column;
  readonly #hi: Column;

  constructor(links: number, envelopes: { readonly lo: Column; readonly hi: Column }) {
    this.empty = links;
    this.#lo = envelopes.lo;
    this.#hi = envelopes.hi;
    for (let link = 0; link < links; link++) {
      this.hashes.add(`empty ${link}`, [], 0, 0);
      this.link.push(link);
      this.head.push(-1);
      this.#popped.push(-1);
    }
  }

  /** The flow with `envelope` at its end. */
  push(flow: number, envelope: number): number {
    const known = this.#pushed.get(flow, envelope);
    if (known !== PairTable.missing) return known;
    const id = this.of(this.link.at[flow]!, [...this.hashes.objects[flow]!, envelope]);
    this.#pushed.set(flow, envelope, id);
    return id;
  }

  /** The flow without its head. */
  pop(flow: number): number {
    const known = this.#popped.at[flow]!;
    if (known >= 0) return known;
    return (this.#popped.at[flow] = this.of(this.link.at[flow]!, this.hashes.objects[flow]!.slice(1)));
  }

  /** The flow of these envelopes. */
  of(link: number, queue: readonly number[]): number {
    if (queue.length === 0) return link;
    const key = queue.join();
    const known = this.hashes.find(key);
    if (known >= 0) return known;
    // The queue's order and length enter the hash; its link does with the envelopes.
    let lo = queue.length;
    let hi = queue.length;
    for (const envelope of queue) {
      lo = mix(lo, this.#lo.at[envelope]!);
      hi = mix(hi, this.#hi.at[envelope]!);
    }
    this.link.push(link);
    this.head.push(queue[0]!);
    this.#popped.push(-1);
    return this.hashes.add(key, queue, lo, hi);
  }
}
