import type { ActorModel } from "../../harness/actor-model.ts";
import type { Budget } from "../../harness/budget.ts";
import { SpentBudgets } from "./budgets.ts";
import type { SearchTree } from "./checkpoint.ts";
import { estimateStates } from "./estimate.ts";
import { Flows } from "./flows.ts";
import { type Frontier, RecordQueue, RecordStack } from "./frontier.ts";
import { FullTracker, type HistoryTracker, MonitorTracker } from "./history-tracker.ts";
import { LivenessRecorder } from "./liveness-recorder.ts";
import { Lookout, type Progress } from "./lookout.ts";
import { type EngineEvent, Memo } from "./memo.ts";
import { ProbedGraph } from "./probed-graph.ts";
import { type EngineDiscovery, Properties } from "./properties.ts";
import { HI, HISTORY, LO, LOCALS } from "./record.ts";
import { reductionTables, type ReductionTables } from "./reduction.ts";
import { type SeenState, StateViewer } from "./seen-state.ts";
import { type SuccessorSink, Successors } from "./successors.ts";
import { IntList } from "./tables.ts";
import type { MemberEngine, TeamMember } from "./team.ts";
import { RecordTable, VisitedTable } from "./visited.ts";

/**
 * Exploration of an actor model on integers.
 *
 * Local non-determinism is tiny beside global: a few hundred local states and messages make millions of global states.
 * So each handler runs once per (local state, input), the result is remembered as integers (memo.ts), and a global step
 * is: look up the transition, add its fingerprint delta, probe the visited table, and, if the state is new (about half
 * of the time), copy its record (successors.ts).
 *
 * The fingerprint is the sum, in two 32-bit lanes, of the hashes of all components (AdHash; Bellare and Micciancio,
 * EUROCRYPT 1997): commutative, so the order of a bag does not matter, and the successor's is the state's plus a delta.
 * Every hash is salted with its slot, so two actors that swap states do not collide. States are numbered in the order
 * in which they are found; breadth first that is the order in which they are expanded, so parent links are two flat lists.
 */
export interface EngineOptions {
  readonly track: "history" | "monitor";
  /** `depth`: last found, first expanded. The same states, less memory for the frontier, no shortest paths. */
  readonly order: "breadth" | "depth";
  /** Compare whole records instead of fingerprints. */
  readonly exact: boolean;
  readonly budget: Budget;
  readonly statesMax: number;
  /** States at this depth (the initial state has depth 1) are counted but not expanded. */
  readonly depthMax: number;
  readonly progress: ((progress: Progress) => void) | undefined;
  /** End as soon as a property is known to be broken. */
  readonly stopAtCounterexample: boolean;
  /** End as soon as all of these properties are discovered; empty: never. */
  readonly targets: readonly string[];
  /** Called with every state that is found. */
  readonly visit: ((state: SeenState) => void) | undefined;
  /** States outside are no part of the space. */
  readonly within: ((state: SeenState) => boolean) | undefined;
  /**
   * Explore up to that many states in full; if that is not all, go on with reductions (reduction.ts). Undefined: never
   * reduce.
   */
  readonly reduceAfter: number | undefined;
}

type End = "exhausted" | "bounded" | "budget" | "contradicted";

/** States that are expanded between two looks at the outside world. */
const TURN = 8192;

/** One exploration; `run` once, then read. */
export class Engine implements SuccessorSink, MemberEngine {
  readonly model: ActorModel;
  readonly tracker: HistoryTracker;
  readonly memo: Memo;
  generated = 0;
  /** States on the longest path by which a state was first found. */
  depth = 0;
  complete = false;
  /** Where clients begin: not the tracker's empty history when they call as they start. */
  initialHistory = 0;
  /** Histories in which runs end, with the first state that shows it. */
  readonly terminalHistories: Map<number, number> = new Map();
  /** How often the reduced exploration was begun; 0: it was not reduced. */
  reducedPasses = 0;
  /** It was to be reduced, and deciding would have cost more than what was left. */
  reductionSkipped = false;

