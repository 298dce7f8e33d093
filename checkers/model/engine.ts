import { type ActorModel, type HistoryEvent, type MessageProperty, type PartyInput, type PartyStep, type StateProperty } from "../../harness/actor-model.ts";
import type { LivenessProperty, SystemProperty } from "../../harness/actor.ts";
import { assert } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Budget } from "../../harness/budget.ts";
import { canonicalJson, deepFreeze, equalJson, type Json } from "../../harness/json.ts";
import { brokenLeadsTo, type StateGraph } from "./liveness.ts";
import { type GraphEffect, type GraphSend, type GraphTransition, type LocalGraph, reductionTables, type ReductionTables } from "./reduction.ts";
import { EventLists, FullTracker, type HistoryTracker, MonitorTracker } from "./history-tracker.ts";
import type { Team } from "./team.ts";
import { IntList, Interner, lanes, mix, PairTable, RecordQueue, VisitedTable, Column } from "./tables.ts";

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

/** What the parent link remembers of a step. */
export type EngineEvent =
  | { readonly kind: "deliver" | "drop" | "duplicate"; readonly envelope: Envelope }
  | { readonly kind: "local"; readonly party: number; readonly input: PartyInput };

export interface Envelope {
  readonly from: number;
  readonly to: number;
  readonly message: Json;
}

export interface EngineDiscovery {
  readonly property: string;
  readonly kind: "counterexample" | "example";
  readonly state: number;
}

interface LocalEvent {
  readonly party: number;
  readonly input: PartyInput;
}

// Record header.
const LO = 1;
const HI = 2;
const HISTORY = 3;
const SPENT = 4;
const LOCALS = 5;

// Outcomes of the transition memo that are no transition.
const IGNORED = -1;
const BLOCKED = -2;

// The low bits of an event code.
const DELIVER = 0;
const DROP = 1;
const DUPLICATE = 2;
const LOCAL = 3;

const NETWORK_MAX = 4096;

/** One exploration; `run` once, then read. */
export class Engine {
  readonly model: ActorModel;
  readonly tracker: HistoryTracker;
  readonly discoveries: EngineDiscovery[] = [];
  generated = 0;
  /** Of those: before a team's engine went its own way. */
  generatedBefore = 0;
  depth = 0;
  complete = false;
  handlerCalls = 0;
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

  readonly #locals = new Interner<{ readonly party: number; readonly local: Json }>("local");
  readonly #localEvents: (Int32Array | undefined)[] = [];
  readonly #localDown = new Column();
  readonly #envelopes = new Interner<Envelope>("envelope");
  readonly #envelopeFrom = new Column();
  readonly #envelopeTo = new Column();
  readonly #inputs = new Interner<LocalEvent>("input");
  readonly #lists = new EventLists();

  // Transitions: (local, event code) → row.
  readonly #transitions = new PairTable(1 << 12);
  readonly #nextLocal = new Column();
  readonly #fromLocal = new Column();
  readonly #transitionCode = new Column();
  readonly #sendsFrom = new Column();
  readonly #sendsTo = new Column();
  readonly #sendPool = new Column();
  readonly #transitionEvents = new Column();
  readonly #deltaLo = new Column();
  readonly #deltaHi = new Column();

  // Flows (fifo): ids below P*P are the empty flows of the links.
  readonly #flows = new Interner<readonly number[]>("flow");
  readonly #flowLink = new Column();
  readonly #flowHead = new Column();
  readonly #flowPop = new Column();
  readonly #flowPush = new PairTable();
  readonly #emptyFlows: number;

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
  readonly #probes = new PairTable();

  // The state that is being expanded.
  #record: Int32Array = new Int32Array(0);
  #at = 0;
  #number = 0;
  // The successor's network, and its fingerprint.
  readonly #net = new Int32Array(NETWORK_MAX);
  #netLength = 0;
  #lo = 0;
  #hi = 0;

  #openMessageProperties: MessageProperty[];
  readonly #messageVerdicts = new Map<MessageProperty, Map<number, boolean>>();
  #openActorProperties: SystemProperty[];
  #openStateProperties: StateProperty[];
  #actorTuples = new VisitedTable({ slots: 1 << 10 });
  #linearizableSoFar = true;

