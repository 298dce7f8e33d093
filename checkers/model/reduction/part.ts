import type { GraphTransition, LocalGraph } from "./local-graph.ts";
import type { ReductionTables } from "./verdicts.ts";

/** One party's part of the local graph: its states, what is sent to it, and what may meet or follow. */
export interface Part {
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

/** `used`: the verdicts that were in use while the graph was met; undefined: none. */
export function partOf(graph: LocalGraph, party: number, used: ReductionTables | undefined): Part {
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

/** All states from which one of `start` can be reached over transitions that `follow` admits. */
export function backwards(part: Part, start: readonly number[], follow: (transition: GraphTransition) => boolean): Set<number> {
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
