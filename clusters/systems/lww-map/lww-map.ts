import type { ActorContext, ActorId } from "../../../harness/actor.ts";
import { canonicalJson, isArray, type Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";
import { unknownCall } from "../bounds.ts";
import type { ReplicatedType } from "../state-based.ts";

/**
 * A map without coordination, every key a last-writer-wins register: Shapiro, Preguiça, Baquero and Zawirski (INRIA
 * RR-7506, 2011, §3.2.1), after Johnson and Thomas, "The maintenance of duplicate databases" (RFC 677, 1975). Writes are
 * ordered by timestamps of Lamport's logical clocks ("Time, clocks …", CACM 1978) and, where these are equal, by the
 * replica that wrote, so that there is one last writer, the same for everybody:
 *
 *     n1  put k 1 at 1:n1 ──▶ n2           both: k is 2, since 1:n1 < 1:n2
 *     n2  put k 2 at 1:n2 ──▶ n1
 *
 * A replica's clock is never behind a timestamp that it has met, so a write that has seen another is later than it.
 */
export type LwwMapState = {
  /** The greatest timestamp that was met. */
  readonly clock: number;
  /** By key, as canonical text. */
  readonly cells: { readonly [key: string]: Cell };
};
type Cell = { readonly value: Json; readonly time: number; readonly writer: ActorId };

export interface LwwMapVariant {
  /** Which of two writes wins; the twins differ here. */
  readonly winner: "timestamp-and-writer" | "timestamp" | "arrival";
}

export function lwwMap(variant: LwwMapVariant): ReplicatedType<LwwMapState> {
  const wins = (arrived: Cell, held: Cell): boolean => {
    if (variant.winner === "arrival") return true;
    return arrived.time > held.time || (arrived.time === held.time && variant.winner === "timestamp-and-writer" && arrived.writer > held.writer);
  };

  return {
    initial: () => ({ clock: 0, cells: {} }),

    apply({ id }: ActorContext, state, call) {
      if (call.f === "get") return { state, value: state.cells[canonicalJson(call.value)]?.value ?? null };
      const { key, value } = putOf(call);
      const clock = state.clock + 1;
      return { state: { clock, cells: { ...state.cells, [key]: { value, time: clock, writer: id } } }, value: null };
    },

    join(mine, theirs) {
      const cells: { [key: string]: Cell } = { ...mine.cells };
      for (const [key, arrived] of Object.entries(theirs.cells)) {
        const held = mine.cells[key];
        if (held === undefined || wins(arrived, held)) cells[key] = arrived;
      }
      return { clock: Math.max(mine.clock, theirs.clock), cells };
    },
  };
}

/** What reads show: `[key, value]` by key. */
export function entriesOf({ cells }: LwwMapState): Json {
  return Object.keys(cells).sort().map((key) => [key, cells[key]!.value]);
}

/** Key, as canonical text, and value of a put. */
export function putOf(call: Call): { readonly key: string; readonly value: Json } {
  if (call.f === "put" && isArray(call.value) && call.value.length === 2) return { key: canonicalJson(call.value[0]!), value: call.value[1]! };
  throw unknownCall(call, "get, put [key, value]");
}
