import { nodeNames } from "../ids.ts";
import type { Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/**
 * A lock that ends by itself, asked at the servers that take it. Nothing tells when it ends, so anybody may get it at any
 * time; but who had it before must not believe from then on that he has it:
 *
 *     n2:  acquire → n2 |            held → n2 |        held → n2 |      broken
 *     n3:                      acquire → n3 |
 *
 * `acquire` asks a server to take the lock: its name when it now has it, null when it was refused. `held` asks whether it
 * has it: its name, or null.
 */
export const acquireLease = (): Call => ({ f: "acquire", value: null });
export const leaseHeld = (): Call => ({ f: "held", value: null });

/** As many servers as any system of actors may have. */
const holders: readonly Json[] = nodeNames(9);

/** State: who got it last, null for nobody yet. */
export function lease(): SequentialSpec {
  return {
    name: "lease",
    initial: null,
    apply(state, call) {
      const refused = { state, ret: null };
      if (call.f === "acquire") return [refused, ...holders.map((holder) => ({ state: holder, ret: holder }))];
      if (call.f === "held") return state === null ? [refused] : [refused, { state, ret: state }];
      throw unknownFunction("lease", call.f, "acquire, held");
    },
    readOnly: (call, recorded) => call.f === "held" || recorded === null,
    describe: (call, ret) => `${call.f}${ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}`,
    describeState: (state) => (state === null ? "nobody has had the lease yet" : `${String(state)} got the lease last`),
  };
}
