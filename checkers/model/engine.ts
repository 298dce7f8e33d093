import type { ActorModel } from "../../harness/actor-model.ts";
import { SpentBudgets } from "./budgets.ts";
import type { SearchTree } from "./checkpoint.ts";
import { Flows } from "./flows.ts";
import { FullTracker, type HistoryTracker, MonitorTracker } from "./history-tracker.ts";
import { LivenessRecorder } from "./liveness-recorder.ts";
import { type EngineEvent, Memo } from "./memo.ts";
import { type EngineDiscovery, Properties } from "./properties.ts";
import { Reducer, reducible } from "./reducer.ts";
import { Search, type SearchOptions, type SearchParts } from "./search.ts";
import { StateViewer } from "./seen-state.ts";
import type { TeamMember } from "./team.ts";

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
 * Every hash is salted with its slot, so two actors that swap states do not collide.
 *
 * One pass over the states is search.ts; the engine makes one in full, or several with reductions (reducer.ts).
 */
export interface EngineOptions extends SearchOptions {
  readonly track: "history" | "monitor";
  readonly statesMax: number;
  /**
   * Explore up to that many states in full; if that is not all, go on with reductions (reduction.ts). Undefined: never
   * reduce.
   */
  readonly reduceAfter: number | undefined;
}

/** One exploration; `run` once, then read. */
export class Engine {
  readonly model: ActorModel;
  readonly tracker: HistoryTracker;
  readonly memo: Memo;
  complete = false;
  /** How often the reduced exploration was begun; 0: it was not reduced. */
  reducedPasses = 0;
  /** It was to be reduced, and deciding would have cost more than what was left. */
  reductionSkipped = false;

  readonly #options: EngineOptions;
  readonly #parts: SearchParts;
  #search: Search;

  constructor(model: ActorModel, options: EngineOptions, member?: TeamMember) {
    this.model = model;
    this.#options = options;
    const memo = (this.memo = new Memo(model));
    this.tracker = trackerOf(options.track, memo);
    const flows = new Flows(model.parties.length ** 2, memo.envelopes);
    this.#parts = {
      memo,
      flows,
      tracker: this.tracker,
      budgets: new SpentBudgets(model),
      properties: new Properties(memo, flows),
      viewer: new StateViewer(memo, flows),
      liveness: model.liveness.length > 0 ? new LivenessRecorder(memo) : undefined,
      member,
      reducer: undefined,
    };
    this.#search = new Search(this.#parts, options);
  }

  /** States that this engine has found; of a team's engine: found first. */
  get unique(): number {
    return this.#search.unique;
  }

  /** 1 + successors computed. */
  get generated(): number {
    return this.#search.generated;
  }

  /** States on the longest path by which a state was first found. */
  get depth(): number {
    return this.#search.depth;
  }

  /** States expanded so far. */
  get expanded(): number {
    return this.#search.expanded;
  }

  /** Whole records are compared, not fingerprints. */
  get exact(): boolean {
    return this.#options.exact;
  }

  /** Where it stops at the latest. */
  get limits(): { readonly statesMax: number; readonly depthMax: number } {
    const { statesMax, depthMax } = this.#options;
    return { statesMax, depthMax };
  }

  /** In the order in which they were found. */
  get discoveries(): readonly EngineDiscovery[] {
    return this.#parts.properties.discoveries;
  }

  get counts(): { readonly locals: number; readonly envelopes: number; readonly histories: number; readonly transitions: number } {
    return {
      locals: this.memo.locals.length,
      envelopes: this.memo.envelopes.length,
      histories: this.tracker.count - (this.#search.initialHistory === this.tracker.initial ? 0 : 1),
      transitions: this.memo.nextLocal.length,
    };
  }

  /** Whether a state of the last pass had this history. */
  reached(history: number): boolean {
    return this.#search.reached(history);
  }

  /** Whether a run of the last pass ended in this history. */
  ended(history: number): boolean {
    return this.#search.terminalHistories.has(history);
  }

  /** The steps from the initial state to state `number`. */
  path(number: number): EngineEvent[] {
    return this.#search.path(number).map((code) => this.memo.eventOf(code));
  }

  /** Runs that break the liveness properties; only of a complete exploration. O(states + transitions) each. */
  *brokenLiveness(): IterableIterator<{ readonly property: string; readonly path: EngineEvent[]; readonly loop: EngineEvent[] }> {
    const { liveness } = this.#parts;
    if (liveness === undefined || !this.complete) return;
    for (const { property, from, stem, loop } of liveness.broken(this.unique)) yield { property, path: [...this.path(from), ...stem], loop };
  }

  /** The search so far as a tree that another engine can go on from; breadth first and in full. */
  tree(): SearchTree {
    return this.#search.tree();
  }

  /** Explores until nothing is left, a bound is met, or the budget ends. */
  run(tree?: SearchTree): void {
    for (const _ of this.running(tree));
  }

  /** As `run`, with a pause every few thousand states, for whoever must look at the outside world. */
  *running(tree?: SearchTree): Generator<void, void> {
    const { reduceAfter, statesMax } = this.#options;
    if (reduceAfter === undefined || !reducible(this.model, this.#options)) {
      this.complete = (yield* this.#search.explore(statesMax, tree)) === "exhausted";
      return;
    }
    const end = yield* this.#search.explore(Math.min(reduceAfter, statesMax));
    this.complete = end === "exhausted";
    // The budget, what it found, or a depth within those states has ended it: it is not for its size that it is not complete.
    if (end !== "bounded" || this.#search.found || this.unique < reduceAfter || this.unique >= statesMax) return;
    const reducer = new Reducer(this.memo);
    this.reductionSkipped = !reducer.pays(this.unique, this.#search.levels);
    if (this.reductionSkipped) this.complete = (yield* this.#search.goOn(statesMax)) === "exhausted";
    else yield* this.#exploreReduced(reducer);
  }

  /** The fixpoint: until no verdict is contradicted by what the exploration that used it has met. */
  *#exploreReduced(reducer: Reducer): Generator<void, void> {
    for (;;) {
      this.#parts.properties.reset();
      this.#search = new Search({ ...this.#parts, reducer }, this.#options);
      this.reducedPasses++;
      const end = yield* this.#search.explore(this.#options.statesMax);
      if (end !== "contradicted" && !reducer.contradicted()) {
        this.complete = end === "exhausted";
        return;
      }
      if (end === "budget") {
        // Nothing that a contradicted pass has found counts.
        this.#parts.properties.reset();
        this.complete = false;
        return;
      }
    }
  }
}

function trackerOf(track: EngineOptions["track"], { model, lists }: Memo): HistoryTracker {
  const threads = 1 + Math.max(-1, ...model.parties.map((party) => party.thread ?? -1));
  return track === "history" ? new FullTracker(model.spec, lists, threads) : new MonitorTracker(model.spec, lists);
}
