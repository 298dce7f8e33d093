import { assert } from "../../harness/assert.ts";
import { budgetKinds } from "../../harness/actor-model.ts";
import { CRASHES, PARTITIONS, type SpentBudgets } from "./budgets.ts";
import type { Flows } from "./flows.ts";
import type { HistoryTracker } from "./history-tracker.ts";
import { linksOf, maskOf } from "./link-masks.ts";
import { DELIVER, type Memo } from "./memo.ts";
import { NetworkPart } from "./network-part.ts";
import { HI, HISTORY, LO, LOCALS, SPENT } from "./record.ts";
import type { ReductionTables } from "./reduction/verdicts.ts";

/** A budget beside the others: spends nothing, for the partition that lasts ends. */
export const HEAL: number = budgetKinds.length;

export interface CandidateParts {
  readonly memo: Memo;
  readonly flows: Flows;
  readonly tracker: HistoryTracker;
  readonly budgets: SpentBudgets;
  /** Set: what can change nothing more is left out. */
  readonly tables?: ReductionTables | undefined;
}

/**
 * The one successor that is being made. `make` looks up the transition and adds its fingerprint delta to the state's, so
 * the fingerprint is known at once; the record is made by `prepare` and `write`, for the new ones, about half of them.
 */
export class Candidate {
  lo = 0;
  hi = 0;
  history = 0;
  /** What the parent link remembers of the step. */
  code = 0;
  #spent = 0;
  #transition = 0;
  #party = 0;
  #remove = 0;
  /** Of timers' ages; 0 where clocks do not matter. */
  #zone = 0;
  /** The bag is not built yet. */
  #lazy = false;

  // The state that it follows.
  #record: Int32Array = new Int32Array(0);
  #at = 0;
  /** Links that are cut there. */
  cut: Uint8Array | undefined;
  /** Number of the cut that the candidate begins, where it begins one. */
  begun = 0;

  readonly header: number;
  readonly network: NetworkPart;
  readonly #memo: Memo;
  readonly #tracker: HistoryTracker;
  readonly #budgets: SpentBudgets;
  readonly #tables: ReductionTables | undefined;
  readonly #parties: number;
  readonly #fifo: boolean;
  readonly #set: boolean;
  /** By party: the links to and from it, lost when it crashes; undefined where they outlive it. */
  readonly #linksOf: readonly (Uint8Array | undefined)[];
  /** By the model's cut: its links. */
  readonly #masks: readonly Uint8Array[];

