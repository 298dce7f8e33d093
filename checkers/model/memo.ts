import type { ActorModel, PartyInput, PartyStep } from "../../harness/actor-model.ts";
import { assert } from "../../harness/assert.ts";
import { canonicalJson, deepFreeze, type Json } from "../../harness/json.ts";
import { EventLists } from "./history-tracker.ts";
import { Zones } from "./zones.ts";
import { Column, Interner, PairTable } from "./tables.ts";

/** What the parent link remembers of a step. */
export type EngineEvent =
  | { readonly kind: "deliver" | "drop" | "duplicate"; readonly envelope: Envelope }
  | { readonly kind: "local"; readonly party: number; readonly input: PartyInput }
  | { readonly kind: "cut"; readonly cut: string }
  | { readonly kind: "heal" };

export interface Envelope {
  readonly from: number;
  readonly to: number;
  readonly message: Json;
}

/** What a party does on its own, or what happens to the network. */
export interface OwnEvent {
  /** -1: the network. */
  readonly party: number;
  readonly input: PartyInput | NetworkInput;
}
export type NetworkInput = { readonly input: "cut"; readonly cut: number } | { readonly input: "heal" };

/** Outcomes of the transition memo that are no transition: nothing happens; it cannot happen. */
export const IGNORED = -1;
export const BLOCKED = -2;

/** The low bits of an event code. */
export const DELIVER = 0;
export const DROP = 1;
export const DUPLICATE = 2;
export const LOCAL = 3;

/**
 * The components of an exploration, interned, and each party's transitions between its local states, remembered: every
 * handler runs once per (local state, input), however many global states they meet in.
 *
 *     event code   id of the envelope or input, shifted by two, and in the low bits: delivered, dropped, repeated, own
 *     row          one transition: next local state, sends, clients' events, and its fingerprint delta
 */
export class Memo {
  readonly model: ActorModel;
  handlerCalls = 0;
  /** A bag's sends are kept sorted, with their hashes in the delta. */
  readonly #sorted: boolean;

  readonly locals: Interner<{ readonly party: number; readonly local: Json }> = new Interner("local");
  /** By local state: what its party can do on its own, once asked for; see `listLocalEvents`. */
  readonly localEvents: (Int32Array | undefined)[] = [];
  /** By local state: 1 while its party is down. */
  readonly localDown: Column = new Column();
  readonly envelopes: Interner<Envelope> = new Interner<Envelope>("envelope");
  readonly envelopeFrom: Column = new Column();
  readonly envelopeTo: Column = new Column();
  readonly inputs: Interner<OwnEvent> = new Interner<OwnEvent>("input");
  readonly lists: EventLists = new EventLists();

  /** Events that met a party, by code, and whether one of them had an effect. */
  readonly fired: Map<number, boolean> = new Map<number, boolean>();

  // Transitions: (local, event code) → row.
  readonly transitions: PairTable = new PairTable(1 << 12);
  readonly nextLocal: Column = new Column();
  readonly fromLocal: Column = new Column();
  readonly transitionCode: Column = new Column();
  /** By row: its envelopes are `sendPool[sendsFrom … sendsTo - 1]`. */
  readonly sendsFrom: Column = new Column();
  readonly sendsTo: Column = new Column();
  readonly sendPool: Column = new Column();
  /** By row: list of clients' events; 0: none. */
  readonly transitionEvents: Column = new Column();
  /** By row: what it does to timers, where clocks matter. */
  readonly transitionZone: Column = new Column();
  readonly zones: Zones | undefined;
  readonly deltaLo: Column = new Column();
  readonly deltaHi: Column = new Column();

  constructor(model: ActorModel) {
    this.model = model;
    this.zones = model.clocks === undefined ? undefined : new Zones(model.clocks.driftRatio);
    this.#sorted = model.network.order === "any";
  }

  /** How all parties begin: local states, envelopes sent, by party; and the list of clients' events. */
  begin(): { readonly locals: readonly number[]; readonly sends: readonly (readonly number[])[]; readonly events: number; readonly zone: number } {
    const begun = this.model.parties.map((party) => party.begin());
    this.handlerCalls += begun.length;
    return {
      locals: begun.map(({ local }, id) => this.local(id, local)),
      sends: begun.map(({ sends }, from) => sends.map(({ to, message }) => this.envelope({ from, to, message }))),
      events: this.lists.id(begun.flatMap(({ events }) => events)),
      zone: begun.reduce((zone, step, id) => (this.zones === undefined ? 0 : this.zones.after(zone, this.zones.operations(id, undefined, step))), 0),
    };
  }

  /** Row of the transition of `local` by event `code`, or IGNORED, or BLOCKED. */
  transition(local: number, code: number): number {
    const known = this.transitions.get(local, code);
    return known === PairTable.missing ? this.#compute(local, code) : known;
  }

