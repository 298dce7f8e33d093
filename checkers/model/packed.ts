import { assert } from "../../harness/assert.ts";
import type { Budget } from "../../harness/budget.ts";
import { Lookout, type Progress } from "./lookout.ts";
import { PackedTable } from "./packed-table.ts";
import { IntList } from "./tables.ts";

/**
 * Models whose state fits 63 bits: two 32-bit words, exact keys instead of fingerprints, no records, no interning. What
 * TLA+ specifications of small protocols look like once they are packed: a set of actions over a few bit fields.
 */
export interface PackedModel {
  readonly kind: "packed";
  readonly name: string;
  /** Who acts, for pictures: `tm`, `rm 0`. */
  readonly lanes: readonly string[];
  readonly initial: PackedState;
  /** At most that many successors of one state. */
  readonly branchingMax: number;
  /** Actions are 0 … actions - 1. */
  readonly actions: number;
  /**
   * Writes the successors of (lo, hi) into `out` as triples [action, lo, hi], and returns how many. A successor equal
   * to the state is one too. The top bit of every `hi` stays free.
   */
  successors(lo: number, hi: number, out: Int32Array): number;
  /** What an action is called, and on which lane it happens. */
  describe(action: number): { readonly lane: number; readonly label: string };
  /** One representative per orbit of the model's symmetry: the same for every state of the orbit. */
  canonical?(lo: number, hi: number): PackedState;
  readonly properties: readonly {
    readonly name: string;
    readonly kind: "always" | "sometimes";
    test(lo: number, hi: number): boolean;
  }[];
}
export type PackedState = readonly [lo: number, hi: number];

export interface PackedOptions {
  readonly budget: Budget;
  readonly statesMax: number;
  readonly depthMax: number;
  /** Visit one state per orbit; needs `canonical`. */
  readonly symmetry: boolean;
  readonly order: "breadth" | "depth";
  readonly stopAtCounterexample: boolean;
  /** End as soon as all of these are discovered; empty: never. */
  readonly targets: readonly string[];
  readonly progress: ((progress: Progress) => void) | undefined;
}

/** Exploration over words; `run` once, then read. */
export class PackedEngine {
  readonly model: PackedModel;
  readonly discoveries: { readonly property: string; readonly kind: "counterexample" | "example"; readonly state: number }[] = [];
  generated = 0;
  depth = 0;
  complete = false;
  readonly #options: PackedOptions;
  readonly #lookout: Lookout;
  readonly #visited = new PackedTable();
  readonly #lo = new IntList();
  readonly #hi = new IntList();
  readonly #parents = new IntList();
  readonly #out: Int32Array;
  /** By action: 1 when it has led to a new state. */
  readonly #fired: Uint8Array;
  readonly #levels: number[] = [1];
  #canonical: ((lo: number, hi: number) => PackedState) | undefined;
  #open: PackedModel["properties"];

  constructor(model: PackedModel, options: PackedOptions) {
    this.model = model;
    this.#options = options;
    this.#lookout = new Lookout(options);
    this.#open = model.properties;
    this.#out = new Int32Array(model.branchingMax * 3);
    this.#fired = new Uint8Array(model.actions);
  }

  get unique(): number {
    return this.#lo.length;
  }

  run(): void {
    for (const _ of this.running());
  }

