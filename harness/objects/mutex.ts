import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/**
 * A lock, as Knossos knows it: `acquire` is possible while it is free, `release` while it is held, by whomever.
 * Neither returns anything; an attempt that was refused is a `fail` and did not happen.
 */
export const acquire = (): Call => ({ f: "acquire", value: null });
export const release = (): Call => ({ f: "release", value: null });

export function mutex(): SequentialSpec {
  return {
    name: "mutex",
    initial: "free",
    behavesAs: "mutex",
    apply(state, call) {
      if (call.f === "acquire") return state === "free" ? [{ state: "held", ret: null }] : [];
      if (call.f === "release") return state === "held" ? [{ state: "free", ret: null }] : [];
      throw unknownFunction("mutex", call.f, "acquire, release");
    },
    observes: () => false,
    readOnly: () => false,
    describe: (call) => call.f,
    describeState: (state) => `the lock is ${String(state)}`,
  };
}
