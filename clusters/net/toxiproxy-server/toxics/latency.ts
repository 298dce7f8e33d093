import { type Action, type Behaviour, PASS, type ToxicKind } from "../behaviour.ts";

/**
 * Each chunk leaves `latency` ± `jitter` ms after it came in; the time it has already waited counts. Order is kept, so
 * a chunk with a short delay waits for the one before it. A long queue (1024 chunks) lets the delay be a pipeline and
 * not a brake on throughput. The end of the stream passes in its turn, undelayed.
 */
export const latency: ToxicKind = {
  type: "latency",
  struct: "LatencyToxic",
  integer: "int64",
  attributes: ["latency", "jitter"],
  queueTokensMax: 1024,
  seversAtRemoval: false,
  behave({ latency: latencyMs = 0, jitter: jitterMs = 0 }, { random }): Behaviour {
    let dueMs = 0;
    return {
      next(held, fresh, nowMs): Action {
        if (held.end !== "no") return PASS;
        if (fresh) {
          const delayMs = jitterMs > 0 ? latencyMs + random.int(2 * jitterMs) - jitterMs : latencyMs;
          dueMs = Math.max(held.arrivedMs, held.arrivedMs + delayMs);
        }
        if (nowMs < dueMs) return { act: "wait", untilMs: dueMs };
        held.arrivedMs = dueMs;
        return PASS;
      },
    };
  },
};
