import type { ActorModel, HistoryEvent } from "../../harness/actor-model.ts";
import type { LivenessProperty } from "../../harness/actor.ts";
import type { Budget } from "../../harness/budget.ts";
import { HarnessError } from "../../harness/errors.ts";
import { SpentBudgets } from "./budgets.ts";
import { Flows } from "./flows.ts";
import { FullTracker, type HistoryTracker, MonitorTracker } from "./history-tracker.ts";
import { brokenLeadsTo, EdgeList, type StateGraph } from "./liveness.ts";
import { BLOCKED, DELIVER, DROP, DUPLICATE, type EngineEvent, IGNORED, LOCAL, Memo } from "./memo.ts";
import { ProbedGraph } from "./probed-graph.ts";
import { type EngineDiscovery, Properties } from "./properties.ts";
import { reductionTables, type ReductionTables } from "./reduction.ts";
import { IntList, mix, RecordQueue, VisitedTable } from "./tables.ts";
import type { Team } from "./team.ts";

/**
 * Breadth-first exploration of an actor model on integers.
 *
 * Local non-determinism is tiny beside global: a few hundred local states and messages make millions of global states.
 * So each handler runs once per (local state, input), the result is remembered as integers, and a global step is:
 * look up the transition, add its fingerprint delta, probe the visited table, and, if the state is new (about half of
 * the time), copy its record.
 *
 *     record = [length, fingerprint lo, hi, history, spent budgets, local 0 … P-1, (last delivered), network …]
 *     network = any:  ids of the envelopes in flight, ascending, with repetition (a bag)
 *               set:  the same without repetition; nothing leaves it but by loss
 *               fifo: ids of the non-empty flows, by link; a flow is an interned queue of envelopes
 *
 * The fingerprint is the sum, in two 32-bit lanes, of the hashes of all components (AdHash; Bellare and Micciancio,
 * EUROCRYPT 1997): commutative, so the order of a bag does not matter, and the successor's is the state's plus a delta.
 * Every hash is salted with its slot, so two actors that swap states do not collide. States are numbered in the order
 * in which they are found, which is the order in which they are expanded, so parent links are two flat lists.
 */
export interface EngineOptions {
  readonly track: "history" | "monitor";
  readonly budget: Budget;
  readonly statesMax: number;
  /** States at this depth (the initial state has depth 1) are counted but not expanded. */
  readonly depthMax: number;
  readonly progress: ((progress: Progress) => void) | undefined;
  /** End as soon as a property is known to be broken. */
  readonly stopAtCounterexample: boolean;
  /**
   * Explore up to that many states in full; if that is not all, go on with reductions (reduction.ts). Undefined: never
   * reduce.
   */
  readonly reduceAfter: number | undefined;
}

export interface Progress {
  readonly unique: number;
  readonly generated: number;
  readonly depth: number;
  /** States found and not yet expanded. */
  readonly frontier: number;
}

// Record header.
const LO = 1;
const HI = 2;
const HISTORY = 3;
const SPENT = 4;
const LOCALS = 5;

const NETWORK_MAX = 4096;

/** One exploration; `run` once, then read. */
export class Engine {
  readonly model: ActorModel;
  readonly tracker: HistoryTracker;
  readonly memo: Memo;
  generated = 0;
  /** Of those: before a team's engine went its own way. */
  generatedBefore = 0;
  depth = 0;
  complete = false;
  /** Where clients begin: not the tracker's empty history when they call as they start. */
  initialHistory = 0;
  readonly terminalHistories: Set<number> = new Set();
  /** How often the reduced exploration was begun; 0: it was not reduced. */
  reducedPasses = 0;

  readonly #options: EngineOptions;
  readonly #parties: number;
  readonly #header: number;
  readonly #order: "fifo" | "any" | "set";
  readonly #consumes: boolean;

  readonly #memo: Memo;
  readonly #flows: Flows;
  readonly #graph: ProbedGraph;
  readonly #properties: Properties;
  readonly #budgets: SpentBudgets;
  #visited: VisitedTable | Team;
  #queue = new RecordQueue();
  #parents = new IntList();
  #events = new IntList();
  /** By history: number of the pass in which a state had it last. */
  readonly #historyPass: number[] = [];
  #pass = 0;

