import { type Action, type Behaviour, RESET, type ToxicKind } from "../behaviour.ts";

/** At the first chunk, or the end of the stream, and `timeout` ms later: RST to both sides; the chunk is lost. */
export const resetPeer: ToxicKind = {
  type: "reset_peer",
  struct: "ResetToxic",
  integer: "int64",
  attributes: ["timeout"],
  queueTokensMax: 0,
  seversAtRemoval: false,
  behave({ timeout: timeoutMs = 0 }): Behaviour {
    let dueMs = 0;
    return {
      next(_held, fresh, nowMs): Action {
        if (fresh) dueMs = nowMs + timeoutMs;
        return nowMs < dueMs ? { act: "wait", untilMs: dueMs } : RESET;
      },
    };
  },
};
