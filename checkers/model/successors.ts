import type { ActorModel } from "../../harness/actor-model.ts";
import { CRASHES, DUPLICATES, LOSSES, LOST_WRITES, PARTITIONS, type SpentBudgets } from "./budgets.ts";
import { Candidate, HEAL } from "./candidate.ts";
import type { Flows } from "./flows.ts";
import type { HistoryTracker } from "./history-tracker.ts";
import { BLOCKED, budgetOf, DELIVER, DROP, DUPLICATE, IGNORED, LOCAL, type Memo } from "./memo.ts";
import { LOCALS, SPENT } from "./record.ts";
import type { Reduction } from "./reducer.ts";
import type { ReductionTables } from "./reduction/verdicts.ts";

/**
 * What follows a state, one candidate after the other: it is made (candidate.ts) and the sink is told, who asks for its
 * record if it is new.
 *
 * `expand` of (record, at) calls `sink.candidate()` once per successor, in a fixed order: deliveries by network item,
 * then each party's own steps, then the network's.
 */
export interface SuccessorSink {
  /** A successor, in `Successors.candidate`. True: it was not seen before. */
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

export class Successors {
  /** The successor that the sink is told of. */
  readonly candidate: Candidate;
  /** Set: deliveries that commute go alone. */
  readonly #ample: ReductionTables | undefined;
  readonly #sink: SuccessorSink;
  readonly #model: ActorModel;
  readonly #memo: Memo;
  readonly #flows: Flows;
  readonly #budgets: SpentBudgets;
  readonly #parties: number;
  readonly #header: number;
  readonly #fifo: boolean;
  readonly #consumes: boolean;
  /** Codes of the steps by which each cut begins, and the one by which any ends. */
  readonly #cutCodes: readonly number[];
  readonly #healCode: number;

  // The state that is being expanded.
  #record: Int32Array = new Int32Array(0);
  #at = 0;

  constructor(parts: SuccessorParts, sink: SuccessorSink) {
    const { memo, reduction } = parts;
    const { model } = memo;
    this.candidate = new Candidate({ ...parts, tables: reduction?.tables });
    this.#ample = reduction?.ample === true ? reduction.tables : undefined;
    this.#sink = sink;
    this.#model = model;
    this.#memo = memo;
    this.#flows = parts.flows;
    this.#budgets = parts.budgets;
    this.#parties = model.parties.length;
    this.#header = this.candidate.header;
    this.#fifo = model.network.order === "fifo";
    this.#consumes = model.network.noop === "consume";
    this.#cutCodes = model.cuts.map((_, cut) => (memo.input(-1, { input: "cut", cut }) << 2) | LOCAL);
    this.#healCode = model.cuts.length === 0 ? -1 : (memo.input(-1, { input: "heal" }) << 2) | LOCAL;
  }

  /** Tells all successors of `record[at …]`; false when nothing can happen any more but faults. */
  expand(record: Int32Array, at: number): boolean {
    this.#lookAt(record, at);
    if (this.#ample !== undefined && this.#alone(this.#ample)) return true;
    const delivered = this.#deliveries();
    const moved = this.#ownSteps();
    if (this.#cutCodes.length > 0) this.#partitions();
    return delivered || moved;
  }

  #lookAt(record: Int32Array, at: number): void {
    this.#record = record;
    this.#at = at;
    this.candidate.follow(record, at);
  }

  /** A partition comes or goes; nobody's progress. */
  #partitions(): void {
    if (this.candidate.cut !== undefined) this.#tell(-1, -1, this.#healCode, -1, HEAL);
    else if (this.#budgets.has(this.#record[this.#at + SPENT]!, PARTITIONS)) this.#cutCodes.forEach((code, cut) => this.#tellCut(code, cut));
  }

  #tellCut(code: number, cut: number): void {
    this.candidate.begun = cut;
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
    for (let i = at + this.#header; i < end; i++) {
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
    for (let i = at + this.#header; i < end; i++) {
      const envelope = this.#fifo ? this.#flows.head.at[record[i]!]! : record[i]!;
      const party = this.#memo.envelopeTo.at[envelope]!;
      if (party < this.#parties) this.#memo.transition(record[at + LOCALS + party]!, (envelope << 2) | DELIVER);
    }
    for (let i = at + this.#header; i < end; i++) {
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
    let item = at + this.#header;
    while ((this.#fifo ? this.#flows.head.at[record[item]!]! : record[item]!) !== id) item++;
    const party = this.#memo.envelopeTo.at[id]!;
    if ((code & 3) === DROP) this.#tell(-1, party, code, item, LOSSES);
    else {
      const transition = Math.max(-1, this.#memo.transition(record[at + LOCALS + party]!, (id << 2) | DELIVER));
      if ((code & 3) === DELIVER) this.#tell(transition, party, code, item, -1);
      else this.#tell(transition, party, code, -1, DUPLICATES);
    }
  }

  /** The successor by `transition` of `party`, as `Candidate.make` has it; true: it was not seen before. */
  #tell(transition: number, party: number, code: number, remove: number, budget: number): boolean {
    return this.candidate.make(transition, party, code, remove, budget) && this.#sink.candidate();
  }

  #mayCrash(): boolean {
    if (this.#model.downMax === Number.POSITIVE_INFINITY) return true;
    let down = 0;
    for (let party = 0; party < this.#model.servers; party++) down += this.#memo.localDown.at[this.#record[this.#at + LOCALS + party]!]!;
    return down < this.#model.downMax;
  }
}
