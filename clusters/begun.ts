import { HarnessError } from "../harness/errors.ts";

/** A cluster that is made and has not begun. */
interface Beginning extends AsyncDisposable {
  begin(): Promise<void>;
}

/** The cluster once it has begun. One that cannot is ended, with all that it had made; an interrupt while it began is `INTERRUPTED`. */
export async function begun<C extends Beginning>(cluster: C, about: { readonly what: string; readonly signal: AbortSignal }): Promise<C> {
  try {
    await cluster.begin();
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    if (!about.signal.aborted || (error instanceof HarnessError && error.code === "INTERRUPTED")) throw error;
    throw new HarnessError("INTERRUPTED", `${about.what} was interrupted while it started`, { nextStep: "run it again", cause: error });
  }
}
