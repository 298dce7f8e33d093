import { type Action, type Behaviour, PASS, SEVER, type ToxicKind } from "../behaviour.ts";

/** `bytes` pass on each connection, then it closes. What has passed is counted per connection and survives updates. */
export const limitData: ToxicKind = {
  type: "limit_data",
  struct: "LimitDataToxic",
  integer: "int64",
  attributes: ["bytes"],
  queueTokensMax: 0,
  seversAtRemoval: false,
  behave({ bytes: limitBytes = 0 }, { memory }): Behaviour {
    return {
      next(held): Action {
        if (held.end !== "no") return PASS;
        const leftBytes = limitBytes - memory.passedBytes;
        if (leftBytes <= 0) return SEVER;
        const bytes = Math.min(leftBytes, held.data.length);
        memory.passedBytes += bytes;
        // A slice keeps the rest held, be it empty: the next question severs.
        return bytes === leftBytes ? { act: "slice", bytes } : PASS;
      },
    };
  },
};