  constructor(model: ActorModel, options: EngineOptions) {
    this.model = model;
    this.#options = options;
    this.#parties = model.parties.length;
    this.#order = model.network.order;
    this.#header = LOCALS + this.#parties + (this.#order === "set" ? 1 : 0);
    this.#consumes = model.network.noop === "consume";
    this.#budgets = new SpentBudgets(model);
    this.#liveness = model.liveness.map((property) => ({ property, from: new IntList(), to: new IntList() }));
    this.#edges = model.liveness.length > 0 ? new EdgeList() : undefined;
    this.#visited = new VisitedTable({ numbered: this.#edges !== undefined });
    this.#openMessageProperties = [...model.messageProperties];
    this.#openActorProperties = [...model.properties];
    this.#openStateProperties = [...model.stateProperties];
    const threads = 1 + Math.max(-1, ...model.parties.map((party) => party.thread ?? -1));
    this.tracker = options.track === "history" ? new FullTracker(model.spec, this.#lists, threads) : new MonitorTracker(model.spec, this.#lists);
    this.#emptyFlows = this.#parties * this.#parties;
    for (let link = 0; link < this.#emptyFlows; link++) {
      this.#flows.add(`empty ${link}`, [], 0, 0);
      this.#flowLink.push(link);
      this.#flowHead.push(-1);
      this.#flowPop.push(-1);
    }
  }

  /** States that this engine has found; of a team's engine: found first. */
  get unique(): number {
    return this.#parents.length;
  }
  get counts(): { readonly locals: number; readonly envelopes: number; readonly histories: number; readonly transitions: number } {
    return {
      locals: this.#locals.length,
      envelopes: this.#envelopes.length,
      histories: this.tracker.count - (this.initialHistory === this.tracker.initial ? 0 : 1),
      transitions: this.#nextLocal.length,
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
    const found = stopAtCounterexample && this.#counterexample;
    if (this.complete || found || end === "budget" || this.unique >= statesMax) return;
    this.#exploreReduced();
  }

  /** The most (local state, message) pairs of a party that are looked at for ample sets: deciding costs handler calls. */
  static readonly #amplePairsMax = 50_000;

  /** The fixpoint: until no verdict is contradicted by what the exploration that used it has met. */
  #exploreReduced(): void {
    // A delivery that a property of the servers' states could see, or a fault could prevent, never goes alone.
    const { losses, duplicates, crashes } = this.model.budgets;
    const pairs = (this.#locals.length / this.#parties) * (this.#envelopes.length / this.#parties);
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
        this.discoveries.length = 0;
        this.complete = false;
        return;
      }
    }
  }

  #decide(): ReductionTables {
    return reductionTables(this.#graph(), { ample: this.#ample, used: this.#tables });
  }

  get #reducible(): boolean {
    if (this.#order === "set" || this.model.stateProperties.length > 0 || this.#edges !== undefined) return false;
    return this.#order === "any" || this.#consumes;
  }

