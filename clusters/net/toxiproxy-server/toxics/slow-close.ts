import { type Action, type Behaviour, PASS, type ToxicKind } from "../behaviour.ts";

/** Bytes pass; the end of the stream waits `delay` ms. */
export const slowClose: ToxicKind = {
  type: "slow_close",
  struct: "SlowCloseToxic",
  integer: "int64",
  attributes: ["delay"],
  queueTokensMax: 0,
  seversAtRemoval: false,
  behave({ delay: delayMs = 0 }): Behaviour {
    let dueMs = 0;
    return {
      next(held, fresh, nowMs): Action {
        if (held.end === "no") return PASS;
        if (fresh) dueMs = nowMs + delayMs;
        return nowMs < dueMs ? { act: "wait", untilMs: dueMs } : PASS;
      },
    };
  },
};
