import type { Budget } from "../../harness/budget.ts";
import type { SpentBudgets } from "./budgets.ts";
import type { Candidate } from "./candidate.ts";
import type { SearchTree } from "./checkpoint.ts";
import type { Flows } from "./flows.ts";
import { type Frontier, RecordQueue, RecordStack } from "./frontier.ts";
import type { HistoryTracker } from "./history-tracker.ts";
import type { LivenessRecorder } from "./liveness-recorder.ts";
import { Lookout, type Progress } from "./lookout.ts";
import type { Memo } from "./memo.ts";
import type { Properties } from "./properties.ts";
import { HI, HISTORY, LO, LOCALS } from "./record.ts";
import type { Reducer } from "./reducer.ts";
import type { SeenState, StateViewer } from "./seen-state.ts";
import { type SuccessorSink, Successors } from "./successors.ts";
import { IntList } from "./tables.ts";
import type { MemberEngine, TeamMember } from "./team.ts";
import { RecordTable, VisitedTable } from "./visited.ts";

export interface SearchOptions {
  /** `depth`: last found, first expanded. The same states, less memory for the frontier, no shortest paths. */
  readonly order: "breadth" | "depth";
  /** Compare whole records instead of fingerprints. */
  readonly exact: boolean;
  readonly budget: Budget;
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
}

/** What all passes of an engine share. */
export interface SearchParts {
  readonly memo: Memo;
  readonly flows: Flows;
  readonly tracker: HistoryTracker;
  readonly budgets: SpentBudgets;
  readonly properties: Properties;
  readonly viewer: StateViewer;
  readonly liveness: LivenessRecorder | undefined;
  readonly member: TeamMember | undefined;
  /** Set: the pass leaves out what it decides. */
  readonly reducer: Reducer | undefined;
}

/** Why a pass ended. `contradicted`: by what it met, it has left out too much. */
export type End = "exhausted" | "bounded" | "budget" | "contradicted";

/** States that are expanded between two looks at the outside world. */
const TURN = 8192;

/**
 * One pass over a state space: a frontier of what was found and not yet expanded, the table of what was seen, and what
 * found each state. States are numbered in the order in which they are found; breadth first that is the order in which
 * they are expanded, so parent links are two flat lists.
 */
export class Search implements SuccessorSink, MemberEngine {
  generated = 1;
  /** States on the longest path by which a state was first found. */
  depth = 1;
  /** Where clients begin: not the tracker's empty history when they call as they start. */
  initialHistory = 0;
  /** Histories in which runs end, with the first state that shows it. */
  readonly terminalHistories: Map<number, number> = new Map();
  /** States expanded so far. */
  expanded = 0;
  /** States on each level so far, breadth first. */
  readonly levels: number[] = [1];

  readonly #parts: SearchParts;
  readonly #options: SearchOptions;
  readonly #successors: Successors;
  readonly #candidate: Candidate;
  readonly #lookout: Lookout;
  readonly #frontier: Frontier;
  readonly #parents = new IntList();
  readonly #events = new IntList();
  /** Depth first only: depth by state. */
  readonly #depths: IntList | undefined;
  #visited: VisitedTable | RecordTable | TeamMember;
  #outside: VisitedTable | undefined;
  /** Depth first only: some state was not expanded, for its depth. */
  #cut = false;
  /** Number of the first state of the next level. */
  #levelEnd: number;
  /** By history: 1 where some state has it. */
  readonly #reached: number[] = [];
  /** Number and history of the state that is being expanded. */
  #number = -1;
  #history = 0;

  constructor(parts: SearchParts, options: SearchOptions) {
    const { exact, order } = options;
    this.#parts = parts;
    this.#options = options;
    this.#successors = new Successors({ ...parts, reduction: parts.reducer?.decide() }, this);
    this.#candidate = this.#successors.candidate;
    this.#lookout = new Lookout(options);
    this.#visited = exact ? new RecordTable() : new VisitedTable({ numbered: parts.liveness !== undefined });
    this.#frontier = order === "breadth" ? new RecordQueue() : new RecordStack();
    this.#depths = order === "depth" ? new IntList() : undefined;
    this.#levelEnd = order === "breadth" ? 1 : Number.POSITIVE_INFINITY;
  }

