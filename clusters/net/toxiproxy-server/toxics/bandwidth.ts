import { type Action, BLOCK, type Behaviour, PASS, type ToxicKind } from "../behaviour.ts";

/** A stall of this process must not turn into a burst: lateness beyond this is forgiven, not made up for. */
const DEBT_MS_MAX = 100;

/**
 * `rate` KB/s (1 KB = 1000 bytes): a chunk of n bytes takes n / rate ms; long ones go out in pieces of 100 ms.
 * Timers are coarse, so each is late; the lateness is credited to the next piece, or many small chunks would crawl.
 * A rate of 0 or less blocks until the toxic is changed or removed, and then everything is delivered.
 *
 *     clock ├── piece 100 ms ──┤├── piece 100 ms ──┤├ rest ┤        `clockMs` is where the schedule stands
 */
export const bandwidth: ToxicKind = {
  type: "bandwidth",
  struct: "BandwidthToxic",
  integer: "int64",
  attributes: ["rate"],
  queueTokensMax: 0,
  seversAtRemoval: false,
  behave({ rate = 0 }): Behaviour {
    let clockMs = 0;
    let debtMs = 0;
    return {
      next(held, fresh, nowMs): Action {
        if (held.end !== "no") return PASS;
        if (rate <= 0) return BLOCK;
        if (fresh) clockMs = nowMs - debtMs;
        const bytes = Math.min(held.data.length, rate * 100);
        const dueMs = clockMs + bytes / rate;
        if (nowMs < dueMs) return { act: "wait", untilMs: dueMs };
        clockMs = dueMs;
        debtMs = Math.min(nowMs - dueMs, DEBT_MS_MAX);
        return bytes < held.data.length ? { act: "slice", bytes } : PASS;
      },
    };
  },
};
