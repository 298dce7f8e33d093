import type { ActorModel } from "../../harness/actor-model.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Flows } from "./flows.ts";
import type { Memo } from "./memo.ts";
import { LOCALS } from "./record.ts";
import type { ReductionTables } from "./reduction/verdicts.ts";
import { mix } from "./tables.ts";

const NETWORK_MAX = 4096;

/**
 * What is in flight in the successor that is being made, and the fingerprint that follows from it. A bag's fingerprint
 * is known before the bag is (`merge` builds it for new states only); flows, sets and links that are cut need `build`.
 */
export class NetworkPart {
  readonly items: Int32Array = new Int32Array(NETWORK_MAX);
  length = 0;
  lo = 0;
  hi = 0;
  readonly #order: ActorModel["network"]["order"];
  readonly #parties: number;
  readonly #memo: Memo;
  readonly #flows: Flows;

  constructor(memo: Memo, flows: Flows) {
    this.#order = memo.model.network.order;
    this.#parties = memo.model.parties.length;
    this.#memo = memo;
    this.#flows = flows;
  }

  /** The state's bag `record[from … end - 1]` without item `remove`, merged with the transition's sends. Both are sorted. */
  merge(record: Int32Array, from: number, end: number, remove: number, transition: number): void {
    const net = this.items;
    const sends = this.#memo.sendPool.at;
    let send = transition < 0 ? 0 : this.#memo.sendsFrom.at[transition]!;
    const sendEnd = transition < 0 ? 0 : this.#memo.sendsTo.at[transition]!;
    let n = 0;
    for (let i = from; i < end; i++) {
      if (i === remove) continue;
      const item = record[i]!;
      while (send < sendEnd && sends[send]! <= item) net[n++] = sends[send++]!;
      net[n++] = item;
    }
    while (send < sendEnd) net[n++] = sends[send++]!;
    this.length = n;
    if (n >= NETWORK_MAX) throw networkFull();
  }

