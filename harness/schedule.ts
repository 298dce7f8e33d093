import type { ActorId } from "./actor.ts";
import type { Json } from "./json.ts";

/**
 * One format for a model's path, a simulator's run, a replay and a validated trace. Messages are addressed by link
 * and ordinal, not by content, so a schedule stays meaningful while it is shrunk.
 * Parties: servers 0 … S-1, then client k as S + k.
 */
export type Schedule = readonly ScheduleStep[];
export type ScheduleStep =
  /** The n-th message (from 0) ever sent on the directed link from → to is handled. */
  | { readonly step: "deliver"; readonly from: ActorId; readonly to: ActorId; readonly n: number }
  | { readonly step: "duplicate"; readonly from: ActorId; readonly to: ActorId; readonly n: number }
  | { readonly step: "drop"; readonly from: ActorId; readonly to: ActorId; readonly n: number }
  /** Client `client` (0, 1, …) starts its n-th call. */
  | { readonly step: "call"; readonly client: number; readonly n: number }
  | { readonly step: "timer"; readonly actor: ActorId; readonly timer: Json }
  | { readonly step: "choice"; readonly actor: ActorId; readonly key: string; readonly option: number }
  | { readonly step: "crash"; readonly actor: ActorId }
  /** The disk of an actor that is down loses the last write that it can lose. */
  | { readonly step: "loseWrite"; readonly actor: ActorId }
  | { readonly step: "recover"; readonly actor: ActorId }
  /** The model's partition of that name comes; it lasts until it heals. */
  | { readonly step: "cut"; readonly cut: string }
  | { readonly step: "heal" };
