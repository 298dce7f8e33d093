import { type Behaviour, PASS, type ToxicKind } from "../behaviour.ts";

/** What every connection does whose coin came up tails. */
export const passThrough: Behaviour = { next: () => PASS };

/** Changes nothing. */
export const noop: ToxicKind = {
  type: "noop",
  struct: "NoopToxic",
  integer: "int64",
  attributes: [],
  queueTokensMax: 0,
  seversAtRemoval: false,
  behave: () => passThrough,
};
