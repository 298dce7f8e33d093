import { type ActorModel, type HistoryEvent, type MessageProperty, type PartyInput, type PartyStep, type StateProperty } from "../../harness/actor-model.ts";
import type { SystemProperty } from "../../harness/actor.ts";
import { assert } from "../../harness/assert.ts";
import type { Budget } from "../../harness/budget.ts";
import { canonicalJson, deepFreeze, type Json } from "../../harness/json.ts";
import { EventLists, FullTracker, type HistoryTracker, MonitorTracker } from "./history-tracker.ts";
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
  depth = 0;
  complete = false;
  handlerCalls = 0;
  /** Where clients begin: not the tracker's empty history when they call as they start. */
  initialHistory = 0;
  readonly terminalHistories: Set<number> = new Set();

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
  readonly #visited = new VisitedTable();
  readonly #queue = new RecordQueue();
  readonly #parents = new IntList();
  readonly #events = new IntList();

  // The state that is being expanded.
  #record: Int32Array = new Int32Array(0);
  #at = 0;
  #number = 0;
  // The successor's network, and its fingerprint.
  readonly #net = new Int32Array(NETWORK_MAX);
  #netLength = 0;
  #lo = 0;
  #hi = 0;

  readonly #openMessageProperties: MessageProperty[];
  readonly #messageVerdicts = new Map<MessageProperty, Map<number, boolean>>();
  #openActorProperties: SystemProperty[];
  #openStateProperties: StateProperty[];
  readonly #actorTuples = new VisitedTable({ slots: 1 << 10 });
  #linearizableSoFar = true;

  constructor(model: ActorModel, options: EngineOptions) {
    this.model = model;
    this.#options = options;
    this.#parties = model.parties.length;
    this.#order = model.network.order;
    this.#header = LOCALS + this.#parties + (this.#order === "set" ? 1 : 0);
    this.#consumes = model.network.noop === "consume";
    this.#budgets = new SpentBudgets(model);
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

  get unique(): number {
    return this.#visited.length;
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
    this.#begin();
    const { statesMax, depthMax, budget, progress, stopAtCounterexample } = this.#options;
    let levelEnd = 1;
    this.depth = 1;
    let expanded = 0;
    let cut = false;
    while (this.#queue.shift()) {
      if (expanded === levelEnd) {
        levelEnd = this.#visited.length;
        this.depth++;
      }
      if (this.depth >= depthMax) {
        cut = true;
        break;
      }
      this.#record = this.#queue.readChunk;
      this.#at = this.#queue.readAt;
      this.#number = expanded++;
      this.#expand();
      if (stopAtCounterexample && this.discoveries.some(({ kind }) => kind === "counterexample")) {
        cut = true;
        break;
      }
      if ((expanded & 0x3ff) === 0) {
        if (!budget.spend(1024) || this.#visited.length >= statesMax) {
          cut = true;
          break;
        }
        if (progress !== undefined && (expanded & 0xffff) === 0) {
          progress({ unique: this.unique, generated: this.generated, depth: this.depth, frontier: this.#queue.size });
        }
      }
    }
    this.complete = !cut;
  }

  /** The steps from the initial state to state `number`. */
  path(number: number): EngineEvent[] {
    const codes: number[] = [];
    for (let at = number; at > 0; at = this.#parents.get(at)) codes.push(this.#events.get(at));
    return codes.reverse().map((code) => {
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
    });
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
    const lazy = this.#order === "any" && step.budget !== 2;
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
      lo = this.#lo;
      hi = this.#hi;
    }
    if (!this.#visited.insert(lo, hi)) return;
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
    assert(n < NETWORK_MAX, `at most ${NETWORK_MAX} messages are in flight`);
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

  /** Puts an envelope into the successor's network. `hashed`: its hash is not in the fingerprint yet. */
  #addEnvelope(envelope: number, hashed: boolean): void {
    const net = this.#net;
    assert(this.#netLength + 1 < NETWORK_MAX, `at most ${NETWORK_MAX} messages are in flight`);
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
    const id = code >> 2;
    let input: PartyInput;
    if ((code & 3) === LOCAL) input = this.#inputs.objects[id]!.input;
    else {
      const { from, message } = this.#envelopes.objects[id]!;
      input = { input: "message", from, message };
    }
    this.handlerCalls++;
    const step = this.model.parties[party]!.step(object, input);
    const row = step === "ignored" ? IGNORED : step === "blocked" ? BLOCKED : this.#fileTransition(local, party, step);
    this.#transitions.set(local, code, row);
    if (row !== BLOCKED) this.#fired.set(code, (this.#fired.get(code) ?? false) || row !== IGNORED);
    return row;
  }

  #fileTransition(local: number, party: number, step: PartyStep): number {
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
    const state = this.#visited.length - 1;
    if (history !== before && this.#linearizableSoFar && !this.tracker.linearizable(history)) {
      this.#linearizableSoFar = false;
      this.discoveries.push({ property: "linearizable", kind: "counterexample", state });
    }
    if (this.#openMessageProperties.length > 0) this.#inspectMessages(chunk.subarray(at + this.#header, at + length), state);
    if (this.#openStateProperties.length > 0) this.#inspectState(chunk.subarray(at, at + length), state);
    if (this.#openActorProperties.length > 0) this.#inspectActors(chunk.subarray(at + LOCALS, at + LOCALS + this.model.servers), state);
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