  /** As `run`, with a pause every few thousand states, for whoever must look at the outside world. */
  *running(): Generator<void, void> {
    const { model } = this;
    const { symmetry, order, depthMax } = this.#options;
    this.#canonical = symmetry ? model.canonical?.bind(model) : undefined;
    const [lo, hi] = this.#canonical === undefined ? model.initial : this.#canonical(...model.initial);
    this.generated = 1;
    this.#visited.insert(lo, hi);
    this.#add(lo, hi, -1, -1);
    this.depth = 1;
    if (depthMax <= 1 || (this.discoveries.length > 0 && this.#found())) return;
    const walk = order === "breadth" ? this.#breadthFirst() : this.#depthFirst();
    this.complete = yield* walk;
  }

  /** States are expanded in the order of their numbers; true when none is left. */
  *#breadthFirst(): Generator<void, boolean> {
    let levelEnd = 1;
    for (let state = 0; state < this.#lo.length; state++) {
      if (state === levelEnd) {
        this.#levels.push(this.#lo.length - levelEnd);
        levelEnd = this.#lo.length;
        this.depth++;
        if (this.depth >= this.#options.depthMax) return false;
      }
      if (this.#expand(state)) return false;
      if ((state & 0xfff) === 0xfff) {
        if (!this.#look(state + 1, this.unique - state - 1)) return false;
        yield;
      }
    }
    return true;
  }

  /** The state that was found last is expanded first. */
  *#depthFirst(): Generator<void, boolean> {
    const waiting = [0];
    const depths = new IntList();
    depths.push(1);
    let expanded = 0;
    let cut = false;
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      const depth = depths.get(state);
      if (depth > this.depth) this.depth = depth;
      if (depth >= this.#options.depthMax) {
        cut = true;
        continue;
      }
      if (this.#expand(state)) return false;
      for (let found = depths.length; found < this.#lo.length; found++) {
        depths.push(depth + 1);
        waiting.push(found);
      }
      if ((++expanded & 0xfff) === 0) {
        if (!this.#look(expanded, waiting.length)) return false;
        yield;
      }
    }
    return !cut;
  }

  /** Files a state's new successors; true when the search ends: by what it has found, or for its bound. */
  #expand(state: number): boolean {
    const out = this.#out;
    const canonical = this.#canonical;
    const visited = this.#visited;
    const known = this.discoveries.length;
    const stateLo = this.#lo.get(state);
    const stateHi = this.#hi.get(state);
    const count = this.model.successors(stateLo, stateHi, out);
    this.generated += count;
    for (let i = 0; i < count; i++) {
      let lo = out[3 * i + 1]!;
      let hi = out[3 * i + 2]!;
      if (lo === stateLo && hi === stateHi) continue;
      if (canonical !== undefined) [lo, hi] = canonical(lo, hi);
      if (visited.insert(lo, hi)) this.#add(lo, hi, state, out[3 * i]!);
    }
    return this.#lo.length >= this.#options.statesMax || (this.discoveries.length > known && this.#found());
  }

  /** What was discovered ends the search. */
  #found(): boolean {
    const { stopAtCounterexample, targets } = this.#options;
    if (stopAtCounterexample && this.discoveries.some(({ kind }) => kind === "counterexample")) return true;
    return targets.length > 0 && targets.every((target) => this.discoveries.some(({ property }) => property === target));
  }

  /** Budget and progress; false: the search ends. */
  #look(expanded: number, frontier: number): boolean {
    return this.#lookout.look(expanded, () => ({ unique: this.unique, generated: this.generated, depth: this.depth, frontier, levels: this.#levels }));
  }

  /** Actions from the initial state to state `number`. Under symmetry each step is up to a renaming. */
  path(number: number): number[] {
    const actions: number[] = [];
    for (let at = number; at > 0; at = this.#parents.get(at)) actions.push(this.#actionTo(at));
    return actions.reverse();
  }

  /** The first action of the parent that leads to state `number`: the one by which it was found. */
  #actionTo(number: number): number {
    const parent = this.#parents.get(number);
    const out = this.#out;
    const count = this.model.successors(this.#lo.get(parent), this.#hi.get(parent), out);
    for (let i = 0; i < count; i++) {
      const state: PackedState = [out[3 * i + 1]!, out[3 * i + 2]!];
      const [lo, hi] = this.#canonical?.(...state) ?? state;
      if (lo === this.#lo.get(number) && hi === this.#hi.get(number)) return out[3 * i]!;
    }
    assert(false, `state ${number} follows state ${parent}`);
  }

  /** Actions that led to a new state, ascending. */
  observed(): number[] {
    return Array.from(this.#fired.keys()).filter((action) => this.#fired[action] === 1);
  }

  #add(lo: number, hi: number, parent: number, action: number): void {
    this.#lo.push(lo);
    this.#hi.push(hi);
    this.#parents.push(parent);
    if (action >= 0) this.#fired[action] = 1;
    if (this.#open.length > 0) this.#inspect(lo, hi);
  }

  #inspect(lo: number, hi: number): void {
    for (const property of this.#open) {
      if (property.test(lo, hi) !== (property.kind === "sometimes")) continue;
      this.discoveries.push({ property: property.name, kind: property.kind === "sometimes" ? "example" : "counterexample", state: this.#lo.length - 1 });
      this.#open = this.#open.filter((other) => other !== property);
    }
  }
}
