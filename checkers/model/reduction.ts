import type { Json } from "../../harness/json.ts";

/**
 * Reductions that keep every outcome: fewer states, the same histories, visited and ended (model-checking.md §10).
 *
 *     dead messages   a message is dropped as soon as no state that its receiver can still reach reacts to it
 *     idle messages   so is one that its receiver, now and ever after, only answers, without a change of its own, when
 *                     all those answers would be dead: what is left of finished operations
 *     ample sets      where a delivery commutes with all else that can still happen to its receiver, only it is explored
 *                     (Peled, CAV 1993; singletons, with the proviso that its successor is new)
 *
 * Both are decided on the local graph: per party, its local states and the transitions between them. That graph is
 * small, but known only when everything has been explored; so it is earned by a fixpoint:
 *
 *     graph := that of the first states of a full exploration
 *     repeat  tables := verdicts on the graph, pairs that never met probed and held to react
 *             explore, reduced; new local transitions enter the graph
 *     until no verdict that was used is contradicted by the graph that came out
 *
 * Why that is sound for dead messages: take the shortest full behaviour with a local step outside the final graph. All
 * steps before it are in the graph, and none of their messages was dropped, for a message is dropped only where the
 * graph shows that nothing will react to it. So the reduced exploration follows, meets the same local state with the
 * same message, and records the step: it is in the graph after all.
 *
 * Ample sets are used only while nothing can be lost, repeated or crash, and never for a delivery that clients or a
 * property can see.
 */
export interface LocalGraph {
  readonly localCount: number;
  readonly envelopeCount: number;
  readonly partyOf: Int32Array;
  readonly receiverOf: Int32Array;
  /** Local transitions: from, event code, to, and the list of clients' events (0: none). */
  readonly transitions: readonly GraphTransition[];
  /** Event code of an envelope's delivery. */
  deliveryOf(envelope: number): number;
  /** Row of a transition that was met; -1 if the event was met and ignored or cannot happen; undefined if it never met. */
  row(local: number, code: number): number | undefined;
  /** Whether the event would do something there; never met, so asked of the handler. */
  probe(local: number, envelope: number): boolean;
  /** The number of a local state among all that were thought of, met or not. */
  stateOf(local: number): number;
  /** The local state that was met, if this one was. */
  localOf(state: number): number | undefined;
  /** What an event does to a state, met or not; undefined: nothing. */
  effect(state: number, code: number): GraphEffect | "unknown" | undefined;
  /** Whether a message, sent or only thought of, would do something to a local state of its receiver. */
  answerReacts(local: number, answer: GraphSend): boolean;
  /** Whether a property looks at the message. */
  watched(envelope: number): boolean;
  /** Order on a link matters. */
  readonly fifo: boolean;
  /** What is ignored is used up. */
  readonly consumes: boolean;
}
export interface GraphTransition {
  readonly from: number;
  readonly code: number;
  readonly to: number;
  readonly events: number;
}

export interface GraphEffect {
  readonly to: number;
  readonly sends: readonly GraphSend[];
  /** What clients see of it, as text. */
  readonly events: string;
  /** Clients or a property can see it. */
  readonly visible: boolean;
}

export interface GraphSend {
  readonly receiver: number;
  /** The envelope's content. */
  readonly key: string;
  readonly from: number;
  readonly message: Json;
}

/** Verdicts by envelope and local state of its receiver; what is not known is 0. */
export class ReductionTables {
  readonly localCount: number;
  readonly envelopeCount: number;
  readonly #dead: Uint8Array;
  readonly #idle: Uint8Array;
  /** By idle envelope: for each receiver of its answers, the local states in which all of them are dead. */
  readonly #answersDead = new Map<number, readonly (readonly [party: number, locals: Uint8Array])[]>();
  readonly #commutes: Uint8Array;

  constructor(localCount: number, envelopeCount: number) {
    this.localCount = localCount;
    this.envelopeCount = envelopeCount;
    this.#dead = new Uint8Array(localCount * envelopeCount);
    this.#idle = new Uint8Array(localCount * envelopeCount);
    this.#commutes = new Uint8Array(localCount * envelopeCount);
  }

