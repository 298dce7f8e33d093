import { type ActorModel, budgetKinds } from "../../harness/actor-model.ts";
import { assert } from "../../harness/assert.ts";
import { CRASHES, DUPLICATES, LOSSES, LOST_WRITES, PARTITIONS, type SpentBudgets } from "./budgets.ts";
import type { Flows } from "./flows.ts";
import type { HistoryTracker } from "./history-tracker.ts";
import { linksOf, maskOf } from "./link-masks.ts";
import { BLOCKED, budgetOf, DELIVER, DROP, DUPLICATE, IGNORED, LOCAL, type Memo } from "./memo.ts";
import { NetworkPart } from "./network-part.ts";
import { HI, HISTORY, LO, LOCALS, SPENT } from "./record.ts";
import type { Reduction } from "./reducer.ts";
import type { ReductionTables } from "./reduction/verdicts.ts";

/**
 * What follows a state, one candidate after the other: look up the transition, add its fingerprint delta, and tell the
 * sink. The candidate's fingerprint is known then; its record is made only if the sink asks for it (`prepare`, `write`),
 * which it does for the new ones, about half of them.
 *
 * `expand` of (record, at) calls `sink.candidate()` once per successor, in a fixed order: deliveries by network item,
 * then each party's own steps, then the network's.
 */
export interface SuccessorSink {
  /** A successor, in the fields of `Successors`. True: it was not seen before. */
  candidate(): boolean;
  /** The last candidate is told once more, among all the others. */
  retract(): void;
}

export interface SuccessorParts {
  readonly memo: Memo;
  readonly flows: Flows;
  readonly tracker: HistoryTracker;
  readonly budgets: SpentBudgets;
  /** What is left out; absent: nothing. */
  readonly reduction?: Reduction | undefined;
}

/** A budget beside the others: spends nothing, for the partition that lasts ends. */
const HEAL = budgetKinds.length;

export class Successors {
  // The candidate.
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

  /** Set: what can change nothing more is left out. */
  readonly #tables: ReductionTables | undefined;
  /** Set: deliveries that commute go alone. */
  readonly #ample: ReductionTables | undefined;

  readonly header: number;
  readonly network: NetworkPart;
  readonly #sink: SuccessorSink;
  readonly #model: ActorModel;
  readonly #memo: Memo;
  readonly #flows: Flows;
  readonly #tracker: HistoryTracker;
  readonly #budgets: SpentBudgets;
  readonly #parties: number;
  readonly #fifo: boolean;
  readonly #set: boolean;
  readonly #consumes: boolean;
  /** By party: the links to and from it, lost when it crashes; undefined where they outlive it. */
  readonly #linksOf: readonly (Uint8Array | undefined)[];
  /** By the model's cut: its links. */
  readonly #masks: readonly Uint8Array[];
  /** Codes of the steps by which each cut begins, and the one by which any ends. */
  readonly #cutCodes: readonly number[];
  readonly #healCode: number;

  // The state that is being expanded.
  #record: Int32Array = new Int32Array(0);
  #at = 0;
  /** Links that are cut there. */
  #cut: Uint8Array | undefined;
  /** Number of the cut that the candidate begins. */
  #begun = 0;

