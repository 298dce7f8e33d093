import type { MessageProperty, StateProperty } from "../../harness/actor-model.ts";
import type { SystemProperty } from "../../harness/actor.ts";
import type { Flows } from "./flows.ts";
import type { Memo } from "./memo.ts";
import { StateViewer } from "./seen-state.ts";
import { VisitedTable } from "./visited.ts";

export interface EngineDiscovery {
  readonly property: string;
  readonly kind: "counterexample" | "example";
  readonly state: number;
}

/**
 * The properties that are still open, and what looking at new states has settled: the first discovery of each is kept.
 * A property over messages is asked once per message, one over the servers' states once per combination of them.
 */
export class Properties {
  readonly discoveries: EngineDiscovery[] = [];
  readonly #memo: Memo;
  readonly #flows: Flows;
  readonly #fifo: boolean;
  readonly #viewer: StateViewer;
  #openMessageProperties: MessageProperty[] = [];
  readonly #messageVerdicts = new Map<MessageProperty, Map<number, boolean>>();
  #openActorProperties: SystemProperty[] = [];
  #openStateProperties: StateProperty[] = [];
  #actorTuples = new VisitedTable({ slots: 1 << 10 });
  #linearizableSoFar = true;

  constructor(memo: Memo, flows: Flows) {
    this.#memo = memo;
    this.#flows = flows;
    this.#fifo = memo.model.network.order === "fifo";
    this.#viewer = new StateViewer(memo, flows);
    this.reset();
  }

  /** All open again, nothing discovered. */
  reset(): void {
    const { model } = this.#memo;
    this.discoveries.length = 0;
    this.#openMessageProperties = [...model.messageProperties];
    this.#openActorProperties = [...model.properties];
    this.#openStateProperties = [...model.stateProperties];
    this.#actorTuples = new VisitedTable({ slots: 1 << 10 });
    this.#linearizableSoFar = true;
  }

  get broken(): boolean {
    return this.discoveries.some(({ kind }) => kind === "counterexample");
  }

  /** Looks at state number `state`: its servers' local states, and what is in flight (envelopes, or flows). */
  inspect(locals: Int32Array, network: Int32Array, state: number): void {
    if (this.#openStateProperties.length > 0) this.#state(locals, network, state);
    if (this.#openMessageProperties.length > 0) this.#messages(network, state);
    if (this.#openActorProperties.length > 0) this.#actors(locals, state);
  }

  /** False when there is nothing that `inspect` would look at. */
  get open(): boolean {
    return this.#openStateProperties.length + this.#openMessageProperties.length + this.#openActorProperties.length > 0;
  }

  /** A state's history is explained by no order. */
  notLinearizable(state: number): void {
    if (!this.#linearizableSoFar) return;
    this.#linearizableSoFar = false;
    this.discoveries.push({ property: "linearizable", kind: "counterexample", state });
  }

  #messages(items: Int32Array, state: number): void {
    for (let p = this.#openMessageProperties.length - 1; p >= 0; p--) {
      const property = this.#openMessageProperties[p]!;
      let verdicts = this.#messageVerdicts.get(property);
      if (verdicts === undefined) this.#messageVerdicts.set(property, (verdicts = new Map<number, boolean>()));
      for (const item of items) {
        const envelope = this.#fifo ? this.#flows.head.at[item]! : item;
        let holds = verdicts.get(envelope);
        if (holds === undefined) {
          const { from, to, message } = this.#memo.envelopes.objects[envelope]!;
          verdicts.set(envelope, (holds = property.test(message, { from, to })));
        }
        if (holds !== (property.kind === "sometimes")) continue;
        this.discoveries.push({ property: property.name, kind: property.kind === "sometimes" ? "example" : "counterexample", state });
        this.#openMessageProperties.splice(p, 1);
        break;
      }
    }
  }

  #state(locals: Int32Array, network: Int32Array, state: number): void {
    const servers = this.#viewer.locals(locals);
    const messages = this.#viewer.messages(network);
    this.#openStateProperties = this.#openStateProperties.filter((property) => {
      if (property.test({ servers, messages }) !== (property.kind === "sometimes")) return true;
      this.discoveries.push({ property: property.name, kind: property.kind === "sometimes" ? "example" : "counterexample", state });
      return false;
    });
  }

  #actors(locals: Int32Array, state: number): void {
    let lo = 0;
    let hi = 0;
    for (const local of locals) {
      lo = (lo + this.#memo.locals.lo.at[local]!) | 0;
      hi = (hi + this.#memo.locals.hi.at[local]!) | 0;
    }
    if (!this.#actorTuples.insert(lo, hi)) return;
    const states = this.#viewer.locals(locals);
    this.#openActorProperties = this.#openActorProperties.filter((property) => {
      if (property.test(states) !== (property.kind === "sometimes")) return true;
      this.discoveries.push({ property: property.name, kind: property.kind === "sometimes" ? "example" : "counterexample", state });
      return false;
    });
  }
}
