import { canonicalJson, deepFreeze, equalJson, type Json } from "../../harness/json.ts";
import { DELIVER, type Envelope, type Memo } from "./memo.ts";
import type { GraphEffect, GraphSend, GraphTransition, LocalGraph } from "./reduction/local-graph.ts";
import { Interner, PairTable } from "./tables.ts";

/**
 * The local graph that the reductions decide on, from what an exploration has met; pairs that never met are asked of
 * the handlers, and remembered apart, so that what is only thought of never becomes a part of the exploration.
 */
export class ProbedGraph {
  readonly #memo: Memo;
  readonly #probes = new PairTable();

  constructor(memo: Memo) {
    this.#memo = memo;
  }

  /** Pairs of a local state and a message to its party: what all verdicts together are about. */
  get pairs(): number {
    const locals = this.#memo.model.parties.map(() => 0);
    for (const { party } of this.#memo.locals.objects) locals[party]!++;
    return this.#memo.envelopes.objects.reduce((pairs, { to }) => pairs + (locals[to] ?? 0), 0);
  }

  /** What has been met so far. */
  graph(): LocalGraph {
    const transitions: GraphTransition[] = [];
    for (let row = 0; row < this.#memo.nextLocal.length; row++) {
      transitions.push({ from: this.#memo.fromLocal.at[row]!, code: this.#memo.transitionCode.at[row]!, to: this.#memo.nextLocal.at[row]!, events: this.#memo.transitionEvents.at[row]! });
    }
    const partyOf = Int32Array.from(this.#memo.locals.objects, ({ party }) => party);
    const watched = Uint8Array.from(this.#memo.envelopes.objects, (envelope) => (this.#watched(envelope) ? 1 : 0));
    return {
      localCount: this.#memo.locals.length,
      envelopeCount: this.#memo.envelopes.length,
      partyOf,
      receiverOf: this.#memo.envelopeTo.at,
      transitions,
      fifo: this.#memo.model.network.order === "fifo",
      consumes: this.#memo.model.network.noop === "consume",
      deliveryOf: (envelope) => (envelope << 2) | DELIVER,
      row: (local, code) => {
        const row = this.#memo.transitions.get(local, code);
        return row === PairTable.missing ? undefined : Math.max(row, -1);
      },
      probe: (local, envelope) => this.#probe(local, envelope),
      stateOf: (local) => this.#thoughts.id(this.#memo.locals.keys[local]!, () => this.#memo.locals.objects[local]!),
      localOf: (state) => {
        const local = this.#memo.locals.find(this.#thoughts.keys[state]!);
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
      const step = this.#memo.model.parties[party]!.step(local, this.#memo.inputOf(code));
      this.#memo.handlerCalls++;
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
    const known = this.#memo.envelopes.find(key);
    if (known >= 0) return this.#probe(local, known);
    const memo = `${local} ${key}`;
    let reacts = this.#answers.get(memo);
    if (reacts === undefined) {
      const { party, local: object } = this.#memo.locals.objects[local]!;
      try {
        reacts = typeof this.#memo.model.parties[party]!.step(object, { input: "message", from, message }) !== "string";
      } catch {
        reacts = true;
      }
      this.#memo.handlerCalls++;
      this.#answers.set(memo, reacts);
    }
    return reacts;
  }
  readonly #answers = new Map<string, boolean>();
  readonly #thoughts = new Interner<{ readonly party: number; readonly local: Json }>("thought");
  readonly #effectIds = new PairTable();
  readonly #effects: (GraphEffect | "unknown" | undefined)[] = [];

  #watched({ from, to, message }: Envelope): boolean {
    return this.#memo.model.messageProperties.some((property) => property.test(message, { from, to }) === (property.kind === "sometimes"));
  }

  /** Whether a message that never met this local state would do something to it; an impossible pair may throw: it would. */
  #probe(local: number, envelope: number): boolean {
    const known = this.#probes.get(local, envelope);
    if (known !== PairTable.missing) return known === 1;
    const { party, local: object } = this.#memo.locals.objects[local]!;
    const { from, message } = this.#memo.envelopes.objects[envelope]!;
    let reacts = true;
    try {
      reacts = typeof this.#memo.model.parties[party]!.step(object, { input: "message", from, message }) !== "string";
    } catch {
      reacts = true;
    }
    this.#memo.handlerCalls++;
    this.#probes.set(local, envelope, reacts ? 1 : 0);
    return reacts;
  }
}
