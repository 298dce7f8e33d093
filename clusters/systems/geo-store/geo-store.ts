import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { roamingWriteOf } from "../../../harness/objects/roaming-register.ts";
import { unknownCall } from "../bounds.ts";

/**
 * A store over three data centres: no written data is lost, and reads go on, while one of them is left. What follows from
 * those words is write-all, read-one (Bernstein, Hadzilacos and Goodman, "Concurrency control and recovery in database
 * systems", 1987, chapter 8): a write is acknowledged when every centre has it on disk, and a read is answered by any.
 *
 *     user → n1   write v      n1 saves (2,n1): v ──▶ n2 saves ──▶ ack ╲
 *                                             └────▶ n3 saves ──▶ ack ──▶ n1 acknowledges
 *     n1, n2 gone: n3 has every acknowledged write, and answers reads alone
 *
 * The price is told as well: a write waits as long as any centre is away, since nobody can tell a lost one from a slow one
 * (Gilbert and Lynch, 2002), and a read may be older than a write that is still under way elsewhere, so the store is not
 * linearizable. A user finds what he wrote in whatever centre he asks next.
 *
 * Writes are ordered by version: one more than the greatest seen, ties by centre. A centre that keeps its peers waiting is
 * asked again until it has answered; storing twice does no harm.
 */
export interface GeoStoreVariant {
  readonly kind: string;
  /** A twin's bug. `majority`: two of three centres are enough; `volatile`: a centre answers before the disk has it. */
  readonly flaw?: "majority" | "volatile";
  /** How long until a centre that has not answered is asked again, ms: [least, most]. */
  readonly resendMs: readonly [number, number];
}

type Version = { readonly counter: number; readonly centre: ActorId };
type Stored = { readonly version: Version; readonly value: Json };
/** A write that not every centre has. */
type Pending = { readonly operation: OperationId; readonly stored: Stored; readonly missing: readonly ActorId[] };
export type GeoStoreState = {
  readonly stored: Stored;
  readonly pending: readonly Pending[];
  /** The newest write that was acknowledged here. */
  readonly acknowledged: Version;
};
type GeoStoreMessage = { readonly type: "store"; readonly stored: Stored } | { readonly type: "stored"; readonly version: Version };
type Durable = Pick<GeoStoreState, "stored" | "acknowledged">;
type GeoStoreOut = Out<GeoStoreMessage, "resend", never, Durable>;

const nothing: Version = { counter: 0, centre: 0 };

/** One data centre. */
export function geoStoreActor(variant: GeoStoreVariant): Actor<GeoStoreState, GeoStoreMessage, "resend", never, Durable> {
  const keep = (state: GeoStoreState, stored: Stored, out: GeoStoreOut): GeoStoreState => {
    if (!newer(stored.version, state.stored.version)) return state;
    if (variant.flaw !== "volatile") out.save({ stored, acknowledged: state.acknowledged });
    return { ...state, stored };
  };

  const write = (self: ActorContext, state: GeoStoreState, about: { readonly operation: OperationId; readonly value: Json }, out: GeoStoreOut): GeoStoreState => {
    const stored = { version: { counter: state.stored.version.counter + 1, centre: self.id }, value: about.value };
    // Saved before anybody hears of it: a centre that forgot it would use its version again, for another value.
    const kept = keep(state, stored, out);
    for (const peer of self.peers) out.send(peer, { type: "store", stored });
    if (self.peers.length > 0) out.setTimer("resend", variant.resendMs);
    const pending = [...state.pending, { operation: about.operation, stored, missing: self.peers }];
    return settle(self, { ...kept, pending }, out);
  };

  /** Acknowledges the writes that enough centres have. */
  const settle = (self: ActorContext, state: GeoStoreState, out: GeoStoreOut): GeoStoreState => {
    const missingMax = variant.flaw === "majority" ? Math.ceil(self.servers / 2) - 1 : 0;
    const done = state.pending.filter(({ missing }) => missing.length <= missingMax);
    if (done.length === 0) return state;
    const acknowledged = done.reduce((most, { stored }) => (newer(stored.version, most) ? stored.version : most), state.acknowledged);
    out.save({ stored: state.stored, acknowledged });
    for (const { operation } of done) out.reply(operation, null);
    return { ...state, acknowledged, pending: state.pending.filter(({ missing }) => missing.length > missingMax) };
  };

  return {
    kind: variant.kind,

    start(self, durable, out) {
      if (durable === null) return { stored: { version: nothing, value: null }, acknowledged: nothing, pending: [] };
      // What was on its way when the centre went down may have reached some and not others.
      for (const peer of self.peers) out.send(peer, { type: "store", stored: durable.stored });
      return { ...durable, pending: [] };
    },

    onClient(self, state, operation, call, out) {
      if (call.f === "write") return write(self, state, { operation, value: roamingWriteOf(call).value }, out);
      if (call.f !== "read") throw unknownCall(call, "write, read");
      out.reply(operation, state.stored.value);
      return state;
    },

    onMessage(self, state, from, message, out) {
      if (message.type === "store") {
        const after = keep(state, message.stored, out);
        out.send(from, { type: "stored", version: message.stored.version });
        return after;
      }
      const pending = state.pending.map((one) => (same(one.stored.version, message.version) ? { ...one, missing: one.missing.filter((centre) => centre !== from) } : one));
      if (pending.every(({ missing }, i) => missing.length === state.pending[i]!.missing.length)) return state;
      return settle(self, { ...state, pending }, out);
    },

    onTimer(_self, state, _timer, out) {
      for (const { stored, missing } of state.pending) for (const centre of missing) out.send(centre, { type: "store", stored });
      if (state.pending.length > 0) out.setTimer("resend", variant.resendMs);
      return state;
    },
  };
}

/** Whether `a` is after `b`. */
function newer(a: Version, b: Version): boolean {
  return a.counter > b.counter || (a.counter === b.counter && a.centre > b.centre);
}

function same(a: Version, b: Version): boolean {
  return a.counter === b.counter && a.centre === b.centre;
}

/** Whether this centre, if it is up, lacks a write that that one has acknowledged. */
export function lacks(centre: Json, other: Json): boolean {
  if (centre === null || other === null) return false;
  // Servers' states are what this actor made; properties get them as plain JSON.
  const [mine, theirs] = [centre as unknown as GeoStoreState, other as unknown as GeoStoreState];
  return newer(theirs.acknowledged, mine.stored.version);
}
