import type { OpGenerator } from "../harness/generator.ts";
import { delay } from "../harness/generator/delay.ts";
import { limit } from "../harness/generator/limit.ts";
import { always } from "../harness/generator/once.ts";
import { untilOk } from "../harness/generator/until.ts";
import type { Call } from "../harness/op.ts";

const triesMax = 5;
/** Between the beginnings of two tries. */
const everyMs = 300;

/** A read of what everything has come to, tried again a few times: a healed node may still be finding its leader. */
export function finalRead(call: Call): OpGenerator {
  return limit(triesMax, untilOk(delay(everyMs, always(call))));
}
