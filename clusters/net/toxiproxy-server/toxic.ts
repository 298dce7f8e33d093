import type { Attributes, ToxicKind } from "./behaviour.ts";
import { toxicCounters, type ToxicCounters } from "./counters.ts";

/** A toxic's two directions: `upstream` is client → server, `downstream` is server → client. */
export type Stream = "upstream" | "downstream";

/** A toxic on a proxy: settings and counters, shared by the stages of all its connections. */
export interface Toxic {
  readonly name: string;
  readonly kind: ToxicKind;
  readonly stream: Stream;
  /** As the caller spelled it: Toxiproxy echoes the spelling. */
  readonly streamText: string;
  attributes: Attributes;
  /** Chance that a connection is affected; above 1 is 1. */
  toxicity: number;
  readonly counters: ToxicCounters;
}

export function makeToxic(from: Omit<Toxic, "counters">): Toxic {
  return { ...from, counters: toxicCounters() };
}

/** The API's JSON, members in Toxiproxy's order. */
export function toxicJson(toxic: Toxic): { attributes: Attributes; name: string; type: string; stream: string; toxicity: number } {
  return { attributes: toxic.attributes, name: toxic.name, type: toxic.kind.type, stream: toxic.streamText, toxicity: toxic.toxicity };
}
