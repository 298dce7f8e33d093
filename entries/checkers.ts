/** From a history to a verdict. */
export { checkLinearizable, linearizability } from "../checkers/linearizability/linearizability.ts";
export { checkElle, elle, type ElleOptions } from "../checkers/elle/elle.ts";
export { smallestWith } from "../checkers/elle/shrink.ts";
export { checkWeak } from "../checkers/elle/weak.ts";
export { timestamps } from "../checkers/elle/timestamps.ts";
export { stats } from "../checkers/stats.ts";
export { unhandledErrors } from "../checkers/unhandled-errors.ts";
export { checkers } from "../checkers/registry.ts";
export { specs, specNamed } from "../harness/objects/registry.ts";
export { casRegister, register } from "../harness/objects/register.ts";
export { kv } from "../harness/objects/kv.ts";
export { mutex } from "../harness/objects/mutex.ts";
