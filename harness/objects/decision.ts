import type { Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/**
 * One transaction whose fate is decided once: `finish` → `"commit"` or `"abort"`, whichever it is, the same for
 * everybody who asks. The object is loose: the first answer may be either.
 */
export const finish = (): Call => ({ f: "finish", value: null });

/** The state is null while nothing is decided. */
export function decision(): SequentialSpec<Json> {
  return {
    name: "decision",
    initial: null,
    apply(state, call) {
      if (call.f !== "finish") throw unknownFunction("decision", call.f, "finish");
      return (state === null ? ["commit", "abort"] : [state]).map((decided) => ({ state: decided, ret: decided }));
    },
    describe: (_call, ret) => (ret === undefined ? "finish" : `finish → ${String(ret)}`),
    describeState: (state) => (state === null ? "nothing is decided" : `the decision is ${String(state)}`),
  };
}
