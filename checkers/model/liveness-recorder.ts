import type { LivenessProperty } from "../../harness/actor.ts";
import { brokenLeadsTo, EdgeList, type StateGraph } from "./liveness.ts";
import { DELIVER, type EngineEvent, LOCAL, type Memo } from "./memo.ts";
import { IntList } from "./tables.ts";

/** All transitions of an exploration, and which states have what each liveness property asks for. */
export class LivenessRecorder {
  readonly #memo: Memo;
  readonly #edges = new EdgeList();
  readonly #bits: readonly { readonly property: LivenessProperty; readonly from: IntList; readonly to: IntList }[];

  constructor(memo: Memo) {
    this.#memo = memo;
    this.#bits = memo.model.liveness.map((property) => ({ property, from: new IntList(), to: new IntList() }));
  }

  /** The next state is expanded; states are, in the order of their numbers. */
  begin(): void {
    this.#edges.begin();
  }

  /** It has a step to state `target`. */
  edge(target: number, code: number): void {
    this.#edges.push(target, code);
  }

  /** State `state` is found; it has these local states. */
  note(locals: Int32Array, state: number): void {
    const { model } = this.#memo;
    const shown = Array.from(locals, (local) => {
      const { party, local: object } = this.#memo.locals.objects[local]!;
      return model.parties[party]!.show(object);
    });
    const seen = { servers: shown.slice(0, model.servers), clients: shown.slice(model.servers) };
    for (const { property, from, to } of this.#bits) {
      from.push(property.from === undefined ? (state === 0 ? 1 : 0) : property.from(seen) ? 1 : 0);
      to.push(property.to(seen) ? 1 : 0);
    }
  }

  /** A run against each property that does not hold. O(states + transitions) each. */
  *broken(states: number): IterableIterator<{ readonly property: string; readonly from: number; readonly stem: EngineEvent[]; readonly loop: EngineEvent[] }> {
    const edges = this.#edges;
    const graph: StateGraph = {
      states,
      parties: this.#memo.model.parties.length,
      firstEdge: (state) => edges.first(state),
      target: (edge) => edges.targets.get(edge),
      owner: (edge) => this.#ownerOf(edges.codes.get(edge)),
    };
    const events = (list: readonly number[]): EngineEvent[] => list.map((edge) => this.#memo.eventOf(edges.codes.get(edge)));
    for (const { property, from, to } of this.#bits) {
      const lasso = brokenLeadsTo(graph, { from: (state) => from.get(state) === 1, to: (state) => to.get(state) === 1, fair: property.fair });
      if (lasso !== undefined) yield { property: property.name, from: lasso.from, stem: events(lasso.stem), loop: events(lasso.loop) };
    }
  }

  /** Whose step it is; -1: nobody owes a loss, a repetition, a crash, a write, or that a partition heals. */
  #ownerOf(code: number): number {
    const id = code >> 2;
    if ((code & 3) === DELIVER) return this.#memo.envelopeTo.at[id]!;
    if ((code & 3) !== LOCAL) return -1;
    const { party, input } = this.#memo.inputs.objects[id]!;
    return input.input === "crash" || input.input === "loseWrite" ? -1 : party;
  }
}
