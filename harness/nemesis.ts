import type { Call } from "./op.ts";
import type { Json } from "./json.ts";

/** The call that reverts everything that is on and waits until the nodes agree again; every nemesis knows it. */
export const healEverything = "heal";

/** What the runner hands the nemesis thread's operations to; `nemesis/` makes them from faults and a cluster. */
export interface Nemesis extends AsyncDisposable {
  /** Does one nemesis call (`isolate`, `heal-isolate`, …) and returns the value to record. A failure is recorded, not thrown. */
  invoke(call: Call, signal: AbortSignal): Promise<{ readonly value: Json; readonly error?: Json }>;
  /** Reverts everything that is still on. */
  healAll(signal: AbortSignal): Promise<void>;
  /** Descriptions of what is on now, for the live line. */
  active(): readonly string[];
}