  constructor(parts: SuccessorParts, sink: SuccessorSink) {
    const { model } = parts.memo;
    this.#sink = sink;
    this.#tables = parts.reduction?.tables;
    this.#ample = parts.reduction?.ample === true ? this.#tables : undefined;
    this.#model = model;
    this.#memo = parts.memo;
    this.#flows = parts.flows;
    this.#tracker = parts.tracker;
    this.#budgets = parts.budgets;
    this.#parties = model.parties.length;
    this.#fifo = model.network.order === "fifo";
    this.#set = model.network.order === "set";
    this.#consumes = model.network.noop === "consume";
    assert(!this.#set || parts.memo.zones === undefined, "a network that repeats for ever has no clocks");
    this.header = LOCALS + this.#parties + (this.#set || parts.memo.zones !== undefined ? 1 : 0);
    this.network = new NetworkPart(parts.memo, parts.flows);
    this.#linksOf = model.parties.map((_, party) => (model.network.crashCutsLinks ? linksOf(party, this.#parties) : undefined));
    this.#masks = model.cuts.map(({ links }) => maskOf(links, this.#parties));
    this.#cutCodes = model.cuts.map((_, cut) => (parts.memo.input(-1, { input: "cut", cut }) << 2) | LOCAL);
    this.#healCode = model.cuts.length === 0 ? -1 : (parts.memo.input(-1, { input: "heal" }) << 2) | LOCAL;
  }

  /** Tells all successors of `record[at …]`; false when nothing can happen any more but faults. */
  expand(record: Int32Array, at: number): boolean {
    this.#lookAt(record, at);
    if (this.#ample !== undefined && this.#alone(this.#ample)) return true;
    const delivered = this.#deliveries();
    const moved = this.#ownSteps();
    if (this.#masks.length > 0) this.#partitions();
    return delivered || moved;
  }

  #lookAt(record: Int32Array, at: number): void {
    this.#record = record;
    this.#at = at;
    if (this.#masks.length > 0) this.#cut = this.#masks[this.#budgets.cutOf(record[at + SPENT]!)];
  }

  /** A partition comes or goes; nobody's progress. */
  #partitions(): void {
    if (this.#cut !== undefined) this.#tell(-1, -1, this.#healCode, -1, HEAL);
    else if (this.#budgets.has(this.#record[this.#at + SPENT]!, PARTITIONS)) this.#cutCodes.forEach((code, cut) => this.#tellCut(code, cut));
  }

  #tellCut(code: number, cut: number): void {
    this.#begun = cut;
    this.#tell(-1, -1, code, -1, PARTITIONS);
  }

  #deliveries(): boolean {
    const record = this.#record;
    const at = this.#at;
    const end = at + record[at]!;
    const memo = this.#memo;
    const canDrop = this.#budgets.has(record[at + SPENT]!, LOSSES);
    const canDuplicate = this.#budgets.has(record[at + SPENT]!, DUPLICATES);
    let live = false;
    let previous = -1;
    for (let i = at + this.header; i < end; i++) {
      const item = record[i]!;
      if (item === previous) continue;
      previous = item;
      const envelope = this.#fifo ? this.#flows.head.at[item]! : item;
      const party = memo.envelopeTo.at[envelope]!;
      const code = (envelope << 2) | DELIVER;
      const transition = party < this.#parties ? memo.transition(record[at + LOCALS + party]!, code) : BLOCKED;
      if (transition >= 0) {
        live = true;
        this.#tell(transition, party, code, i, -1);
        if (canDuplicate) this.#tell(transition, party, (envelope << 2) | DUPLICATE, -1, DUPLICATES);
      } else if (transition === IGNORED && this.#consumes) {
        live = true;
        this.#tell(-1, party, code, i, -1);
      }
      if (canDrop) this.#tell(-1, party, (envelope << 2) | DROP, i, LOSSES);
    }
    return live;
  }

  #ownSteps(): boolean {
    const record = this.#record;
    const at = this.#at;
    const memo = this.#memo;
    let live = false;
    for (let party = 0; party < this.#parties; party++) {
      const local = record[at + LOCALS + party]!;
      const events = memo.localEvents[local] ?? memo.listLocalEvents(local);
      for (let k = 0; k < events.length; k++) {
        const budget = (events[k]! & 7) - 1;
        if (budget >= 0 && !this.#budgets.has(record[at + SPENT]!, budget)) continue;
        const crash = budget === CRASHES;
        if (crash && !this.#mayCrash()) continue;
        const code = ((events[k]! >> 3) << 2) | LOCAL;
        const transition = memo.transition(local, code);
        if (transition < 0) continue;
        if (!crash && budget !== LOST_WRITES) live = true;
        this.#tell(transition, party, code, -1, budget);
      }
    }
    return live;
  }

  /**
   * Where some delivery commutes with all that can still happen to its receiver, its successor alone is enough, unless
   * it was seen before: then others could be put off for ever.
   */
  #alone(tables: ReductionTables): boolean {
    const record = this.#record;
    const at = this.#at;
    const end = at + record[at]!;
    // What is on its way has met its receiver here, also where another is explored alone.
    for (let i = at + this.header; i < end; i++) {
      const envelope = this.#fifo ? this.#flows.head.at[record[i]!]! : record[i]!;
      const party = this.#memo.envelopeTo.at[envelope]!;
      if (party < this.#parties) this.#memo.transition(record[at + LOCALS + party]!, (envelope << 2) | DELIVER);
    }
    for (let i = at + this.header; i < end; i++) {
      const envelope = this.#fifo ? this.#flows.head.at[record[i]!]! : record[i]!;
      const party = this.#memo.envelopeTo.at[envelope]!;
      if (party >= this.#parties) continue;
      const local = record[at + LOCALS + party]!;
      if (!tables.commutes(envelope, local)) continue;
      const code = (envelope << 2) | DELIVER;
      if (this.#tell(this.#memo.transition(local, code), party, code, i, -1)) return true;
      this.#sink.retract();
      return false;
    }
    return false;
  }

  /** Tells the one successor of `record[at …]` by event `code`, which must be possible there. */
  take(record: Int32Array, at: number, code: number): void {
    this.#lookAt(record, at);
    const id = code >> 2;
    if ((code & 3) === LOCAL) {
      const { party, input } = this.#memo.inputs.objects[id]!;
      if (input.input === "cut") return this.#tellCut(code, input.cut);
      if (input.input === "heal") return void this.#tell(-1, -1, code, -1, HEAL);
      this.#tell(this.#memo.transition(record[at + LOCALS + party]!, code), party, code, -1, budgetOf[input.input] - 1);
      return;
    }
    let item = at + this.header;
    while ((this.#fifo ? this.#flows.head.at[record[item]!]! : record[item]!) !== id) item++;
    const party = this.#memo.envelopeTo.at[id]!;
    if ((code & 3) === DROP) this.#tell(-1, party, code, item, LOSSES);
    else {
      const transition = Math.max(-1, this.#memo.transition(record[at + LOCALS + party]!, (id << 2) | DELIVER));
      if ((code & 3) === DELIVER) this.#tell(transition, party, code, item, -1);
      else this.#tell(transition, party, code, -1, DUPLICATES);
    }
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

  /**
   * Makes the successor by `transition` of `party` (-1: nobody reacts) the candidate, with network item `remove` taken
   * out and one of `budget` spent (-1: none). Five plain arguments: this is called for every successor, and an object
   * for each of them would cost more than all else here.
   */
  #tell(transition: number, party: number, code: number, remove: number, budget: number): boolean {
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
      spent = budget < PARTITIONS ? this.#budgets.spend(oldSpent, budget) : budget === HEAL ? this.#budgets.heal(oldSpent) : this.#budgets.cut(oldSpent, this.#begun);
      lo += this.#budgets.lo[spent]! - this.#budgets.lo[oldSpent]!;
      hi += this.#budgets.hi[spent]! - this.#budgets.hi[oldSpent]!;
    }
    this.#lazy = !this.#fifo && !this.#set && budget !== CRASHES && budget !== PARTITIONS && this.#cut === undefined && this.#tables === undefined;
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
      const lost = budget === CRASHES ? this.#linksOf[party] : budget === PARTITIONS ? this.#masks[this.#begun] : undefined;
      network.keep(record, at + this.header, at + record[at]!, { remove, delivered: (code & 3) === DELIVER, lost });
      if (transition >= 0) {
        network.send(transition, this.#cut);
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
    return this.#sink.candidate();
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

  #mayCrash(): boolean {
    if (this.#model.downMax === Number.POSITIVE_INFINITY) return true;
    let down = 0;
    for (let party = 0; party < this.#model.servers; party++) down += this.#memo.localDown.at[this.#record[this.#at + LOCALS + party]!]!;
    return down < this.#model.downMax;
  }
}