  // Liveness: all transitions, and which states have what each property asks for.
  readonly #edges: EdgeList | undefined;
  readonly #liveness: readonly { readonly property: LivenessProperty; readonly from: IntList; readonly to: IntList }[];

  // Reductions.
  #tables: ReductionTables | undefined;
  #ample = false;

  // The state that is being expanded.
  #record: Int32Array = new Int32Array(0);
  #at = 0;
  #number = 0;
  // The successor's network, and its fingerprint.
  readonly #net = new Int32Array(NETWORK_MAX);
  #netLength = 0;
  #lo = 0;
  #hi = 0;

  constructor(model: ActorModel, options: EngineOptions) {
    this.model = model;
    this.#options = options;
    this.memo = this.#memo = new Memo(model);
    this.#graph = new ProbedGraph(this.#memo);
    this.#parties = model.parties.length;
    this.#order = model.network.order;
    this.#header = LOCALS + this.#parties + (this.#order === "set" ? 1 : 0);
    this.#consumes = model.network.noop === "consume";
    this.#budgets = new SpentBudgets(model);
    this.#liveness = model.liveness.map((property) => ({ property, from: new IntList(), to: new IntList() }));
    this.#edges = model.liveness.length > 0 ? new EdgeList() : undefined;
    this.#visited = new VisitedTable({ numbered: this.#edges !== undefined });
    const threads = 1 + Math.max(-1, ...model.parties.map((party) => party.thread ?? -1));
    this.tracker = options.track === "history" ? new FullTracker(model.spec, this.#memo.lists, threads) : new MonitorTracker(model.spec, this.#memo.lists);
    this.#flows = new Flows(this.#parties * this.#parties, this.#memo.envelopes);
    this.#properties = new Properties(this.#memo, this.#flows);
  }

  /** States that this engine has found; of a team's engine: found first. */
  get unique(): number {
    return this.#parents.length;
  }

  /** In the order in which they were found. */
  get discoveries(): readonly EngineDiscovery[] {
    return this.#properties.discoveries;
  }

  get counts(): { readonly locals: number; readonly envelopes: number; readonly histories: number; readonly transitions: number } {
    return {
      locals: this.#memo.locals.length,
      envelopes: this.#memo.envelopes.length,
      histories: this.tracker.count - (this.initialHistory === this.tracker.initial ? 0 : 1),
      transitions: this.#memo.nextLocal.length,
    };
  }

  /** Explores until nothing is left, a bound is met, or the budget ends. */
  run(): void {
    const { reduceAfter, statesMax, stopAtCounterexample } = this.#options;
    if (reduceAfter === undefined || !this.#reducible) {
      this.complete = this.#explore(statesMax) === "exhausted";
      return;
    }
    const end = this.#explore(Math.min(reduceAfter, statesMax));
    this.complete = end === "exhausted";
    const found = stopAtCounterexample && this.#properties.broken;
    if (this.complete || found || end === "budget" || this.unique >= statesMax) return;
    this.#exploreReduced();
  }

  /** The most (local state, message) pairs of a party that are looked at for ample sets: deciding costs handler calls. */
  static readonly #amplePairsMax = 5_000;

  /** The fixpoint: until no verdict is contradicted by what the exploration that used it has met. */
  #exploreReduced(): void {
    // A delivery that a property of the servers' states could see, or a fault could prevent, never goes alone.
    const { losses, duplicates, crashes } = this.model.budgets;
    const pairs = (this.#memo.locals.length / this.#parties) * (this.#memo.envelopes.length / this.#parties);
    this.#ample = this.model.properties.length === 0 && losses + duplicates + crashes === 0 && pairs <= Engine.#amplePairsMax;
    for (;;) {
      const tables = this.#decide();
      this.#reset();
      this.#tables = tables;
      this.reducedPasses++;
      const end = this.#explore(this.#options.statesMax);
      if (end !== "contradicted" && !tables.contradictedBy(this.#decide())) {
        this.complete = end === "exhausted";
        return;
      }
      if (end === "budget") {
        // Nothing that a contradicted pass has found counts.
        this.#properties.reset();
        this.complete = false;
        return;
      }
    }
  }

  #decide(): ReductionTables {
    return reductionTables(this.#graph.graph(), { ample: this.#ample, used: this.#tables });
  }

  get #reducible(): boolean {
    if (this.#order === "set" || this.model.stateProperties.length > 0 || this.#edges !== undefined) return false;
    return this.#order === "any" || this.#consumes;
  }

  #reset(): void {
    this.#visited = new VisitedTable();
    this.#queue = new RecordQueue();
    this.#parents = new IntList();
    this.#events = new IntList();
    this.#properties.reset();
    this.terminalHistories.clear();
  }

  #explore(statesMax: number): "exhausted" | "bounded" | "budget" | "contradicted" {
    const { depthMax, budget, progress, stopAtCounterexample } = this.#options;
    this.#pass++;
    this.#begin();
    let levelEnd = 1;
    this.depth = 1;
    let expanded = 0;
    let transitionsChecked = this.#memo.nextLocal.length;
    while (this.#queue.shift()) {
      if (expanded === levelEnd) {
        levelEnd = this.unique;
        this.depth++;
      }
      if (this.depth >= depthMax) return "bounded";
      this.#record = this.#queue.readChunk;
      this.#at = this.#queue.readAt;
      this.#number = expanded++;
      this.#edges?.begin();
      this.#expand();
      if (this.unique >= statesMax || (stopAtCounterexample && this.#properties.broken)) return "bounded";
      if ((expanded & 0x3ff) !== 0) continue;
      if (!budget.spend(1024)) return "budget";
      if ((expanded & 0xffff) === 0) {
        progress?.({ unique: this.unique, generated: this.generated, depth: this.depth, frontier: this.#queue.size });
      }
      // A verdict that no longer holds is better found early.
      if (this.#tables !== undefined && this.#memo.nextLocal.length > transitionsChecked * 1.2) {
        transitionsChecked = this.#memo.nextLocal.length;
        if (this.#tables.contradictedBy(this.#decide())) return "contradicted";
      }
    }
    return "exhausted";
  }

  /**
   * This worker's share of a team's exploration. All workers walk the first levels alone, and alike; when a level is
   * large enough each keeps its part of it, and from there on whatever it finds first. Returns what the whole team has
   * found, and from which number on the states are this worker's own.
   */
  exploreShare(team: Team, options: { readonly splitAt: number; readonly overrun: () => boolean }): { readonly unique: number; readonly split: number; readonly complete: boolean } {
    const { depthMax, statesMax, stopAtCounterexample } = this.#options;
    this.#pass++;
    this.#begin();
    this.depth = 0;
    let expanded = 0;
    let split = Number.POSITIVE_INFINITY;
    let splitEnd = 0;
    let reported = 0;
    let stop = false;
    for (;;) {
      const levelEnd = this.unique;
      this.depth++;
      if (this.depth >= depthMax) break;
      while (expanded < levelEnd && this.#queue.shift()) {
        this.#number = expanded++;
        if (this.#number < splitEnd && (this.#number - split) % team.size !== team.index) continue;
        this.#record = this.#queue.readChunk;
        this.#at = this.#queue.readAt;
        this.#expand();
        if ((expanded & 0x3ff) === 0 && options.overrun()) {
          stop = true;
          break;
        }
      }
      if (split === Number.POSITIVE_INFINITY) {
        if (this.#queue.size === 0) return { unique: this.unique, split, complete: !stop };
        if (this.#queue.size < options.splitAt && !stop) continue;
        split = expanded;
        splitEnd = this.unique;
        reported = this.unique;
        if (team.index === 0 && "length" in this.#visited) team.insertAll(this.#visited);
        this.generatedBefore = this.generated;
        team.meet({ found: team.index === 0 ? this.unique : 0, frontier: 0, stop: false });
        this.#visited = team;
        continue;
      }
      const found = this.unique - reported;
      reported = this.unique;
      const counterexample = stopAtCounterexample && this.#properties.broken;
      const all = team.meet({ found, frontier: this.#queue.size, stop: stop || counterexample });
      if (all.frontier === 0) return { unique: all.unique, split, complete: !all.stop };
      if (all.stop || all.unique >= statesMax) return { unique: all.unique, split, complete: false };
    }
    const all = split === Number.POSITIVE_INFINITY ? { unique: this.unique } : team.meet({ found: this.unique - reported, frontier: 0, stop: true });
    return { unique: all.unique, split, complete: false };
  }

  /** Whether a state of the last pass had this history. */
  reached(history: number): boolean {
    return this.#historyPass[history] === this.#pass;
  }

  /** The steps from the initial state to state `number`. */
  path(number: number): EngineEvent[] {
    const codes: number[] = [];
    for (let at = number; at > 0; at = this.#parents.get(at)) codes.push(this.#events.get(at));
    return codes.reverse().map((code) => this.#memo.eventOf(code));
  }

  // ---------------------------------------------------------------- the initial state

  #begin(): void {
    const events: HistoryEvent[] = [];
    let lo = this.#budgets.lo[0]!;
    let hi = this.#budgets.hi[0]!;
    const locals: number[] = [];
    this.#netLength = 0;
    this.model.parties.forEach((party, id) => {
      const begun = party.begin();
      this.#memo.handlerCalls++;
      const local = this.#memo.local(id, begun.local);
      locals.push(local);
      lo = (lo + this.#memo.locals.lo.at[local]!) | 0;
      hi = (hi + this.#memo.locals.hi.at[local]!) | 0;
      events.push(...begun.events);
      this.#lo = lo;
      this.#hi = hi;
      for (const { to, message } of begun.sends) this.#addEnvelope(this.#memo.envelope({ from: id, to, message }), true);
      lo = this.#lo;
      hi = this.#hi;
    });
    const history = this.tracker.next(this.tracker.initial, this.#memo.lists.id(events));
    this.initialHistory = history;
    this.#lo = (lo + this.tracker.lo.at[history]!) | 0;
    this.#hi = (hi + this.tracker.hi.at[history]!) | 0;
    this.generated = 1;
    this.#historyPass[history] = this.#pass;
    this.#visited.insert(this.#lo, this.#hi);
    const length = this.#header + this.#netLength;
    this.#queue.reserve(length);
    const chunk = this.#queue.writeChunk;
    const at = this.#queue.writeAt;
    chunk[at + LO] = this.#lo;
    chunk[at + HI] = this.#hi;
    chunk[at + HISTORY] = history;
    chunk[at + SPENT] = 0;
    locals.forEach((local, id) => (chunk[at + LOCALS + id] = local));
    if (this.#order === "set") chunk[at + LOCALS + this.#parties] = -1;
    chunk.set(this.#net.subarray(0, this.#netLength), at + this.#header);
    this.#parents.push(-1);
    this.#events.push(-1);
    this.#inspect(chunk, at, length, history, 0);
    this.#queue.commit(length);
  }

  // ---------------------------------------------------------------- one state's successors

  #expand(): void {
    const record = this.#record;
    const at = this.#at;
    const end = at + record[at]!;
    let live = false;
    let previous = -1;
    if (this.#ample && this.#tables !== undefined && this.#expandAlone(this.#tables)) return;
    const canDrop = this.#budgets.has(record[at + SPENT]!, 0);
    const canDuplicate = this.#budgets.has(record[at + SPENT]!, 1);
    for (let i = at + this.#header; i < end; i++) {
      const item = record[i]!;
      if (item === previous) continue;
      previous = item;
      const envelope = this.#order === "fifo" ? this.#flows.head.at[item]! : item;
      const party = this.#memo.envelopeTo.at[envelope]!;
      const code = (envelope << 2) | DELIVER;
      const local = party < this.#parties ? record[at + LOCALS + party]! : -1;
      const transition = local < 0 ? BLOCKED : this.#memo.transition(local, code);
      if (transition >= 0) {
        live = true;
        this.#successor(transition, { remove: i, party, code, budget: -1 });
        if (canDuplicate) this.#successor(transition, { remove: -1, party, code: (envelope << 2) | DUPLICATE, budget: 1 });
      } else if (transition === IGNORED && this.#consumes) {
        live = true;
        this.#successor(-1, { remove: i, party, code, budget: -1 });
      }
      if (canDrop) this.#successor(-1, { remove: i, party, code: (envelope << 2) | DROP, budget: 0 });
    }
    for (let party = 0; party < this.#parties; party++) {
      const local = record[at + LOCALS + party]!;
      const events = this.#memo.localEvents[local] ?? this.#memo.listLocalEvents(local);
      for (let k = 0; k < events.length; k++) {
        const id = events[k]! >> 3;
        const budget = (events[k]! & 7) - 1;
        if (budget >= 0 && !this.#budgets.has(record[at + SPENT]!, budget)) continue;
        const crash = budget === 2;
        if (crash && !this.#mayCrash()) continue;
        const code = (id << 2) | LOCAL;
        const transition = this.#memo.transition(local, code);
        if (transition < 0) continue;
        if (!crash) live = true;
        this.#successor(transition, { remove: -1, party, code, budget });
      }
    }
    if (!live) this.terminalHistories.add(record[at + HISTORY]!);
  }

  /**
   * Where some delivery commutes with all that can still happen to its receiver, its successor alone is enough, unless
   * it was seen before: then others could be put off for ever.
   */
  #expandAlone(tables: ReductionTables): boolean {
    const record = this.#record;
    const at = this.#at;
    const end = at + record[at]!;
    // What is on its way has met its receiver here, also where another is explored alone.
    for (let i = at + this.#header; i < end; i++) {
      const envelope = this.#order === "fifo" ? this.#flows.head.at[record[i]!]! : record[i]!;
      const party = this.#memo.envelopeTo.at[envelope]!;
      if (party < this.#parties) this.#memo.transition(record[at + LOCALS + party]!, (envelope << 2) | DELIVER);
    }
    for (let i = at + this.#header; i < end; i++) {
      const envelope = this.#order === "fifo" ? this.#flows.head.at[record[i]!]! : record[i]!;
      const party = this.#memo.envelopeTo.at[envelope]!;
      if (party >= this.#parties) continue;
      const local = record[at + LOCALS + party]!;
      if (!tables.commutes(envelope, local)) continue;
      const code = (envelope << 2) | DELIVER;
      const before = this.unique;
      this.#successor(this.#memo.transition(local, code), { remove: i, party, code, budget: -1 });
      if (this.unique > before) return true;
      // It is counted when the state is expanded in full.
      this.generated--;
      return false;
    }
    return false;
  }

  /**
   * The successor by `transition` of `party` (-1: nobody reacts), with network item `remove` taken out (-1: none).
   * Computes its fingerprint, and files it when it is new.
   */
  #successor(transition: number, step: StepShape): void {
    const record = this.#record;
    const at = this.#at;
    this.generated++;
    const oldSpent = record[at + SPENT]!;
    const oldHistory = record[at + HISTORY]!;
    let spent = oldSpent;
    let history = oldHistory;
    let lo = record[at + LO]!;
    let hi = record[at + HI]!;
    if (transition >= 0) {
      lo += this.#memo.deltaLo.at[transition]!;
      hi += this.#memo.deltaHi.at[transition]!;
      const events = this.#memo.transitionEvents.at[transition]!;
      if (events !== 0) {
        history = this.tracker.next(oldHistory, events);
        lo += this.tracker.lo.at[history]! - this.tracker.lo.at[oldHistory]!;
        hi += this.tracker.hi.at[history]! - this.tracker.hi.at[oldHistory]!;
      }
    }
    if (step.budget >= 0) {
      spent = this.#budgets.spend(oldSpent, step.budget);
      lo += this.#budgets.lo[spent]! - this.#budgets.lo[oldSpent]!;
      hi += this.#budgets.hi[spent]! - this.#budgets.hi[oldSpent]!;
    }
    const lazy = this.#order === "any" && step.budget !== 2 && this.#tables === undefined;
    if (lazy) {
      // The bag's fingerprint is known before the bag is: build it only for a new state.
      if (step.remove >= 0) {
        const envelope = record[step.remove]!;
        lo -= this.#memo.envelopes.lo.at[envelope]!;
        hi -= this.#memo.envelopes.hi.at[envelope]!;
      }
      lo |= 0;
      hi |= 0;
    } else {
      this.#lo = lo | 0;
      this.#hi = hi | 0;
      this.#buildNetwork(transition, step);
      if (this.#tables !== undefined && transition >= 0) this.#pruneNetwork(this.#tables, step.party, this.#memo.nextLocal.at[transition]!);
      lo = this.#lo;
      hi = this.#hi;
    }
    const fresh = this.#visited.insert(lo, hi);
    if (this.#edges !== undefined && "last" in this.#visited) this.#edges.push(this.#visited.last, step.code);
    if (!fresh) return;
    if (lazy) this.#mergeBag(transition, step.remove);

    const length = this.#header + this.#netLength;
    this.#queue.reserve(length);
    const chunk = this.#queue.writeChunk;
    const to = this.#queue.writeAt;
    chunk[to + LO] = lo;
    chunk[to + HI] = hi;
    chunk[to + HISTORY] = history;
    chunk[to + SPENT] = spent;
    for (let i = LOCALS; i < this.#header; i++) chunk[to + i] = record[at + i]!;
    if (transition >= 0) chunk[to + LOCALS + step.party] = this.#memo.nextLocal.at[transition]!;
    if (this.#order === "set" && step.remove >= 0 && (step.code & 3) === DELIVER) chunk[to + LOCALS + this.#parties] = step.code >> 2;
    for (let i = 0; i < this.#netLength; i++) chunk[to + this.#header + i] = this.#net[i]!;
    this.#parents.push(this.#number);
    this.#events.push(step.code);
    this.#historyPass[history] = this.#pass;
    this.#inspect(chunk, to, length, history, oldHistory);
    this.#queue.commit(length);
  }

  /** The successor's bag: the state's without item `remove`, merged with the transition's sends. Both are sorted. */
  #mergeBag(transition: number, remove: number): void {
    const record = this.#record;
    const end = this.#at + record[this.#at]!;
    const net = this.#net;
    const sends = this.#memo.sendPool.at;
    let send = transition < 0 ? 0 : this.#memo.sendsFrom.at[transition]!;
    const sendEnd = transition < 0 ? 0 : this.#memo.sendsTo.at[transition]!;
    let n = 0;
    for (let i = this.#at + this.#header; i < end; i++) {
      if (i === remove) continue;
      const item = record[i]!;
      while (send < sendEnd && sends[send]! <= item) net[n++] = sends[send++]!;
      net[n++] = item;
    }
    while (send < sendEnd) net[n++] = sends[send++]!;
    this.#netLength = n;
    if (n >= NETWORK_MAX) throw networkFull();
  }

  /** The successor's network where its fingerprint depends on what is there already: flows, sets, crashes. */
  #buildNetwork(transition: number, step: StepShape): void {
    const record = this.#record;
    const at = this.#at;
    const end = at + record[at]!;
    const net = this.#net;
    const cut = step.budget === 2 && this.model.network.crashCutsLinks ? step.party : -1;
    let n = 0;
    for (let i = at + this.#header; i < end; i++) {
      const item = record[i]!;
      if (cut >= 0 && this.#touches(item, cut)) {
        this.#leaves(item);
        continue;
      }
      if (i !== step.remove) {
        net[n++] = item;
        continue;
      }
      if (this.#order === "fifo") {
        const rest = this.#flows.pop(item);
        this.#leaves(item);
        if (rest >= this.#flows.empty) {
          this.#enters(rest);
          net[n++] = rest;
        }
      } else if (this.#order === "set" && (step.code & 3) === DELIVER) {
        net[n++] = item;
        const last = record[at + LOCALS + this.#parties]!;
        if (last >= 0) {
          this.#lo = (this.#lo - mix(1, this.#memo.envelopes.lo.at[last]!)) | 0;
          this.#hi = (this.#hi - mix(1, this.#memo.envelopes.hi.at[last]!)) | 0;
        }
        this.#lo = (this.#lo + mix(1, this.#memo.envelopes.lo.at[item]!)) | 0;
        this.#hi = (this.#hi + mix(1, this.#memo.envelopes.hi.at[item]!)) | 0;
      } else this.#leaves(item);
    }
    this.#netLength = n;
    if (transition < 0) return;
    const counted = this.#order === "any";
    const sends = this.#memo.sendPool.at;
    const sendEnd = this.#memo.sendsTo.at[transition]!;
    for (let send = this.#memo.sendsFrom.at[transition]!; send < sendEnd; send++) this.#addEnvelope(sends[send]!, !counted);
  }

  /** Takes out what can change nothing more, now that `moved` is in local state `to`. */
  #pruneNetwork(tables: ReductionTables, moved: number, to: number): void {
    const net = this.#net;
    const around = { list: this.#record, at: this.#at + LOCALS, moved, to };
    let n = 0;
    for (let i = 0; i < this.#netLength; i++) {
      const item = net[i]!;
      const party = this.#order === "fifo" ? this.#flows.link.at[item]! % this.#parties : this.#memo.envelopeTo.at[item]!;
      const receiver = party === moved ? to : party < this.#parties ? this.#record[this.#at + LOCALS + party]! : -1;
      if (receiver < 0) net[n++] = item;
      else if (this.#order === "any") {
        if (tables.useless(item, receiver, around)) this.#leaves(item);
        else net[n++] = item;
      } else {
        const queue = this.#flows.hashes.objects[item]!;
        if (!queue.some((envelope) => tables.useless(envelope, receiver, around))) {
          net[n++] = item;
          continue;
        }
        this.#leaves(item);
        const rest = this.#flows.of(this.#flows.link.at[item]!, queue.filter((envelope) => !tables.useless(envelope, receiver, around)));
        if (rest < this.#flows.empty) continue;
        this.#enters(rest);
        net[n++] = rest;
      }
    }
    this.#netLength = n;
  }

  /** Puts an envelope into the successor's network. `hashed`: its hash is not in the fingerprint yet. */
  #addEnvelope(envelope: number, hashed: boolean): void {
    const net = this.#net;
    if (this.#netLength + 1 >= NETWORK_MAX) throw networkFull();
    if (this.#order === "fifo") {
      const link = this.#linkOf(envelope);
      let i = 0;
      while (i < this.#netLength && this.#flows.link.at[net[i]!]! < link) i++;
      const present = i < this.#netLength && this.#flows.link.at[net[i]!] === link;
      const flow = this.#flows.push(present ? net[i]! : link, envelope);
      if (present) this.#leaves(net[i]!);
      else {
        net.copyWithin(i + 1, i, this.#netLength);
        this.#netLength++;
      }
      net[i] = flow;
      this.#enters(flow);
      return;
    }
    let i = 0;
    while (i < this.#netLength && net[i]! < envelope) i++;
    if (this.#order === "set" && i < this.#netLength && net[i] === envelope) return;
    net.copyWithin(i + 1, i, this.#netLength);
    net[i] = envelope;
    this.#netLength++;
    if (hashed) this.#enters(envelope);
  }

  #enters(item: number): void {
    const hashes = this.#order === "fifo" ? this.#flows.hashes : this.#memo.envelopes;
    this.#lo = (this.#lo + hashes.lo.at[item]!) | 0;
    this.#hi = (this.#hi + hashes.hi.at[item]!) | 0;
  }

  #leaves(item: number): void {
    const hashes = this.#order === "fifo" ? this.#flows.hashes : this.#memo.envelopes;
    this.#lo = (this.#lo - hashes.lo.at[item]!) | 0;
    this.#hi = (this.#hi - hashes.hi.at[item]!) | 0;
  }

  #touches(item: number, party: number): boolean {
    const envelope = this.#order === "fifo" ? this.#flows.head.at[item]! : item;
    return this.#memo.envelopeFrom.at[envelope] === party || this.#memo.envelopeTo.at[envelope] === party;
  }

  #mayCrash(): boolean {
    if (this.model.downMax === Number.POSITIVE_INFINITY) return true;
    let down = 0;
    for (let party = 0; party < this.model.servers; party++) down += this.#memo.localDown.at[this.#record[this.#at + LOCALS + party]!]!;
    return down < this.model.downMax;
  }

  // ---------------------------------------------------------------- the memo

  #linkOf(envelope: number): number {
    return this.#memo.envelopeFrom.at[envelope]! * this.#parties + this.#memo.envelopeTo.at[envelope]!;
  }

  // ---------------------------------------------------------------- properties

  /** Looks at a state that was just found; the first discovery of each property is kept. */
  #inspect(chunk: Int32Array, at: number, length: number, history: number, before: number): void {
    const state = this.unique - 1;
    if (history !== before && !this.tracker.linearizable(history)) this.#properties.notLinearizable(state);
    if (this.#liveness.length > 0) this.#note(chunk.subarray(at + LOCALS, at + LOCALS + this.#parties), state);
    if (!this.#properties.open) return;
    this.#properties.inspect(chunk.subarray(at + LOCALS, at + LOCALS + this.model.servers), chunk.subarray(at + this.#header, at + length), state);
  }

  /** What the liveness properties ask of this state, one bit each. */
  #note(locals: Int32Array, state: number): void {
    const shown = Array.from(locals, (local) => {
      const { party, local: object } = this.#memo.locals.objects[local]!;
      return this.model.parties[party]!.show(object);
    });
    const seen = { servers: shown.slice(0, this.model.servers), clients: shown.slice(this.model.servers) };
    for (const { property, from, to } of this.#liveness) {
      from.push(property.from === undefined ? (state === 0 ? 1 : 0) : property.from(seen) ? 1 : 0);
      to.push(property.to(seen) ? 1 : 0);
    }
  }

  /** Runs that break the liveness properties; only of a complete exploration. O(states + transitions) each. */
  *brokenLiveness(): IterableIterator<{ readonly property: string; readonly path: EngineEvent[]; readonly loop: EngineEvent[] }> {
    const edges = this.#edges;
    if (edges === undefined || !this.complete) return;
    const graph: StateGraph = {
      states: this.unique,
      parties: this.#parties,
      firstEdge: (state) => edges.first(state),
      target: (edge) => edges.targets.get(edge),
      owner: (edge) => this.#ownerOf(edges.codes.get(edge)),
    };
    for (const { property, from, to } of this.#liveness) {
      const lasso = brokenLeadsTo(graph, { from: (state) => from.get(state) === 1, to: (state) => to.get(state) === 1, fair: property.fair });
      if (lasso === undefined) continue;
      const events = (list: readonly number[]): EngineEvent[] => list.map((edge) => this.#memo.eventOf(edges.codes.get(edge)));
      yield { property: property.name, path: [...this.path(lasso.from), ...events(lasso.stem)], loop: events(lasso.loop) };
    }
  }

  /** Whose step it is; -1: nobody owes a loss, a repetition or a crash. */
  #ownerOf(code: number): number {
    const id = code >> 2;
    if ((code & 3) === DELIVER) return this.#memo.envelopeTo.at[id]!;
    if ((code & 3) !== LOCAL) return -1;
    const { party, input } = this.#memo.inputs.objects[id]!;
    return input.input === "crash" ? -1 : party;
  }

}

function networkFull(): HarnessError {
  return new HarnessError("TABLE_FULL", `more than ${NETWORK_MAX} messages are in flight in one state`, {
    nextStep: "bound the model: timers and choices that send for ever need a budget or a depth",
  });
}

interface StepShape {
  /** Index in the current record of the network item that is used up; -1: none. */
  readonly remove: number;
  readonly party: number;
  /** What the parent link remembers. */
  readonly code: number;
  /** Index of the budget that is spent; -1: none. */
  readonly budget: number;
}