  readonly #options: EngineOptions;
  readonly #successors: Successors;
  readonly #graph: ProbedGraph;
  readonly #properties: Properties;
  readonly #liveness: LivenessRecorder | undefined;
  readonly #viewer: StateViewer;
  readonly #member: TeamMember | undefined;
  #visited!: VisitedTable | RecordTable | TeamMember;
  #outside: VisitedTable | undefined;
  #frontier!: Frontier;
  #parents!: IntList;
  #events!: IntList;
  /** Depth first only: depth by state. */
  #depths: IntList | undefined;
  /** Depth first only: some state was not expanded, for its depth. */
  #cut = false;
  #levels: number[] = [];
  #levelEnd = 0;
  #expanded = 0;
  #transitionsChecked = 0;
  #lookout: Lookout;
  /** By history: number of the pass in which a state had it last. */
  readonly #historyPass: number[] = [];
  #pass = 0;
  /** Number and history of the state that is being expanded. */
  #number = 0;
  #history = 0;

  constructor(model: ActorModel, options: EngineOptions, member?: TeamMember) {
    this.model = model;
    this.#options = options;
    this.#member = member;
    this.#lookout = new Lookout(options);
    this.memo = new Memo(model);
    this.#graph = new ProbedGraph(this.memo);
    const threads = 1 + Math.max(-1, ...model.parties.map((party) => party.thread ?? -1));
    this.tracker = options.track === "history" ? new FullTracker(model.spec, this.memo.lists, threads) : new MonitorTracker(model.spec, this.memo.lists);
    const flows = new Flows(model.parties.length ** 2, this.memo.envelopes);
    this.#properties = new Properties(this.memo, flows);
    this.#viewer = new StateViewer(this.memo, flows);
    this.#liveness = model.liveness.length > 0 ? new LivenessRecorder(this.memo) : undefined;
    this.#successors = new Successors({ memo: this.memo, flows, tracker: this.tracker, budgets: new SpentBudgets(model) }, this);
    this.#reset();
  }

  /** States that this engine has found; of a team's engine: found first. */
  get unique(): number {
    return this.#parents.length;
  }

  /** States found and not yet expanded. */
  get waiting(): number {
    return this.#frontier.size;
  }

  /** Whole records are compared, not fingerprints. */
  get exact(): boolean {
    return this.#options.exact;
  }

  /** States expanded so far. */
  get expanded(): number {
    return this.#expanded;
  }

  /** A property is known to be broken, and that ends the search. */
  get broken(): boolean {
    return this.#options.stopAtCounterexample && this.#properties.broken;
  }

  /** Of all states found so far, in no order; not in exact mode. */
  fingerprints(): Iterable<readonly [lo: number, hi: number]> {
    return this.#visited instanceof VisitedTable ? this.#visited : [];
  }

  /** In the order in which they were found. */
  get discoveries(): readonly EngineDiscovery[] {
    return this.#properties.discoveries;
  }

  get counts(): { readonly locals: number; readonly envelopes: number; readonly histories: number; readonly transitions: number } {
    return {
      locals: this.memo.locals.length,
      envelopes: this.memo.envelopes.length,
      histories: this.tracker.count - (this.initialHistory === this.tracker.initial ? 0 : 1),
      transitions: this.memo.nextLocal.length,
    };
  }

  /** Whether a state of the last pass had this history. */
  reached(history: number): boolean {
    return this.#historyPass[history] === this.#pass;
  }

