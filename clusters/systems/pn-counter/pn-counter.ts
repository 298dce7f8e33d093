import type { Actor, ActorContext, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";
import { unknownCall } from "../bounds.ts";

/**
 * A counter without coordination: the state-based PN-counter of Shapiro, Preguiça, Baquero and Zawirski, "A comprehensive
 * study of convergent and commutative replicated data types" (INRIA RR-7506, 2011). Every replica answers at once from
 * what it knows, and tells the others its whole state; states are joined by a maximum per replica:
 *
 *     n1  {n1: +3}          ── {n1: +3} ──▶  n2  {n1: +3, n2: -1}        read → 2
 *     n2  {n2: -1}          ── {n2: -1} ──▶  n1  {n1: +3, n2: -1}        read → 2
 *
 * Joining is idempotent, commutative and associative, so lost, repeated and reordered messages do no harm: replicas
 * that know the same additions show the same sum, and a later message makes up for a lost one.
 *
 * Choices of ours: a state is told after every addition and once more a while later, and after a restart; each row says
 * how many additions it contains, which is what the property of convergence compares; a row is on disk before it is told.
 */
export interface PnCounterVariant {
  readonly kind: string;
  /** States are joined by adding instead of by the maximum: the bug of `pn-counter-adding-merge`. */
  readonly addsWhenMerging: boolean;
  /** How long until the state is told again, ms: [least, most]. */
  readonly gossipMs: readonly [number, number];
}

/** What one replica has added: number of additions, sum of the increments, sum of the decrements. All only grow. */
type Row = { readonly additions: number; readonly plus: number; readonly minus: number };
/** `rows[i]` is replica i's. */
type PnCounterState = { readonly rows: readonly Row[] };
type PnCounterOut = Out<PnCounterState, "gossip", never, PnCounterState>;

/** One replica; `variant` chooses the correct system or the twin. */
export function pnCounterActor(variant: PnCounterVariant): Actor<PnCounterState, PnCounterState, "gossip", never, PnCounterState> {
  const tell = (self: ActorContext, state: PnCounterState, out: PnCounterOut): void => {
    for (const peer of self.peers) out.send(peer, state);
  };

  const add = (self: ActorContext, state: PnCounterState, about: { readonly operation: OperationId; readonly amount: number }, out: PnCounterOut): PnCounterState => {
    const { operation, amount } = about;
    const added = { additions: 1, plus: Math.max(amount, 0), minus: Math.max(-amount, 0) };
    const after = { rows: state.rows.map((row, id) => (id === self.id ? combine(row, added, sum) : row)) };
    out.save(after);
    out.reply(operation, null);
    tell(self, after, out);
    out.setTimer("gossip", variant.gossipMs);
    return after;
  };

  return {
    kind: variant.kind,

    start(self, durable, out) {
      // What it knew when it crashed, nobody may have been told.
      if (durable !== null) out.setTimer("gossip", variant.gossipMs);
      return durable ?? { rows: Array.from({ length: self.servers }, () => ({ additions: 0, plus: 0, minus: 0 })) };
    },

    onClient(self, state, operation, call: Call, out) {
      if (call.f === "add" && typeof call.value === "number") return add(self, state, { operation, amount: call.value }, out);
      if (call.f !== "read") throw unknownCall(call, "add, read");
      out.reply(operation, sumOf(state));
      return state;
    },

    onMessage(_self, state, _from, told, out) {
      const rows = state.rows.map((row, id) => join(row, told.rows[id]!));
      if (rows.every((row, id) => row === state.rows[id])) return state;
      out.save({ rows });
      return { rows };
    },

    onTimer(self, state, _timer, out) {
      tell(self, state, out);
      return state;
    },
  };

  function join(mine: Row, theirs: Row): Row {
    const known = theirs.additions <= mine.additions;
    if (!variant.addsWhenMerging) return known ? mine : combine(mine, theirs, Math.max);
    if (theirs.additions === 0) return mine;
    return { ...combine(mine, theirs, sum), additions: Math.max(mine.additions, theirs.additions) };
  }
}

function combine(a: Row, b: Row, by: (x: number, y: number) => number): Row {
  return { additions: by(a.additions, b.additions), plus: by(a.plus, b.plus), minus: by(a.minus, b.minus) };
}

function sum(x: number, y: number): number {
  return x + y;
}

function sumOf(state: PnCounterState): number {
  return state.rows.reduce((total, { plus, minus }) => total + plus - minus, 0);
}

/** What a replica knows of (additions per replica, as text) and shows; undefined while it is down. */
export function knowledgeOf(state: Json): { readonly knows: string; readonly shows: number } | undefined {
  if (state === null) return undefined;
  // A server's state is what this actor made; properties get it as plain JSON.
  const counter = state as unknown as PnCounterState;
  return { knows: counter.rows.map(({ additions }) => additions).join(), shows: sumOf(counter) };
}