  /** States that this pass has found; of a team's: found first. */
  get unique(): number {
    return this.#parents.length;
  }

  /** States found and not yet expanded. */
  get waiting(): number {
    return this.#frontier.size;
  }

  /** A property is known to be broken, and that ends the search. */
  get broken(): boolean {
    return this.#options.stopAtCounterexample && this.#parts.properties.broken;
  }

  /** What was discovered ends the search. */
  get found(): boolean {
    const { targets } = this.#options;
    return this.broken || (targets.length > 0 && targets.every((target) => this.#parts.properties.discoveries.some(({ property }) => property === target)));
  }

  /** Of all states found so far, in no order; not in exact mode. */
  fingerprints(): Iterable<readonly [lo: number, hi: number]> {
    return this.#visited instanceof VisitedTable ? this.#visited : [];
  }

  /** Whether a state has this history. */
  reached(history: number): boolean {
    return this.#reached[history] === 1;
  }

  /** The codes of the events that lead from the initial state to state `number`. */
  path(number: number): number[] {
    const codes: number[] = [];
    for (let at = number; at > 0; at = this.#parents.get(at)) codes.push(this.#events.get(at));
    return codes.reverse();
  }

  /** The pass so far as a tree that another can go on from; breadth first and in full. */
  tree(): SearchTree {
    const { expanded, generated } = this;
    return { expanded, generated, parents: this.#parents.toArray(), events: this.#events.toArray(), terminal: [...this.terminalHistories.values()] };
  }

  /** From the initial state, or from where an earlier search stopped; pauses every few thousand states. */
  *explore(statesMax: number, tree?: SearchTree): Generator<void, End> {
    this.#begin();
    if (this.depth >= this.#options.depthMax) return "bounded";
    if (tree !== undefined) {
      const end = this.#regrow(tree);
      if (end !== undefined) return end;
    }
    return yield* this.goOn(statesMax);
  }

  /** From where the pass stands. */
  *goOn(statesMax: number): Generator<void, End> {
    for (;;) {
      const end = this.#expandSome(statesMax);
      if (end !== undefined) return end;
      yield;
    }
  }

  /** Expands up to a turn's states. */
  #expandSome(statesMax: number): End | undefined {
    const { depthMax, stopAtCounterexample, targets } = this.#options;
    const { member } = this.#parts;
    const frontier = this.#frontier;
    const watchful = stopAtCounterexample || targets.length > 0;
    const turnEnd = this.expanded + TURN;
    while (this.expanded < turnEnd) {
      while (this.expanded === this.#levelEnd) {
        const end = this.#nextLevel(statesMax);
        if (end !== undefined) return end;
      }
      if (!frontier.shift()) return this.#cut ? "bounded" : "exhausted";
      this.expanded++;
      if (member !== undefined && member.skips(frontier.number)) continue;
      if (this.#depths !== undefined && this.#depths.get(frontier.number) >= depthMax) {
        this.#cut = true;
        continue;
      }
      this.#expand(frontier);
      if (this.unique >= statesMax || (watchful && this.found)) return this.#stop("bounded");
      if ((this.expanded & 0x3ff) === 0) {
        const end = this.#look();
        if (end !== undefined) return this.#stop(end);
      }
    }
    return undefined;
  }

  #expand(frontier: Frontier): void {
    this.#number = frontier.number;
    this.#history = frontier.readChunk[frontier.readAt + HISTORY]!;
    this.#parts.liveness?.begin();
    const live = this.#successors.expand(frontier.readChunk, frontier.readAt);
    if (!live && !this.terminalHistories.has(this.#history)) this.terminalHistories.set(this.#history, this.#number);
  }

  /** Breadth first, when all states of a level are expanded. */
  #nextLevel(statesMax: number): End | undefined {
    const { member } = this.#parts;
    if (member !== undefined) {
      const end = member.meet(this, statesMax);
      if (end !== undefined) return end;
    } else if (this.#frontier.size === 0) return "exhausted";
    this.levels.push(this.unique - this.#levelEnd);
    this.#levelEnd = this.unique;
    this.depth++;
    if (this.depth >= this.#options.depthMax) return this.#stop("bounded");
    const divides = member?.divides(this);
    if (divides === "divided") this.#visited = member!;
    return divides === "stopped" ? "bounded" : undefined;
  }

  /** A team ends together. */
  #stop(end: End): End {
    this.#parts.member?.leave(this);
    return end;
  }

  /** Budget, progress, and whether a verdict no longer holds: that is better found early. */
  #look(): End | undefined {
    if (!this.#lookout.look(this.expanded, () => this.#progress)) return "budget";
    return this.#parts.reducer?.contradictedByNews() === true ? "contradicted" : undefined;
  }

  get #progress(): Progress {
    return { unique: this.unique, generated: this.generated, depth: this.depth, frontier: this.waiting, levels: this.levels };
  }

  /** Walks an earlier search's tree again: only the steps that found something, so no state is looked up twice. */
  #regrow(tree: SearchTree): End | undefined {
    const frontier = this.#frontier;
    const terminal = new Set(tree.terminal);
    let child = 1;
    while (this.expanded < tree.expanded) {
      while (this.expanded === this.#levelEnd) {
        const end = this.#nextLevel(Number.POSITIVE_INFINITY);
        if (end !== undefined) return end;
      }
      if (!frontier.shift()) return "exhausted";
      this.expanded++;
      this.#number = frontier.number;
      this.#history = frontier.readChunk[frontier.readAt + HISTORY]!;
      for (; tree.parents[child] === this.#number; child++) this.#successors.take(frontier.readChunk, frontier.readAt, tree.events[child]!);
      if (terminal.has(this.#number)) this.terminalHistories.set(this.#history, this.#number);
    }
    this.generated = tree.generated;
    return undefined;
  }

  /** Files the initial state. */
  #begin(): void {
    const { memo, tracker } = this.#parts;
    const candidate = this.#candidate;
    const begun = memo.begin();
    const history = (this.initialHistory = tracker.next(tracker.initial, begun.events));
    const length = candidate.begin(begun, history);
    const frontier = this.#frontier;
    frontier.reserve(length);
    candidate.writeFirst(frontier.writeChunk, frontier.writeAt, begun.locals);
    const { writeChunk: chunk, writeAt: at } = frontier;
    if (this.#visited instanceof RecordTable) this.#visited.insert(chunk, at, length);
    else this.#visited.insert(chunk[at + LO]!, chunk[at + HI]!);
    this.#file(chunk, at, length, history);
  }

  // ---------------------------------------------------------------- a successor

  candidate(): boolean {
    this.generated++;
    const candidate = this.#candidate;
    const visited = this.#visited;
    const exact = visited instanceof RecordTable;
    if (!exact && !visited.insert(candidate.lo, candidate.hi)) return this.#again(visited.last);
    const frontier = this.#frontier;
    const length = candidate.prepare();
    frontier.reserve(length);
    const chunk = frontier.writeChunk;
    const at = frontier.writeAt;
    candidate.write(chunk, at);
    if (exact && !visited.insert(chunk, at, length)) return this.#again(visited.last);
    this.#parts.liveness?.edge(visited.last, candidate.code);
    return this.#file(chunk, at, length, candidate.history);
  }

  /** A successor that was seen before, as state `number`, or outside of the space. */
  #again(number: number): boolean {
    const { lo, hi, code } = this.#candidate;
    if (this.#outside?.has(lo, hi) === true) this.generated--;
    this.#parts.liveness?.edge(number, code);
    return false;
  }

  retract(): void {
    this.generated--;
  }

  /** Files the record as a state of its own; false if it lies outside of the space. */
  #file(chunk: Int32Array, at: number, length: number, history: number): boolean {
    const { visit, within } = this.#options;
    const { memo, properties, viewer, liveness, tracker } = this.#parts;
    const { parties, servers } = memo.model;
    const state = this.unique;
    const { code, header } = this.#candidate;
    if (within?.(viewer.view(chunk.subarray(at, at + length), header, state)) === false) {
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
    this.#reached[history] = 1;
    if (history !== this.#history && !tracker.linearizable(history)) properties.notLinearizable(state);
    liveness?.note(chunk.subarray(at + LOCALS, at + LOCALS + parties.length), state);
    if (properties.open) properties.inspect(chunk.subarray(at + LOCALS, at + LOCALS + servers), chunk.subarray(at + header, at + length), state);
    visit?.(viewer.view(chunk.subarray(at, at + length), header, state));
    this.#frontier.commit(length, state);
    return true;
  }
}
