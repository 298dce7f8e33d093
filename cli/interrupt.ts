import { HarnessError } from "../harness/errors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/**
 * Runs `work` with a signal that Ctrl-C (SIGINT) or SIGTERM aborts: the work heals, saves and judges what there is.
 * A second Ctrl-C ends at once; the watchdog then heals.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, output: Output): Promise<T> {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    output.message(`\n${name}: healing and saving; again to end at once (then the watchdog heals)`);
    controller.abort(new HarnessError("INTERRUPTED", `interrupted by ${name}`, { nextStep: "run it again; what a run had recorded is in its folder, for `rashomon check RUN`" }));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}
