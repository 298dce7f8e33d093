import type { Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/**
 * Agreement on one value: `propose v` → the value that was proposed first, for everybody and for ever. Agreement and
 * validity in one: all answers are equal, and the answer is what somebody proposed before.
 */
export const propose = (value: Json): Call => ({ f: "propose", value });

/** The state is `[]` while nothing is decided, then `[value]`: null can be proposed too. */
export function consensus(): SequentialSpec<readonly Json[]> {
  return {
    name: "consensus",
    initial: [],
    apply(state, call) {
      if (call.f !== "propose") throw unknownFunction("consensus", call.f, "propose");
      const decided = state.length > 0 ? state : [call.value];
      return [{ state: decided, ret: decided[0]! }];
    },
    describe: (call, ret) => `propose ${JSON.stringify(call.value)}${ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}`,
    describeState: (state) => (state.length > 0 ? `${JSON.stringify(state[0])} is decided` : "nothing is decided"),
  };
}
