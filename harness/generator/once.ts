import type { Call } from "../op.ts";
import { noop, type OpGenerator, plan } from "../generator.ts";

/** One op. */
export function once(call: Call): OpGenerator {
  const self: OpGenerator = {
    draw: (context) => plan(context, call, { now: self, next: noop }),
    update: () => self,
  };
  return self;
}

/** The same op, for ever. */
export function always(call: Call): OpGenerator {
  const self: OpGenerator = {
    draw: (context) => plan(context, call, { now: self, next: self }),
    update: () => self,
  };
  return self;
}
