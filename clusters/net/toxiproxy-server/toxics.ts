import { bandwidth } from "./toxics/bandwidth.ts";
import { latency } from "./toxics/latency.ts";
import { limitData } from "./toxics/limit-data.ts";
import { noop } from "./toxics/noop.ts";
import { resetPeer } from "./toxics/reset-peer.ts";
import { slicer } from "./toxics/slicer.ts";
import { slowClose } from "./toxics/slow-close.ts";
import { timeout } from "./toxics/timeout.ts";
import type { ToxicKind } from "./behaviour.ts";

/** Every toxic of Toxiproxy 2.12 by its type. `down` is not one: it is `enabled: false` on the proxy. */
export const toxicKinds: ReadonlyMap<string, ToxicKind> = new Map(
  [noop, latency, bandwidth, slowClose, timeout, slicer, limitData, resetPeer].map((kind) => [kind.type, kind]),
);
