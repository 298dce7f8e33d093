import type { ActorModel } from "../../harness/actor-model.ts";
import { estimateStates } from "./estimate.ts";
import type { Memo } from "./memo.ts";
import { ProbedGraph } from "./probed-graph.ts";
import { reductionTables } from "./reduction.ts";
import type { ReductionTables } from "./reduction/verdicts.ts";

/** What a reduced pass leaves out. */
export interface Reduction {
  readonly tables: ReductionTables;
  /** Deliveries that commute go alone. */
  readonly ample: boolean;
}

/** Whether the model's histories and verdicts can be had from fewer states. Whoever looks at every state wants every state. */
export function reducible(model: ActorModel, looks: { readonly visit: unknown; readonly within: unknown }): boolean {
  const { order, noop } = model.network;
  if (order === "set" || model.clocks !== undefined || model.stateProperties.length > 0 || model.liveness.length > 0) return false;
  if (looks.visit !== undefined || looks.within !== undefined) return false;
  return order === "any" || noop === "consume";
}

/** Deciding asks handlers about each pair of a local state and a message; each time for the work of about so many states. */
const statesPerPair = 20;
/** So many pairs are decided at once, whatever is left. */
const pairsCheap = 20_000;
/** The most (local state, message) pairs of a party that are looked at for ample sets: deciding costs handler calls. */
const amplePairsMax = 5_000;

/**
 * The fixpoint of reduction.ts over passes: it decides what the next one leaves out, on all that was met so far, and
 * whether what a pass has met contradicts the verdicts that it used. Made when the seed, a pass in full, has ended.
 */
export class Reducer {
  readonly #memo: Memo;
  readonly #graph: ProbedGraph;
  readonly #ample: boolean;
  #used: ReductionTables | undefined;
  #transitionsChecked = 0;

  constructor(memo: Memo) {
    this.#memo = memo;
    this.#graph = new ProbedGraph(memo);
    // A delivery that a property of the servers' states could see, or a fault could prevent, never goes alone.
    const { parties, properties, budgets } = memo.model;
    const { losses, duplicates, crashes, partitions } = budgets;
    const pairs = (memo.locals.length / parties.length) * (memo.envelopes.length / parties.length);
    this.#ample = properties.length === 0 && losses + duplicates + crashes + partitions === 0 && pairs <= amplePairsMax;
  }

  /** Whether what is left, by the levels so far, is more than the work of deciding; where that cannot be guessed it is much. */
  pays(unique: number, levels: readonly number[]): boolean {
    const { pairs } = this.#graph;
    const states = estimateStates(levels);
    return pairs <= pairsCheap || states === undefined || states - unique > pairs * statesPerPair;
  }

  /** For the next pass. */
  decide(): Reduction {
    this.#used = this.#tables();
    return { tables: this.#used, ample: this.#ample };
  }

  /** Whether a verdict in use does not hold, by all that was met. */
  contradicted(): boolean {
    return this.#used!.contradictedBy(this.#tables());
  }

  /** The same while a pass goes on: asked only when a fifth more local transitions are known than the last time. */
  contradictedByNews(): boolean {
    if (this.#memo.nextLocal.length <= this.#transitionsChecked * 1.2) return false;
    return this.contradicted();
  }

  #tables(): ReductionTables {
    this.#transitionsChecked = this.#memo.nextLocal.length;
    return reductionTables(this.#graph.graph(), { ample: this.#ample, used: this.#used });
  }
}