  /** What was in flight, `record[from … end - 1]`, without what is delivered, dropped or cut off; `lo` and `hi` follow. */
  keep(record: Int32Array, from: number, end: number, step: Removal): void {
    const net = this.items;
    let n = 0;
    for (let i = from; i < end; i++) {
      const item = record[i]!;
      if (step.lost !== undefined && this.#isLost(item, step.lost)) {
        this.leaves(item);
        continue;
      }
      if (i !== step.remove) {
        net[n++] = item;
        continue;
      }
      if (this.#order === "fifo") {
        const rest = this.#flows.pop(item);
        this.leaves(item);
        if (rest >= this.#flows.empty) {
          this.enters(rest);
          net[n++] = rest;
        }
      } else if (this.#order === "set" && step.delivered) {
        net[n++] = item;
        const last = record[from - 1]!;
        if (last >= 0) {
          this.lo = (this.lo - mix(1, this.#memo.envelopes.lo.at[last]!)) | 0;
          this.hi = (this.hi - mix(1, this.#memo.envelopes.hi.at[last]!)) | 0;
        }
        this.lo = (this.lo + mix(1, this.#memo.envelopes.lo.at[item]!)) | 0;
        this.hi = (this.hi + mix(1, this.#memo.envelopes.hi.at[item]!)) | 0;
      } else this.leaves(item);
    }
    this.length = n;
  }

  /** Adds the transition's sends; those on links that are `cut` are lost at once. A bag's are in the fingerprint already. */
  send(transition: number, cut: Uint8Array | undefined): void {
    const counted = this.#order === "any";
    const sends = this.#memo.sendPool.at;
    const end = this.#memo.sendsTo.at[transition]!;
    for (let send = this.#memo.sendsFrom.at[transition]!; send < end; send++) {
      const envelope = sends[send]!;
      if (cut !== undefined && cut[this.linkOf(envelope)] === 1) {
        if (counted) this.leaves(envelope);
      } else this.add(envelope, !counted);
    }
  }

  /** Takes out what can change nothing more, now that `moved` is in local state `to`. `record[at]` is the state before. */
  prune(tables: ReductionTables, record: Int32Array, at: number, step: { readonly moved: number; readonly to: number }): void {
    const net = this.items;
    const { moved, to } = step;
    const around = { list: record, at: at + LOCALS, moved, to };
    let n = 0;
    for (let i = 0; i < this.length; i++) {
      const item = net[i]!;
      const party = this.#order === "fifo" ? this.#flows.link.at[item]! % this.#parties : this.#memo.envelopeTo.at[item]!;
      const receiver = party === moved ? to : party < this.#parties ? record[at + LOCALS + party]! : -1;
      if (receiver < 0) net[n++] = item;
      else if (this.#order === "any") {
        if (tables.useless(item, receiver, around)) this.leaves(item);
        else net[n++] = item;
      } else {
        const queue = this.#flows.hashes.objects[item]!;
        if (!queue.some((envelope) => tables.useless(envelope, receiver, around))) {
          net[n++] = item;
          continue;
        }
        this.leaves(item);
        const rest = this.#flows.of(this.#flows.link.at[item]!, queue.filter((envelope) => !tables.useless(envelope, receiver, around)));
        if (rest < this.#flows.empty) continue;
        this.enters(rest);
        net[n++] = rest;
      }
    }
    this.length = n;
  }

  /** Puts an envelope into the network. `hashed`: its hash is not in the fingerprint yet. */
  add(envelope: number, hashed: boolean): void {
    const net = this.items;
    if (this.length + 1 >= NETWORK_MAX) throw networkFull();
    if (this.#order === "fifo") {
      const link = this.linkOf(envelope);
      let i = 0;
      while (i < this.length && this.#flows.link.at[net[i]!]! < link) i++;
      const present = i < this.length && this.#flows.link.at[net[i]!] === link;
      const flow = this.#flows.push(present ? net[i]! : link, envelope);
      if (present) this.leaves(net[i]!);
      else {
        net.copyWithin(i + 1, i, this.length);
        this.length++;
      }
      net[i] = flow;
      this.enters(flow);
      return;
    }
    let i = 0;
    while (i < this.length && net[i]! < envelope) i++;
    if (this.#order === "set" && i < this.length && net[i] === envelope) return;
    net.copyWithin(i + 1, i, this.length);
    net[i] = envelope;
    this.length++;
    if (hashed) this.enters(envelope);
  }

  enters(item: number): void {
    const hashes = this.#order === "fifo" ? this.#flows.hashes : this.#memo.envelopes;
    this.lo = (this.lo + hashes.lo.at[item]!) | 0;
    this.hi = (this.hi + hashes.hi.at[item]!) | 0;
  }

  leaves(item: number): void {
    const hashes = this.#order === "fifo" ? this.#flows.hashes : this.#memo.envelopes;
    this.lo = (this.lo - hashes.lo.at[item]!) | 0;
    this.hi = (this.hi - hashes.hi.at[item]!) | 0;
  }

  /** Sender × parties + receiver. */
  linkOf(envelope: number): number {
    return this.#memo.envelopeFrom.at[envelope]! * this.#parties + this.#memo.envelopeTo.at[envelope]!;
  }

  #isLost(item: number, lost: Uint8Array): boolean {
    return lost[this.#order === "fifo" ? this.#flows.link.at[item]! : this.linkOf(item)] === 1;
  }
}

/** What a step takes out of the network. */
export interface Removal {
  /** Index in the record of the item that is used up; -1: none. */
  readonly remove: number;
  /** It is used up by its delivery. */
  readonly delivered: boolean;
  /** By link: 1 where all that is in flight is lost. */
  readonly lost: Uint8Array | undefined;
}

function networkFull(): HarnessError {
  return new HarnessError("TABLE_FULL", `more than ${NETWORK_MAX} messages are in flight in one state`, {
    nextStep: "bound the model: timers and choices that send for ever need a budget or a depth",
  });
}