  /** The envelope changes nothing more: dead, or idle with dead answers. `locals[at + p]` is party p's local state. */
  useless(envelope: number, local: number, locals: { readonly list: Int32Array; readonly at: number; readonly moved: number; readonly to: number }): boolean {
    if (envelope >= this.envelopeCount || local >= this.localCount) return false;
    const key = envelope * this.localCount + local;
    if (this.#dead[key] === 1) return true;
    if (this.#idle[key] === 0) return false;
    for (const [party, dead] of this.#answersDead.get(envelope)!) {
      const receiver = party === locals.moved ? locals.to : locals.list[locals.at + party]!;
      if (receiver >= this.localCount || dead[receiver] === 0) return false;
    }
    return true;
  }

  setIdle(envelope: number, locals: readonly number[], answersDead: readonly (readonly [party: number, locals: Uint8Array])[]): void {
    for (const local of locals) this.#idle[envelope * this.localCount + local] = 1;
    this.#answersDead.set(envelope, answersDead);
  }

  dead(envelope: number, local: number): boolean {
    return envelope < this.envelopeCount && local < this.localCount && this.#dead[envelope * this.localCount + local] === 1;
  }

  commutes(envelope: number, local: number): boolean {
    return envelope < this.envelopeCount && local < this.localCount && this.#commutes[envelope * this.localCount + local] === 1;
  }

  setDead(envelope: number, local: number): void {
    this.#dead[envelope * this.localCount + local] = 1;
  }

  setCommutes(envelope: number, local: number): void {
    this.#commutes[envelope * this.localCount + local] = 1;
  }

  /** Whether a verdict of these tables does not hold in `later`, which knows more. */
  contradictedBy(later: ReductionTables): boolean {
    for (let envelope = 0; envelope < this.envelopeCount; envelope++) {
      for (let local = 0; local < this.localCount; local++) {
        const at = envelope * this.localCount + local;
        if (this.#dead[at] === 1 && !later.dead(envelope, local)) return true;
        if (this.#commutes[at] === 1 && !later.commutes(envelope, local)) return true;
        if (this.#idle[at] === 1 && later.#idle[envelope * later.localCount + local] === 0) return true;
      }
      const answers = this.#answersDead.get(envelope);
      if (answers === undefined) continue;
      const still = later.#answersDead.get(envelope);
      for (const [party, dead] of still ?? []) {
        const before = answers.find(([other]) => other === party);
        // No answers to that party before: as if all of them had been dead everywhere.
        for (let local = 0; local < this.localCount; local++) if ((before === undefined || before[1][local] === 1) && dead[local] === 0) return true;
      }
    }
    return false;
  }
}

export interface ReductionOptions {
  /** Decide about ample sets too. */
  readonly ample: boolean;
  /** The verdicts that were in use while the graph was met; undefined: none. */
  readonly used: ReductionTables | undefined;
}

/** Decides all verdicts. O(envelopes × (local states + transitions)) and one probe per pair that never met. */
export function reductionTables(graph: LocalGraph, options: ReductionOptions): ReductionTables {
  const tables = new ReductionTables(graph.localCount, graph.envelopeCount);
  const parties = 1 + graph.partyOf.slice(0, graph.localCount).reduce((a, b) => Math.max(a, b), -1);
  const parts = Array.from({ length: parties }, (_, party) => partOf(graph, party, options.used));
  for (const part of parts) {
    for (const envelope of part.envelopes) markDead(graph, tables, { part, envelope });
    for (const envelope of part.envelopes) markIdle(graph, tables, { part, envelope, partOfOther: (other) => parts[other] });
    if (options.ample) for (const envelope of part.envelopes) markCommuting(graph, tables, { part, envelope });
  }
  return tables;
}

interface Part {
  readonly locals: readonly number[];
  readonly envelopes: readonly number[];
  /** Transitions into a local state. */
  readonly into: ReadonlyMap<number, readonly GraphTransition[]>;
  /** Transitions out of one. */
  readonly outOf: ReadonlyMap<number, readonly GraphTransition[]>;
  /**
   * Local states in which an envelope may be on its way: it met them, or it met one that follows by deliveries that
   * were explored alone, and so perhaps before it was sent.
   */
  mayMeet(envelope: number): ReadonlySet<number>;
  /** Whether a state that was thought of was met, or one that follows by deliveries that were explored alone. */
  mayFollow(state: number): boolean;
}

function partOf(graph: LocalGraph, party: number, used: ReductionTables | undefined): Part {
  const locals: number[] = [];
  const into = new Map<number, GraphTransition[]>();
  const outOf = new Map<number, GraphTransition[]>();
  for (let local = 0; local < graph.localCount; local++) if (graph.partyOf[local] === party) locals.push(local);
  for (const transition of graph.transitions) {
    if (graph.partyOf[transition.from] !== party) continue;
    listAt(into, transition.to).push(transition);
    listAt(outOf, transition.from).push(transition);
  }
  const envelopes: number[] = [];
  for (let envelope = 0; envelope < graph.envelopeCount; envelope++) if (graph.receiverOf[envelope] === party) envelopes.push(envelope);
  const meets = new Map<number, ReadonlySet<number>>();
  const alone = envelopes.filter((envelope) => used !== undefined && locals.some((local) => used.commutes(envelope, local)));
  const part: Part = {
    locals,
    envelopes,
    into,
    outOf,
    mayMeet(envelope) {
      let states = meets.get(envelope);
      if (states === undefined) {
        const met = locals.filter((local) => graph.row(local, graph.deliveryOf(envelope)) !== undefined);
        meets.set(envelope, (states = backwards(part, met, ({ from, code }) => (code & 3) === 0 && used !== undefined && used.commutes(code >> 2, from))));
      }
      return states;
    },
    mayFollow(state) {
      const seen = new Set([state]);
      const work = [state];
      for (let at = work.pop(); at !== undefined; at = work.pop()) {
        if (graph.localOf(at) !== undefined) return true;
        for (const envelope of alone) {
          const effect = graph.effect(at, graph.deliveryOf(envelope));
          if (effect === undefined || effect === "unknown" || seen.has(effect.to)) continue;
          // Deciding must stay cheap; "it may" is the careful answer.
          if (seen.size > 32) return true;
          seen.add(effect.to);
          work.push(effect.to);
        }
      }
      return false;
    },
  };
  return part;
}

function listAt<T>(map: Map<number, T[]>, key: number): T[] {
  let list = map.get(key);
  if (list === undefined) map.set(key, (list = []));
  return list;
}

/** Dead: neither this state nor one that can follow reacts. */
function markDead(graph: LocalGraph, tables: ReductionTables, about: { readonly part: Part; readonly envelope: number }): void {
  const { part, envelope } = about;
  if (graph.watched(envelope)) return;
  const alive = backwards(part, part.locals.filter((local) => reacts(graph, local, envelope)), () => true);
  for (const local of part.locals) if (!alive.has(local)) tables.setDead(envelope, local);
}

/** Idle: in this state and all that can follow, it is answered at most, and nothing changes. */
function markIdle(
  graph: LocalGraph,
  tables: ReductionTables,
  about: { readonly part: Part; readonly envelope: number; readonly partOfOther: (party: number) => Part | undefined },
): void {
  const { part, envelope } = about;
  if (graph.watched(envelope)) return;
  const code = graph.deliveryOf(envelope);
  const answers = new Map<string, GraphSend>();
  const busy: number[] = [];
  for (const local of part.locals) {
    if (tables.dead(envelope, local)) continue;
    const row = graph.row(local, code);
    if (row !== undefined && (row < 0 || graph.transitions[row]!.to !== local)) {
      if (row >= 0) busy.push(local);
      continue;
    }
    const state = graph.stateOf(local);
    const effect = graph.effect(state, code);
    if (effect === undefined) continue;
    if (effect === "unknown" || effect.visible || effect.to !== state) busy.push(local);
    else for (const send of effect.sends) answers.set(send.key, send);
  }
  const active = backwards(part, busy, () => true);
  const idle = part.locals.filter((local) => !active.has(local));
  if (idle.length === 0) return;
  const byParty = new Map<number, Uint8Array>();
  for (const answer of answers.values()) {
    const receivers = about.partOfOther(answer.receiver);
    if (receivers === undefined) continue;
    let dead = byParty.get(answer.receiver);
    if (dead === undefined) byParty.set(answer.receiver, (dead = new Uint8Array(graph.localCount).fill(1)));
    const alive = backwards(receivers, receivers.locals.filter((local) => graph.answerReacts(local, answer)), () => true);
    for (const local of alive) dead[local] = 0;
  }
  tables.setIdle(envelope, idle, [...byParty]);
}

function reacts(graph: LocalGraph, local: number, envelope: number): boolean {
  const row = graph.row(local, graph.deliveryOf(envelope));
  return row === undefined ? graph.probe(local, envelope) : row >= 0;
}

/** Commuting: in every state that can follow without it, it commutes with all that can happen there. */
function markCommuting(graph: LocalGraph, tables: ReductionTables, about: { readonly part: Part; readonly envelope: number }): void {
  const { part, envelope } = about;
  const code = graph.deliveryOf(envelope);
  if (graph.watched(envelope)) return;
  const bad = backwards(
    part,
    part.locals.filter((local) => !harmless(graph, tables, { part, envelope, local })),
    (transition) => transition.code !== code,
  );
  for (const local of part.locals) {
    const row = graph.row(local, code);
    if (row !== undefined && row >= 0 && !bad.has(local)) tables.setCommutes(envelope, local);
  }
}

function harmless(graph: LocalGraph, tables: ReductionTables, about: { readonly part: Part; readonly envelope: number; readonly local: number }): boolean {
  const { part, envelope, local } = about;
  if (tables.dead(envelope, local)) return true;
  const code = graph.deliveryOf(envelope);
  const mine = graph.effect(graph.stateOf(local), code);
  // Had it been on its way when this state was reached, the state after it would have been met.
  if (graph.row(local, code) === undefined && (mine === undefined || (mine !== "unknown" && !part.mayFollow(mine.to)))) return true;
  if (mine === undefined || mine === "unknown" || mine.visible) return false;
  const after = graph.localOf(mine.to);
  for (const other of part.envelopes) {
    const row = graph.row(local, graph.deliveryOf(other));
    if (other === envelope || (row ?? -1) >= 0) continue;
    // It never met this state. Had it been on its way, it would have met the state after ours.
    if (row === undefined && after !== undefined && !part.mayMeet(other).has(after)) continue;
    // It would do something here, and what is unknown.
    if (reacts(graph, local, other)) return false;
    // It could be swallowed here, and no longer after ours.
    if (graph.consumes && (after === undefined || reacts(graph, after, other))) return false;
  }
  for (const other of part.outOf.get(local) ?? []) {
    if (other.code === code) continue;
    if (!commute(graph, tables, { local, first: code, second: other.code })) return false;
  }
  return true;
}

/** Both orders end in the same local state with the same sends. */
function commute(graph: LocalGraph, tables: ReductionTables, about: { readonly local: number; readonly first: number; readonly second: number }): boolean {
  const from = graph.stateOf(about.local);
  const one = inOrder(graph, tables, from, [about.first, about.second]);
  const other = inOrder(graph, tables, from, [about.second, about.first]);
  if (one === undefined || other === undefined || one.to !== other.to || one.events !== other.events || one.sends.length !== other.sends.length) return false;
  // On FIFO links the order in which one link's messages were sent is part of the effect.
  const text = (sends: GraphEffect["sends"]): string =>
    (graph.fifo ? sends.map((sent, at) => ({ ...sent, at })).sort((a, b) => a.receiver - b.receiver || a.at - b.at).map(({ key }) => key) : sends.map(({ key }) => key).sort()).join();
  return text(one.sends) === text(other.sends);
}

/** What two events do one after the other. Undefined: unknown, or the second is put off. */
function inOrder(graph: LocalGraph, tables: ReductionTables, from: number, [first, second]: readonly [number, number]): GraphEffect | undefined {
  const before = graph.effect(from, first);
  if (before === undefined || before === "unknown") return undefined;
  const after = graph.effect(before.to, second);
  if (after === "unknown") return undefined;
  if (after !== undefined) return { to: after.to, sends: [...before.sends, ...after.sends], visible: true, events: before.events + after.events };
  // It does nothing there: fine if it never will, so that dropping it changes nothing.
  const local = graph.localOf(before.to);
  const envelope = (second & 3) === 0 ? second >> 2 : -1;
  return local !== undefined && envelope >= 0 && tables.dead(envelope, local) ? before : undefined;
}

/** All states from which one of `start` can be reached over transitions that `follow` admits. */
function backwards(part: Part, start: readonly number[], follow: (transition: GraphTransition) => boolean): Set<number> {
  const reached = new Set(start);
  const work = [...start];
  for (let local = work.pop(); local !== undefined; local = work.pop()) {
    for (const transition of part.into.get(local) ?? []) {
      if (reached.has(transition.from) || !follow(transition)) continue;
      reached.add(transition.from);
      work.push(transition.from);
    }
  }
  return reached;
}