  constructor(parts: CandidateParts) {
    const { model } = parts.memo;
    this.#memo = parts.memo;
    this.#tracker = parts.tracker;
    this.#budgets = parts.budgets;
    this.#tables = parts.tables;
    this.#parties = model.parties.length;
    this.#fifo = model.network.order === "fifo";
    this.#set = model.network.order === "set";
    assert(!this.#set || parts.memo.zones === undefined, "a network that repeats for ever has no clocks");
    this.header = LOCALS + this.#parties + (this.#set || parts.memo.zones !== undefined ? 1 : 0);
    this.network = new NetworkPart(parts.memo, parts.flows);
    this.#linksOf = model.parties.map((_, party) => (model.network.crashCutsLinks ? linksOf(party, this.#parties) : undefined));
    this.#masks = model.cuts.map(({ links }) => maskOf(links, this.#parties));
  }

  /** All that is made from here on follows `record[at …]`. */
  follow(record: Int32Array, at: number): void {
    this.#record = record;
    this.#at = at;
    if (this.#masks.length > 0) this.cut = this.#masks[this.#budgets.cutOf(record[at + SPENT]!)];
  }

  /**
   * Makes the successor by `transition` of `party` (-1: nobody reacts) the candidate, with network item `remove` taken
   * out and one of `budget` spent (-1: none); false where clocks forbid it. Five plain arguments: this is called for every
   * successor, and an object for each of them would cost more than all else here.
   */
  make(transition: number, party: number, code: number, remove: number, budget: number): boolean {
    const record = this.#record;
    const at = this.#at;
    const memo = this.#memo;
    const oldSpent = record[at + SPENT]!;
    const oldHistory = record[at + HISTORY]!;
    let spent = oldSpent;
    let history = oldHistory;
    let lo = record[at + LO]!;
    let hi = record[at + HI]!;
    const { zones } = memo;
    if (zones !== undefined) {
      const oldZone = record[at + this.header - 1]!;
      this.#zone = transition < 0 ? oldZone : zones.after(oldZone, memo.transitionZone.at[transition]!);
      if (this.#zone < 0) return false;
      lo += zones.zones.lo.at[this.#zone]! - zones.zones.lo.at[oldZone]!;
      hi += zones.zones.hi.at[this.#zone]! - zones.zones.hi.at[oldZone]!;
    }
    if (transition >= 0) {
      lo += memo.deltaLo.at[transition]!;
      hi += memo.deltaHi.at[transition]!;
      const events = memo.transitionEvents.at[transition]!;
      if (events !== 0) {
        history = this.#tracker.next(oldHistory, events);
        lo += this.#tracker.lo.at[history]! - this.#tracker.lo.at[oldHistory]!;
        hi += this.#tracker.hi.at[history]! - this.#tracker.hi.at[oldHistory]!;
      }
    }
    if (budget >= 0) {
      spent = budget < PARTITIONS ? this.#budgets.spend(oldSpent, budget) : budget === HEAL ? this.#budgets.heal(oldSpent) : this.#budgets.cut(oldSpent, this.begun);
      lo += this.#budgets.lo[spent]! - this.#budgets.lo[oldSpent]!;
      hi += this.#budgets.hi[spent]! - this.#budgets.hi[oldSpent]!;
    }
    this.#lazy = !this.#fifo && !this.#set && budget !== CRASHES && budget !== PARTITIONS && this.cut === undefined && this.#tables === undefined;
    if (this.#lazy) {
      // The bag's fingerprint is known before the bag is: build it only for a new state.
      if (remove >= 0) {
        const envelope = record[remove]!;
        lo -= memo.envelopes.lo.at[envelope]!;
        hi -= memo.envelopes.hi.at[envelope]!;
      }
      this.lo = lo | 0;
      this.hi = hi | 0;
    } else {
      const network = this.network;
      network.lo = lo | 0;
      network.hi = hi | 0;
      const lost = budget === CRASHES ? this.#linksOf[party] : budget === PARTITIONS ? this.#masks[this.begun] : undefined;
      network.keep(record, at + this.header, at + record[at]!, { remove, delivered: (code & 3) === DELIVER, lost });
      if (transition >= 0) {
        network.send(transition, this.cut);
        if (this.#tables !== undefined) network.prune(this.#tables, record, at, { moved: party, to: memo.nextLocal.at[transition]! });
      }
      this.lo = network.lo;
      this.hi = network.hi;
    }
    this.history = history;
    this.code = code;
    this.#spent = spent;
    this.#transition = transition;
    this.#party = party;
    this.#remove = remove;
    return true;
  }

  /** Builds what is not built yet; the length of the candidate's record. */
  prepare(): number {
    if (this.#lazy) this.network.merge(this.#record, this.#at + this.header, this.#at + this.#record[this.#at]!, this.#remove, this.#transition);
    return this.header + this.network.length;
  }

  /** Writes the candidate's record, after `prepare`; its length word is the queue's to write. */
  write(chunk: Int32Array, to: number): void {
    const record = this.#record;
    const at = this.#at;
    const header = this.header;
    chunk[to + LO] = this.lo;
    chunk[to + HI] = this.hi;
    chunk[to + HISTORY] = this.history;
    chunk[to + SPENT] = this.#spent;
    for (let i = LOCALS; i < header; i++) chunk[to + i] = record[at + i]!;
    if (this.#transition >= 0) chunk[to + LOCALS + this.#party] = this.#memo.nextLocal.at[this.#transition]!;
    if (this.#set && this.#remove >= 0 && (this.code & 3) === DELIVER) chunk[to + LOCALS + this.#parties] = this.code >> 2;
    if (this.#memo.zones !== undefined) chunk[to + header - 1] = this.#zone;
    const { items, length } = this.network;
    for (let i = 0; i < length; i++) chunk[to + header + i] = items[i]!;
  }

  /** Makes the initial state the candidate, of these local states and what each party has sent; the length of its record. */
  begin({ locals, sends, zone }: ReturnType<Memo["begin"]>, history: number): number {
    const { network } = this;
    const zones = this.#memo.zones?.zones;
    this.#zone = zone;
    network.length = 0;
    network.lo = this.#budgets.lo[0]! + this.#tracker.lo.at[history]! + (zones?.lo.at[zone] ?? 0);
    network.hi = this.#budgets.hi[0]! + this.#tracker.hi.at[history]! + (zones?.hi.at[zone] ?? 0);
    for (const local of locals) {
      network.lo = (network.lo + this.#memo.locals.lo.at[local]!) | 0;
      network.hi = (network.hi + this.#memo.locals.hi.at[local]!) | 0;
    }
    for (const envelope of sends.flat()) network.add(envelope, true);
    this.history = history;
    return this.header + network.length;
  }

  /** Writes the record that `begin` has prepared. */
  writeFirst(chunk: Int32Array, to: number, locals: readonly number[]): void {
    const { network, header } = this;
    chunk[to + LO] = network.lo;
    chunk[to + HI] = network.hi;
    chunk[to + HISTORY] = this.history;
    chunk[to + SPENT] = 0;
    if (this.#set) chunk[to + header - 1] = -1;
    else if (this.#memo.zones !== undefined) chunk[to + header - 1] = this.#zone;
    chunk.set(locals, to + LOCALS);
    chunk.set(network.items.subarray(0, network.length), to + header);
  }
}