  #compute(local: number, code: number): number {
    const { party, local: object } = this.locals.objects[local]!;
    this.handlerCalls++;
    const step = this.model.parties[party]!.step(object, this.inputOf(code));
    const row = step === "ignored" ? IGNORED : step === "blocked" ? BLOCKED : this.#fileTransition(local, code, step);
    this.transitions.set(local, code, row);
    if (row !== BLOCKED) this.fired.set(code, (this.fired.get(code) ?? false) || row !== IGNORED);
    return row;
  }

  inputOf(code: number): PartyInput {
    if ((code & 3) === LOCAL) {
      const { input } = this.inputs.objects[code >> 2]!;
      assert(input.input !== "cut" && input.input !== "heal", "a partition is no party's input");
      return input;
    }
    const { from, message } = this.envelopes.objects[code >> 2]!;
    return { input: "message", from, message };
  }

  #fileTransition(local: number, code: number, step: PartyStep): number {
    const { party } = this.locals.objects[local]!;
    const next = this.local(party, step.local);
    let lo = this.locals.lo.at[next]! - this.locals.lo.at[local]!;
    let hi = this.locals.hi.at[next]! - this.locals.hi.at[local]!;
    const sends = step.sends.map(({ to, message }) => this.envelope({ from: party, to, message }));
    if (this.#sorted) {
      sends.sort((a, b) => a - b);
      for (const envelope of sends) {
        lo += this.envelopes.lo.at[envelope]!;
        hi += this.envelopes.hi.at[envelope]!;
      }
    }
    this.sendsFrom.push(this.sendPool.length);
    for (const envelope of sends) this.sendPool.push(envelope);
    this.sendsTo.push(this.sendPool.length);
    this.transitionEvents.push(this.lists.id(step.events));
    if (this.zones !== undefined) this.transitionZone.push(this.zones.operations(party, this.inputOf(code), step));
    this.deltaLo.push(lo | 0);
    this.deltaHi.push(hi | 0);
    this.fromLocal.push(local);
    this.transitionCode.push(code);
    return this.nextLocal.push(next);
  }

  local(party: number, local: Json): number {
    const before = this.locals.length;
    const id = this.locals.id(`${party}${canonicalJson(local)}`, () => ({ party, local: deepFreeze(local) }));
    if (id === before) {
      this.localEvents.push(undefined);
      this.localDown.push(this.model.parties[party]!.options(local).some((input) => input.input === "recover") ? 1 : 0);
    }
    return id;
  }

  /** What the party can do on its own: ids with their budget in the low bits (0: none, else budget index + 1). */
  listLocalEvents(local: number): Int32Array {
    const { party, local: object } = this.locals.objects[local]!;
    const inputs = this.model.parties[party]!.options(object).map((input) => (this.input(party, input) << 3) | budgetOf[input.input]);
    return (this.localEvents[local] = Int32Array.from(inputs));
  }

  /** Id of what a party can do on its own, or what can happen to the network. */
  input(party: number, input: OwnEvent["input"]): number {
    return this.inputs.id(`${party}${canonicalJson(input as unknown as Json)}`, () => ({ party, input: deepFreeze(input) }));
  }

  envelope(envelope: Envelope): number {
    const before = this.envelopes.length;
    const id = this.envelopes.id(canonicalJson([envelope.from, envelope.to, envelope.message]), () => deepFreeze(envelope));
    if (id === before) {
      this.envelopeFrom.push(envelope.from);
      this.envelopeTo.push(envelope.to);
    }
    return id;
  }

  eventOf(code: number): EngineEvent {
    const id = code >> 2;
    switch (code & 3) {
      case DELIVER:
        return { kind: "deliver", envelope: this.envelopes.objects[id]! };
      case DROP:
        return { kind: "drop", envelope: this.envelopes.objects[id]! };
      case DUPLICATE:
        return { kind: "duplicate", envelope: this.envelopes.objects[id]! };
      default: {
        const { party, input } = this.inputs.objects[id]!;
        if (input.input === "cut") return { kind: "cut", cut: this.model.cuts[input.cut]!.name };
        return input.input === "heal" ? { kind: "heal" } : { kind: "local", party, input };
      }
    }
  }

  /** Each observed input of each party: what the coverage is made of. */
  *observed(): IterableIterator<{ readonly party: number; readonly input: PartyInput; readonly reacted: boolean }> {
    for (const [key, reacted] of this.fired) {
      const code = key;
      const id = code >> 2;
      if ((code & 3) === LOCAL) yield { party: this.inputs.objects[id]!.party, input: this.inputOf(code), reacted };
      else {
        const { from, to, message } = this.envelopes.objects[id]!;
        yield { party: to, input: { input: "message", from, message }, reacted };
      }
    }
  }

}

/** Which budget an input spends: 0: none, else its index + 1. */
export const budgetOf: { readonly [input in OwnEvent["input"]["input"]]: number } = { message: 0, call: 0, choice: 0, crash: 3, recover: 4, timer: 5, loseWrite: 6, cut: 7, heal: 0 };