  get #counterexample(): boolean {
    return this.discoveries.some(({ kind }) => kind === "counterexample");
  }

  #reset(): void {
    this.#visited = new VisitedTable();
    this.#queue = new RecordQueue();
    this.#parents = new IntList();
    this.#events = new IntList();
    this.#openMessageProperties = [...this.model.messageProperties];
    this.#openActorProperties = [...this.model.properties];
    this.#actorTuples = new VisitedTable({ slots: 1 << 10 });
    this.#linearizableSoFar = true;
    this.discoveries.length = 0;
    this.terminalHistories.clear();
  }

  #explore(statesMax: number): "exhausted" | "bounded" | "budget" | "contradicted" {
    const { depthMax, budget, progress, stopAtCounterexample } = this.#options;
    this.#pass++;
    this.#begin();
    let levelEnd = 1;
    this.depth = 1;
    let expanded = 0;
    let transitionsChecked = this.#nextLocal.length;
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
      if (this.unique >= statesMax || (stopAtCounterexample && this.#counterexample)) return "bounded";
      if ((expanded & 0x3ff) !== 0) continue;
      if (!budget.spend(1024)) return "budget";
      if ((expanded & 0xffff) === 0) {
        progress?.({ unique: this.unique, generated: this.generated, depth: this.depth, frontier: this.#queue.size });
      }
      // A verdict that no longer holds is better found early.
      if (this.#tables !== undefined && this.#nextLocal.length > transitionsChecked * 1.2) {
        transitionsChecked = this.#nextLocal.length;
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
      const counterexample = stopAtCounterexample && this.#counterexample;
      const all = team.meet({ found, frontier: this.#queue.size, stop: stop || counterexample });
      if (all.frontier === 0) return { unique: all.unique, split, complete: !all.stop };
      if (all.stop || all.unique >= statesMax) return { unique: all.unique, split, complete: false };
    }
    const all = split === Number.POSITIVE_INFINITY ? { unique: this.unique } : team.meet({ found: this.unique - reported, frontier: 0, stop: true });
    return { unique: all.unique, split, complete: false };
  }

  /** What has been met so far, for the reductions. */
  #graph(): LocalGraph {
    const transitions: GraphTransition[] = [];
    for (let row = 0; row < this.#nextLocal.length; row++) {
      transitions.push({ from: this.#fromLocal.at[row]!, code: this.#transitionCode.at[row]!, to: this.#nextLocal.at[row]!, events: this.#transitionEvents.at[row]! });
    }
    const partyOf = Int32Array.from(this.#locals.objects, ({ party }) => party);
    const watched = Uint8Array.from(this.#envelopes.objects, (envelope) => (this.#watched(envelope) ? 1 : 0));
    return {
      localCount: this.#locals.length,
      envelopeCount: this.#envelopes.length,
      partyOf,
      receiverOf: this.#envelopeTo.at,
      transitions,
      fifo: this.#order === "fifo",
      consumes: this.#consumes,
      deliveryOf: (envelope) => (envelope << 2) | DELIVER,
      row: (local, code) => {
        const row = this.#transitions.get(local, code);
        return row === PairTable.missing ? undefined : Math.max(row, -1);
      },
      probe: (local, envelope) => this.#probe(local, envelope),
      stateOf: (local) => this.#thoughts.id(this.#locals.keys[local]!, () => this.#locals.objects[local]!),
      localOf: (state) => {
        const local = this.#locals.find(this.#thoughts.keys[state]!);
        return local < 0 ? undefined : local;
      },
      answerReacts: (local, answer) => this.#answerReacts(local, answer),
      effect: (state, code) => this.#effect(state, code),
      watched: (envelope) => watched[envelope] === 1,
    };
  }

  /** What an event does to a state that was thought of; what was never met may be impossible, and is not interned. */
  #effect(state: number, code: number): GraphEffect | "unknown" | undefined {
    const id = this.#effectIds.get(state, code);
    if (id !== PairTable.missing) return this.#effects[id];
    const { party, local } = this.#thoughts.objects[state]!;
    let effect: GraphEffect | "unknown" | undefined;
    try {
      const step = this.model.parties[party]!.step(local, this.#inputOf(code));
      this.handlerCalls++;
      if (typeof step !== "string") {
        effect = {
          to: equalJson(step.local, local) ? state : this.#thoughts.id(`${party}${canonicalJson(step.local)}`, () => ({ party, local: deepFreeze(step.local) })),
          sends: step.sends.map(({ to, message }) => ({ receiver: to, from: party, message, key: canonicalJson([party, to, message]) })),
          events: canonicalJson(step.events as unknown as Json),
          visible: step.events.length > 0 || step.sends.some(({ to, message }) => this.#watched({ from: party, to, message })),
        };
      }
    } catch {
      effect = "unknown";
    }
    this.#effectIds.set(state, code, this.#effects.push(effect) - 1);
    return effect;
  }
  #answerReacts(local: number, { from, key, message }: GraphSend): boolean {
    const known = this.#envelopes.find(key);
    if (known >= 0) return this.#probe(local, known);
    const memo = `${local} ${key}`;
    let reacts = this.#answers.get(memo);
    if (reacts === undefined) {
      const { party, local: object } = this.#locals.objects[local]!;
      try {
        reacts = typeof this.model.parties[party]!.step(object, { input: "message", from, message }) !== "string";
      } catch {
        reacts = true;
      }
      this.handlerCalls++;
      this.#answers.set(memo, reacts);
    }
    return reacts;
  }
  readonly #answers = new Map<string, boolean>();
  readonly #thoughts = new Interner<{ readonly party: number; readonly local: Json }>("thought");
  readonly #effectIds = new PairTable();
  readonly #effects: (GraphEffect | "unknown" | undefined)[] = [];

  #watched({ from, to, message }: Envelope): boolean {
    return this.model.messageProperties.some((property) => property.test(message, { from, to }) === (property.kind === "sometimes"));
  }

  /** Whether a message that never met this local state would do something to it; an impossible pair may throw: it would. */
  #probe(local: number, envelope: number): boolean {
    const known = this.#probes.get(local, envelope);
    if (known !== PairTable.missing) return known === 1;
    const { party, local: object } = this.#locals.objects[local]!;
    const { from, message } = this.#envelopes.objects[envelope]!;
    let reacts = true;
    try {
      reacts = typeof this.model.parties[party]!.step(object, { input: "message", from, message }) !== "string";
    } catch {
      reacts = true;
    }
    this.handlerCalls++;
    this.#probes.set(local, envelope, reacts ? 1 : 0);
    return reacts;
  }

  /** Whether a state of the last pass had this history. */
  reached(history: number): boolean {
    return this.#historyPass[history] === this.#pass;
  }

  /** The steps from the initial state to state `number`. */
  path(number: number): EngineEvent[] {
    const codes: number[] = [];
    for (let at = number; at > 0; at = this.#parents.get(at)) codes.push(this.#events.get(at));
    return codes.reverse().map((code) => this.#eventOf(code));
  }

  #eventOf(code: number): EngineEvent {
    const id = code >> 2;
    switch (code & 3) {
      case DELIVER:
        return { kind: "deliver", envelope: this.#envelopes.objects[id]! };
      case DROP:
        return { kind: "drop", envelope: this.#envelopes.objects[id]! };
      case DUPLICATE:
        return { kind: "duplicate", envelope: this.#envelopes.objects[id]! };
      default:
        return { kind: "local", ...this.#inputs.objects[id]! };
    }
  }

  /** Each observed input of each party: what the coverage is made of. */
  *observed(): IterableIterator<{ readonly party: number; readonly input: PartyInput; readonly reacted: boolean }> {
    for (const [key, reacted] of this.#fired) {
      const code = key;
      const id = code >> 2;
      if ((code & 3) === LOCAL) yield { ...this.#inputs.objects[id]!, reacted };
      else {
        const { from, to, message } = this.#envelopes.objects[id]!;
        yield { party: to, input: { input: "message", from, message }, reacted };
      }
    }
  }
  readonly #fired = new Map<number, boolean>();

  // ---------------------------------------------------------------- the initial state

  #begin(): void {
    const events: HistoryEvent[] = [];
    let lo = this.#budgets.lo[0]!;
    let hi = this.#budgets.hi[0]!;
    const locals: number[] = [];
    this.#netLength = 0;
    this.model.parties.forEach((party, id) => {
      const begun = party.begin();
      this.handlerCalls++;
      const local = this.#local(id, begun.local);
      locals.push(local);
      lo = (lo + this.#locals.lo.at[local]!) | 0;
      hi = (hi + this.#locals.hi.at[local]!) | 0;
      events.push(...begun.events);
      this.#lo = lo;
      this.#hi = hi;
      for (const { to, message } of begun.sends) this.#addEnvelope(this.#envelope({ from: id, to, message }), true);
      lo = this.#lo;
      hi = this.#hi;
    });
    const history = this.tracker.next(this.tracker.initial, this.#lists.id(events));
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
      const envelope = this.#order === "fifo" ? this.#flowHead.at[item]! : item;
      const party = this.#envelopeTo.at[envelope]!;
      const code = (envelope << 2) | DELIVER;
      const local = party < this.#parties ? record[at + LOCALS + party]! : -1;
      const transition = local < 0 ? BLOCKED : this.#transition(local, code);
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
      const events = this.#localEvents[local] ?? this.#listLocalEvents(local);
      for (let k = 0; k < events.length; k++) {
        const id = events[k]! >> 3;
        const budget = (events[k]! & 7) - 1;
        if (budget >= 0 && !this.#budgets.has(record[at + SPENT]!, budget)) continue;
        const crash = budget === 2;
        if (crash && !this.#mayCrash()) continue;
        const code = (id << 2) | LOCAL;
        const transition = this.#transition(local, code);
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
      const envelope = this.#order === "fifo" ? this.#flowHead.at[record[i]!]! : record[i]!;
      const party = this.#envelopeTo.at[envelope]!;
      if (party < this.#parties) this.#transition(record[at + LOCALS + party]!, (envelope << 2) | DELIVER);
    }
    for (let i = at + this.#header; i < end; i++) {
      const envelope = this.#order === "fifo" ? this.#flowHead.at[record[i]!]! : record[i]!;
      const party = this.#envelopeTo.at[envelope]!;
      if (party >= this.#parties) continue;
      const local = record[at + LOCALS + party]!;
      if (!tables.commutes(envelope, local)) continue;
      const code = (envelope << 2) | DELIVER;
      const before = this.unique;
      this.#successor(this.#transition(local, code), { remove: i, party, code, budget: -1 });
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
      lo += this.#deltaLo.at[transition]!;
      hi += this.#deltaHi.at[transition]!;
      const events = this.#transitionEvents.at[transition]!;
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
        lo -= this.#envelopes.lo.at[envelope]!;
        hi -= this.#envelopes.hi.at[envelope]!;
      }
      lo |= 0;
      hi |= 0;
    } else {
      this.#lo = lo | 0;
      this.#hi = hi | 0;
      this.#buildNetwork(transition, step);
      if (this.#tables !== undefined && transition >= 0) this.#pruneNetwork(this.#tables, step.party, this.#nextLocal.at[transition]!);
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
    if (transition >= 0) chunk[to + LOCALS + step.party] = this.#nextLocal.at[transition]!;
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
    const sends = this.#sendPool.at;
    let send = transition < 0 ? 0 : this.#sendsFrom.at[transition]!;
    const sendEnd = transition < 0 ? 0 : this.#sendsTo.at[transition]!;
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
        const rest = this.#pop(item);
        this.#leaves(item);
        if (rest >= this.#emptyFlows) {
          this.#enters(rest);
          net[n++] = rest;
        }
      } else if (this.#order === "set" && (step.code & 3) === DELIVER) {
        net[n++] = item;
        const last = record[at + LOCALS + this.#parties]!;
        if (last >= 0) {
          this.#lo = (this.#lo - mix(1, this.#envelopes.lo.at[last]!)) | 0;
          this.#hi = (this.#hi - mix(1, this.#envelopes.hi.at[last]!)) | 0;
        }
        this.#lo = (this.#lo + mix(1, this.#envelopes.lo.at[item]!)) | 0;
        this.#hi = (this.#hi + mix(1, this.#envelopes.hi.at[item]!)) | 0;
      } else this.#leaves(item);
    }
    this.#netLength = n;
    if (transition < 0) return;
    const counted = this.#order === "any";
    const sends = this.#sendPool.at;
    const sendEnd = this.#sendsTo.at[transition]!;
    for (let send = this.#sendsFrom.at[transition]!; send < sendEnd; send++) this.#addEnvelope(sends[send]!, !counted);
  }

  /** Takes out what can change nothing more, now that `moved` is in local state `to`. */
  #pruneNetwork(tables: ReductionTables, moved: number, to: number): void {
    const net = this.#net;
    const around = { list: this.#record, at: this.#at + LOCALS, moved, to };
    let n = 0;
    for (let i = 0; i < this.#netLength; i++) {
      const item = net[i]!;
      const party = this.#order === "fifo" ? this.#flowLink.at[item]! % this.#parties : this.#envelopeTo.at[item]!;
      const receiver = party === moved ? to : party < this.#parties ? this.#record[this.#at + LOCALS + party]! : -1;
      if (receiver < 0) net[n++] = item;
      else if (this.#order === "any") {
        if (tables.useless(item, receiver, around)) this.#leaves(item);
        else net[n++] = item;
      } else {
        const queue = this.#flows.objects[item]!;
        if (!queue.some((envelope) => tables.useless(envelope, receiver, around))) {
          net[n++] = item;
          continue;
        }
        this.#leaves(item);
        const rest = this.#flow(this.#flowLink.at[item]!, queue.filter((envelope) => !tables.useless(envelope, receiver, around)));
        if (rest < this.#emptyFlows) continue;
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
      while (i < this.#netLength && this.#flowLink.at[net[i]!]! < link) i++;
      const present = i < this.#netLength && this.#flowLink.at[net[i]!] === link;
      const flow = this.#push(present ? net[i]! : link, envelope);
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
    const hashes = this.#order === "fifo" ? this.#flows : this.#envelopes;
    this.#lo = (this.#lo + hashes.lo.at[item]!) | 0;
    this.#hi = (this.#hi + hashes.hi.at[item]!) | 0;
  }

  #leaves(item: number): void {
    const hashes = this.#order === "fifo" ? this.#flows : this.#envelopes;
    this.#lo = (this.#lo - hashes.lo.at[item]!) | 0;
    this.#hi = (this.#hi - hashes.hi.at[item]!) | 0;
  }

  #touches(item: number, party: number): boolean {
    const envelope = this.#order === "fifo" ? this.#flowHead.at[item]! : item;
    return this.#envelopeFrom.at[envelope] === party || this.#envelopeTo.at[envelope] === party;
  }

  #mayCrash(): boolean {
    if (this.model.downMax === Number.POSITIVE_INFINITY) return true;
    let down = 0;
    for (let party = 0; party < this.model.servers; party++) down += this.#localDown.at[this.#record[this.#at + LOCALS + party]!]!;
    return down < this.model.downMax;
  }

  // ---------------------------------------------------------------- the memo

  /** Row of the transition of `local` by event `code`, or IGNORED, or BLOCKED. */
  #transition(local: number, code: number): number {
    const known = this.#transitions.get(local, code);
    return known === PairTable.missing ? this.#compute(local, code) : known;
  }

  #compute(local: number, code: number): number {
    const { party, local: object } = this.#locals.objects[local]!;
    this.handlerCalls++;
    const step = this.model.parties[party]!.step(object, this.#inputOf(code));
    const row = step === "ignored" ? IGNORED : step === "blocked" ? BLOCKED : this.#fileTransition(local, code, step);
    this.#transitions.set(local, code, row);
    if (row !== BLOCKED) this.#fired.set(code, (this.#fired.get(code) ?? false) || row !== IGNORED);
    return row;
  }

  #inputOf(code: number): PartyInput {
    if ((code & 3) === LOCAL) return this.#inputs.objects[code >> 2]!.input;
    const { from, message } = this.#envelopes.objects[code >> 2]!;
    return { input: "message", from, message };
  }

  #fileTransition(local: number, code: number, step: PartyStep): number {
    const { party } = this.#locals.objects[local]!;
    const next = this.#local(party, step.local);
    let lo = this.#locals.lo.at[next]! - this.#locals.lo.at[local]!;
    let hi = this.#locals.hi.at[next]! - this.#locals.hi.at[local]!;
    const sends = step.sends.map(({ to, message }) => this.#envelope({ from: party, to, message }));
    if (this.#order === "any") {
      sends.sort((a, b) => a - b);
      for (const envelope of sends) {
        lo += this.#envelopes.lo.at[envelope]!;
        hi += this.#envelopes.hi.at[envelope]!;
      }
    }
    this.#sendsFrom.push(this.#sendPool.length);
    for (const envelope of sends) this.#sendPool.push(envelope);
    this.#sendsTo.push(this.#sendPool.length);
    this.#transitionEvents.push(this.#lists.id(step.events));
    this.#deltaLo.push(lo | 0);
    this.#deltaHi.push(hi | 0);
    this.#fromLocal.push(local);
    this.#transitionCode.push(code);
    return this.#nextLocal.push(next);
  }

  #local(party: number, local: Json): number {
    const before = this.#locals.length;
    const id = this.#locals.id(`${party}${canonicalJson(local)}`, () => ({ party, local: deepFreeze(local) }));
    if (id === before) {
      this.#localEvents.push(undefined);
      this.#localDown.push(this.model.parties[party]!.options(local).some((input) => input.input === "recover") ? 1 : 0);
    }
    return id;
  }

  /** What the party can do on its own: ids with their budget in the low bits (0: none, else budget index + 1). */
  #listLocalEvents(local: number): Int32Array {
    const { party, local: object } = this.#locals.objects[local]!;
    const inputs = this.model.parties[party]!.options(object).map((input) => {
      const id = this.#inputs.id(`${party}${canonicalJson(input as unknown as Json)}`, () => ({ party, input: deepFreeze(input) }));
      return (id << 3) | budgetOf[input.input];
    });
    return (this.#localEvents[local] = Int32Array.from(inputs));
  }

  #envelope(envelope: Envelope): number {
    const before = this.#envelopes.length;
    const id = this.#envelopes.id(canonicalJson([envelope.from, envelope.to, envelope.message]), () => deepFreeze(envelope));
    if (id === before) {
      this.#envelopeFrom.push(envelope.from);
      this.#envelopeTo.push(envelope.to);
    }
    return id;
  }

  #linkOf(envelope: number): number {
    return this.#envelopeFrom.at[envelope]! * this.#parties + this.#envelopeTo.at[envelope]!;
  }

  #push(flow: number, envelope: number): number {
    const known = this.#flowPush.get(flow, envelope);
    if (known !== PairTable.missing) return known;
    const id = this.#flow(this.#flowLink.at[flow]!, [...this.#flows.objects[flow]!, envelope]);
    this.#flowPush.set(flow, envelope, id);
    return id;
  }

  #pop(flow: number): number {
    const known = this.#flowPop.at[flow]!;
    if (known >= 0) return known;
    return (this.#flowPop.at[flow] = this.#flow(this.#flowLink.at[flow]!, this.#flows.objects[flow]!.slice(1)));
  }

  #flow(link: number, queue: readonly number[]): number {
    if (queue.length === 0) return link;
    const key = queue.join();
    const known = this.#flows.find(key);
    if (known >= 0) return known;
    // The queue's order and length enter the hash; its link does with the envelopes.
    let lo = queue.length;
    let hi = queue.length;
    for (const envelope of queue) {
      lo = mix(lo, this.#envelopes.lo.at[envelope]!);
      hi = mix(hi, this.#envelopes.hi.at[envelope]!);
    }
    this.#flowLink.push(link);
    this.#flowHead.push(queue[0]!);
    this.#flowPop.push(-1);
    return this.#flows.add(key, queue, lo, hi);
  }

  // ---------------------------------------------------------------- properties

  /** Looks at a state that was just found; the first discovery of each property is kept. */
  #inspect(chunk: Int32Array, at: number, length: number, history: number, before: number): void {
    const state = this.unique - 1;
    if (history !== before && this.#linearizableSoFar && !this.tracker.linearizable(history)) {
      this.#linearizableSoFar = false;
      this.discoveries.push({ property: "linearizable", kind: "counterexample", state });
    }
    if (this.#liveness.length > 0) this.#note(chunk.subarray(at + LOCALS, at + LOCALS + this.#parties), state);
    if (this.#openMessageProperties.length > 0) this.#inspectMessages(chunk.subarray(at + this.#header, at + length), state);
    if (this.#openStateProperties.length > 0) this.#inspectState(chunk.subarray(at, at + length), state);
    if (this.#openActorProperties.length > 0) this.#inspectActors(chunk.subarray(at + LOCALS, at + LOCALS + this.model.servers), state);
  }

  /** What the liveness properties ask of this state, one bit each. */
  #note(locals: Int32Array, state: number): void {
    const shown = Array.from(locals, (local) => {
      const { party, local: object } = this.#locals.objects[local]!;
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
      const events = (list: readonly number[]): EngineEvent[] => list.map((edge) => this.#eventOf(edges.codes.get(edge)));
      yield { property: property.name, path: [...this.path(lasso.from), ...events(lasso.stem)], loop: events(lasso.loop) };
    }
  }

  /** Whose step it is; -1: nobody owes a loss, a repetition or a crash. */
  #ownerOf(code: number): number {
    const id = code >> 2;
    if ((code & 3) === DELIVER) return this.#envelopeTo.at[id]!;
    if ((code & 3) !== LOCAL) return -1;
    const { party, input } = this.#inputs.objects[id]!;
    return input.input === "crash" ? -1 : party;
  }

  #inspectMessages(items: Int32Array, state: number): void {
    for (let p = this.#openMessageProperties.length - 1; p >= 0; p--) {
      const property = this.#openMessageProperties[p]!;
      let verdicts = this.#messageVerdicts.get(property);
      if (verdicts === undefined) this.#messageVerdicts.set(property, (verdicts = new Map<number, boolean>()));
      for (const item of items) {
        const envelope = this.#order === "fifo" ? this.#flowHead.at[item]! : item;
        let holds = verdicts.get(envelope);
        if (holds === undefined) {
          const { from, to, message } = this.#envelopes.objects[envelope]!;
          verdicts.set(envelope, (holds = property.test(message, { from, to })));
        }
        if (holds !== (property.kind === "sometimes")) continue;
        this.discoveries.push({ property: property.name, kind: property.kind === "sometimes" ? "example" : "counterexample", state });
        this.#openMessageProperties.splice(p, 1);
        break;
      }
    }
  }

  #inspectState(record: Int32Array, state: number): void {
    const servers = Array.from(record.subarray(LOCALS, LOCALS + this.model.servers), (local) => {
      const { party, local: object } = this.#locals.objects[local]!;
      return this.model.parties[party]!.show(object);
    });
    const messages = Array.from(record.subarray(this.#header)).flatMap((item) =>
      (this.#order === "fifo" ? this.#flows.objects[item]! : [item]).map((envelope) => this.#envelopes.objects[envelope]!),
    );
    this.#openStateProperties = this.#openStateProperties.filter((property) => {
      if (property.test({ servers, messages }) !== (property.kind === "sometimes")) return true;
      this.discoveries.push({ property: property.name, kind: property.kind === "sometimes" ? "example" : "counterexample", state });
      return false;
    });
  }

  #inspectActors(locals: Int32Array, state: number): void {
    let lo = 0;
    let hi = 0;
    for (const local of locals) {
      lo = (lo + this.#locals.lo.at[local]!) | 0;
      hi = (hi + this.#locals.hi.at[local]!) | 0;
    }
    if (!this.#actorTuples.insert(lo, hi)) return;
    const states = Array.from(locals, (local) => {
      const { party, local: object } = this.#locals.objects[local]!;
      return this.model.parties[party]!.show(object);
    });
    this.#openActorProperties = this.#openActorProperties.filter((property) => {
      if (property.test(states) !== (property.kind === "sometimes")) return true;
      this.discoveries.push({ property: property.name, kind: property.kind === "sometimes" ? "example" : "counterexample", state });
      return false;
    });
  }
}

/** Transitions, grouped by the state that they leave: states are expanded in the order of their numbers. */
class EdgeList {
  readonly targets = new IntList();
  readonly codes = new IntList();
  readonly #starts = new IntList();

  /** The next state's transitions begin. */
  begin(): void {
    this.#starts.push(this.targets.length);
  }

  push(target: number, code: number): void {
    this.targets.push(target);
    this.codes.push(code);
  }

  first(state: number): number {
    return state < this.#starts.length ? this.#starts.get(state) : this.targets.length;
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

const budgetOf: { readonly [input in PartyInput["input"]]: number } = { message: 0, call: 0, choice: 0, crash: 3, recover: 4, timer: 5 };

/**
 * The budgets spent so far as one number (mixed radix), with its hash. Infinite budgets always have something left and
 * are no part of the number.
 */
class SpentBudgets {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly #sizes: number[] = [];
  readonly #radices: number[] = [];

  constructor(model: ActorModel) {
    let count = 1;
    const { losses, duplicates, crashes, recoveries, timers } = model.budgets;
    for (const budget of [losses, duplicates, crashes, recoveries, timers]) {
      const finite = Number.isFinite(budget);
      this.#sizes.push(finite ? budget + 1 : 0);
      this.#radices.push(finite ? count : 0);
      if (finite) count *= budget + 1;
    }
    assert(count <= 1 << 20, `the budgets multiply to ${count} combinations, at most ${1 << 20} fit`);
    this.lo = new Int32Array(count);
    this.hi = new Int32Array(count);
    for (let spent = 0; spent < count; spent++) {
      [this.lo[spent], this.hi[spent]] = lanes(`spent${this.#sizes.map((_, kind) => this.#used(spent, kind)).join()}`);
    }
  }

  has(spent: number, kind: number): boolean {
    const size = this.#sizes[kind]!;
    return size === 0 || (size > 1 && this.#used(spent, kind) + 1 < size);
  }

  spend(spent: number, kind: number): number {
    return spent + this.#radices[kind]!;
  }

  #used(spent: number, kind: number): number {
    const size = this.#sizes[kind]!;
    return size === 0 ? 0 : Math.floor(spent / this.#radices[kind]!) % size;
  }
}