  /** The steps from the initial state to state `number`. */
  path(number: number): EngineEvent[] {
    const codes: number[] = [];
    for (let at = number; at > 0; at = this.#parents.get(at)) codes.push(this.#events.get(at));
    return codes.reverse().map((code) => this.memo.eventOf(code));
  }

  /** Runs that break the liveness properties; only of a complete exploration. O(states + transitions) each. */
  *brokenLiveness(): IterableIterator<{ readonly property: string; readonly path: EngineEvent[]; readonly loop: EngineEvent[] }> {
    if (this.#liveness === undefined || !this.complete) return;
    for (const { property, from, stem, loop } of this.#liveness.broken(this.unique)) yield { property, path: [...this.path(from), ...stem], loop };
  }

  /** The search so far as a tree that another engine can go on from; breadth first and in full. */
  tree(): SearchTree {
    return {
      expanded: this.#expanded,
      generated: this.generated,
      parents: this.#parents.toArray(),
      events: this.#events.toArray(),
      terminal: [...this.terminalHistories.values()],
    };
  }

  /** Explores until nothing is left, a bound is met, or the budget ends. */
  run(tree?: SearchTree): void {
    for (const _ of this.running(tree));
  }

  /** As `run`, with a pause every few thousand states, for whoever must look at the outside world. */
  *running(tree?: SearchTree): Generator<void, void> {
    const { reduceAfter, statesMax } = this.#options;
    if (reduceAfter === undefined || !this.#reducible) {
      this.complete = (yield* this.#explore(statesMax, tree)) === "exhausted";
      return;
    }
    const end = yield* this.#explore(Math.min(reduceAfter, statesMax), undefined);
    this.complete = end === "exhausted";
    // The budget, what it found, or a depth within those states has ended it: it is not for its size that it is not complete.
    if (end !== "bounded" || this.#found || this.unique < reduceAfter || this.unique >= statesMax) return;
    this.reductionSkipped = !this.#reductionPays;
    if (this.reductionSkipped) this.complete = (yield* this.#goOn(statesMax)) === "exhausted";
    else yield* this.#exploreReduced();
  }

  /** Deciding asks handlers about each pair of a local state and a message; each time for the work of about so many states. */
  static readonly #statesPerPair = 20;
  /** So many pairs are decided at once, whatever is left. */
  static readonly #pairsCheap = 20_000;

  /** Whether what is left by the levels so far is more than the work of deciding; where that cannot be guessed it is much. */
  get #reductionPays(): boolean {
    const { pairs } = this.#graph;
    const states = estimateStates(this.#levels);
    return pairs <= Engine.#pairsCheap || states === undefined || states - this.unique > pairs * Engine.#statesPerPair;
  }

  /** The most (local state, message) pairs of a party that are looked at for ample sets: deciding costs handler calls. */
  static readonly #amplePairsMax = 5_000;

  /** The fixpoint: until no verdict is contradicted by what the exploration that used it has met. */
  *#exploreReduced(): Generator<void, void> {
    // A delivery that a property of the servers' states could see, or a fault could prevent, never goes alone.
    const { losses, duplicates, crashes, partitions } = this.model.budgets;
    const pairs = (this.memo.locals.length / this.model.parties.length) * (this.memo.envelopes.length / this.model.parties.length);
    this.#successors.ample = this.model.properties.length === 0 && losses + duplicates + crashes + partitions === 0 && pairs <= Engine.#amplePairsMax;
    for (;;) {
      const tables = this.#decide();
      this.#reset();
      this.#successors.tables = tables;
      this.reducedPasses++;
      const end = yield* this.#explore(this.#options.statesMax, undefined);
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
    return reductionTables(this.#graph.graph(), { ample: this.#successors.ample, used: this.#successors.tables });
  }

  get #reducible(): boolean {
    const { order, noop } = this.model.network;
    if (order === "set" || this.model.clocks !== undefined || this.model.stateProperties.length > 0 || this.#liveness !== undefined) return false;
    // Whoever looks at every state wants every state.
    if (this.#options.visit !== undefined || this.#options.within !== undefined) return false;
    return order === "any" || noop === "consume";
  }

  get #found(): boolean {
    return this.broken || (this.#options.targets.length > 0 && this.#options.targets.every((target) => this.discoveries.some(({ property }) => property === target)));
  }

  #reset(): void {
    const { exact, order } = this.#options;
    this.#visited = exact ? new RecordTable() : new VisitedTable({ numbered: this.#liveness !== undefined });
    this.#frontier = order === "breadth" ? new RecordQueue() : new RecordStack();
    this.#depths = order === "depth" ? new IntList() : undefined;
    this.#parents = new IntList();
    this.#events = new IntList();
    this.#properties.reset();
    this.terminalHistories.clear();
  }

  *#explore(statesMax: number, tree: SearchTree | undefined): Generator<void, End> {
    this.#pass++;
    this.#expanded = 0;
    this.#lookout = new Lookout(this.#options);
    this.#cut = false;
    this.#levels = [1];
    this.#begin();
    this.#levelEnd = this.#depths === undefined ? 1 : Number.POSITIVE_INFINITY;
    this.depth = 1;
    this.#transitionsChecked = this.memo.nextLocal.length;
    if (this.depth >= this.#options.depthMax) return "bounded";
    if (tree !== undefined) {
      const end = this.#regrow(tree);
      if (end !== undefined) return end;
    }
    return yield* this.#goOn(statesMax);
  }

  /** From where the search stands. */
  *#goOn(statesMax: number): Generator<void, End> {
    for (;;) {
      const end = this.#expandSome(statesMax);
      if (end !== undefined) return end;
      yield;
    }
  }

  /** Expands up to a turn's states. */
  #expandSome(statesMax: number): End | undefined {
    const { depthMax, stopAtCounterexample, targets } = this.#options;
    const frontier = this.#frontier;
    const watchful = stopAtCounterexample || targets.length > 0;
    const turnEnd = this.#expanded + TURN;
    while (this.#expanded < turnEnd) {
      while (this.#expanded === this.#levelEnd) {
        const end = this.#nextLevel();
        if (end !== undefined) return end;
      }
      if (!frontier.shift()) return this.#cut ? "bounded" : "exhausted";
      this.#expanded++;
      if (this.#member !== undefined && this.#member.skips(frontier.number)) continue;
      if (this.#depths !== undefined && this.#depths.get(frontier.number) >= depthMax) {
        this.#cut = true;
        continue;
      }
      this.#expand(frontier);
      if (this.unique >= statesMax || (watchful && this.#found)) return this.#stop("bounded");
      if ((this.#expanded & 0x3ff) === 0) {
        const end = this.#look();
        if (end !== undefined) return this.#stop(end);
      }
    }
    return undefined;
  }

  #expand(frontier: Frontier): void {
    this.#number = frontier.number;
    this.#history = frontier.readChunk[frontier.readAt + HISTORY]!;
    this.#liveness?.begin();
    const live = this.#successors.expand(frontier.readChunk, frontier.readAt);
    if (!live && !this.terminalHistories.has(this.#history)) this.terminalHistories.set(this.#history, this.#number);
  }

  /** Breadth first, when all states of a level are expanded. */
  #nextLevel(): End | undefined {
    if (this.#member !== undefined) {
      const end = this.#member.meet(this, this.#options.statesMax);
      if (end !== undefined) return end;
    } else if (this.#frontier.size === 0) return "exhausted";
    this.#levels.push(this.unique - this.#levelEnd);
    this.#levelEnd = this.unique;
    this.depth++;
    if (this.depth >= this.#options.depthMax) return this.#stop("bounded");
    const divides = this.#member?.divides(this);
    if (divides === "divided") this.#visited = this.#member!;
    return divides === "stopped" ? "bounded" : undefined;
  }

  /** A team ends together. */
  #stop(end: End): End {
    this.#member?.leave(this);
    return end;
  }

  /** Budget, progress, and whether a verdict no longer holds: that is better found early. */
  #look(): End | undefined {
    if (!this.#lookout.look(this.#expanded, () => this.#progress)) return "budget";
    const { tables } = this.#successors;
    if (tables !== undefined && this.memo.nextLocal.length > this.#transitionsChecked * 1.2) {
      this.#transitionsChecked = this.memo.nextLocal.length;
      if (tables.contradictedBy(this.#decide())) return "contradicted";
    }
    return undefined;
  }

  get #progress(): Progress {
    return { unique: this.unique, generated: this.generated, depth: this.depth, frontier: this.#frontier.size, levels: this.#levels };
  }

  /** Walks an earlier search's tree again: only the steps that found something, so no state is looked up twice. */
  #regrow(tree: SearchTree): End | undefined {
    const frontier = this.#frontier;
    const terminal = new Set(tree.terminal);
    let child = 1;
    while (this.#expanded < tree.expanded) {
      while (this.#expanded === this.#levelEnd) {
        const end = this.#nextLevel();
        if (end !== undefined) return end;
      }
      if (!frontier.shift()) return "exhausted";
      this.#expanded++;
      this.#number = frontier.number;
      this.#history = frontier.readChunk[frontier.readAt + HISTORY]!;
      for (; tree.parents[child] === this.#number; child++) this.#successors.take(frontier.readChunk, frontier.readAt, tree.events[child]!);
      if (terminal.has(this.#number)) this.terminalHistories.set(this.#history, this.#number);
    }
    this.generated = tree.generated;
    return undefined;
  }

  // ---------------------------------------------------------------- the initial state

  #begin(): void {
    const { tracker } = this;
    const successors = this.#successors;
    const begun = this.memo.begin();
    const { locals } = begun;
    const history = tracker.next(tracker.initial, begun.events);
    this.initialHistory = history;
    this.generated = 1;
    const length = successors.begin(begun, history);
    const frontier = this.#frontier;
    frontier.reserve(length);
    successors.writeFirst(frontier.writeChunk, frontier.writeAt, locals);
    const { writeChunk: chunk, writeAt: at } = frontier;
    if (this.#visited instanceof RecordTable) this.#visited.insert(chunk, at, length);
    else this.#visited.insert(chunk[at + LO]!, chunk[at + HI]!);
    this.#number = -1;
    this.#history = 0;
    this.#file(chunk, at, length, history);
  }

  // ---------------------------------------------------------------- a successor

  candidate(): boolean {
    this.generated++;
    const successors = this.#successors;
    const visited = this.#visited;
    const exact = visited instanceof RecordTable;
    if (!exact && !visited.insert(successors.lo, successors.hi)) return this.#again(visited.last);
    const frontier = this.#frontier;
    const length = successors.prepare();
    frontier.reserve(length);
    const chunk = frontier.writeChunk;
    const at = frontier.writeAt;
    successors.write(chunk, at);
    if (exact && !visited.insert(chunk, at, length)) return this.#again(visited.last);
    this.#liveness?.edge(visited.last, successors.code);
    return this.#file(chunk, at, length, successors.history);
  }

  /** A successor that was seen before, as state `number`, or outside of the space. */
  #again(number: number): boolean {
    const { lo, hi, code } = this.#successors;
    if (this.#outside?.has(lo, hi) === true) this.generated--;
    this.#liveness?.edge(number, code);
    return false;
  }

  retract(): void {
    this.generated--;
  }

  /** Files the record as a state of its own; false if it lies outside of the space. */
  #file(chunk: Int32Array, at: number, length: number, history: number): boolean {
    const { visit, within } = this.#options;
    const state = this.unique;
    const { code } = this.#successors;
    if (within?.(this.#viewer.view(chunk.subarray(at, at + length), this.#successors.header, state)) === false) {
      (this.#outside ??= new VisitedTable()).insert(chunk[at + LO]!, chunk[at + HI]!);
      this.generated--;
      return false;
    }
    this.#parents.push(this.#number);
    this.#events.push(state === 0 ? -1 : code);
    if (this.#depths !== undefined) {
      const depth = state === 0 ? 1 : this.#depths.get(this.#number) + 1;
      this.#depths.push(depth);
      if (depth > this.depth) this.depth = depth;
    }
    this.#historyPass[history] = this.#pass;
    if (history !== this.#history && !this.tracker.linearizable(history)) this.#properties.notLinearizable(state);
    this.#liveness?.note(chunk.subarray(at + LOCALS, at + LOCALS + this.model.parties.length), state);
    if (this.#properties.open) {
      this.#properties.inspect(chunk.subarray(at + LOCALS, at + LOCALS + this.model.servers), chunk.subarray(at + this.#successors.header, at + length), state);
    }
    visit?.(this.#viewer.view(chunk.subarray(at, at + length), this.#successors.header, state));
    this.#frontier.commit(length, state);
    return true;
  }
}
