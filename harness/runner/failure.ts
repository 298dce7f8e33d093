import { describeError } from "../errors.ts";

/**
 * Why the runner, and not the client's own answer, ended an operation. In the history: `error: { class, message }`.
 *
 *     no-connection   the connection could not be opened: `fail`, surely not sent
 *     thrown          the client threw: `info`
 *     malformed       the client's answer is no outcome: `info`
 *     wedged          no answer even after the deadline's signal: `info`
 *     interrupted     the run was stopped while it was open: `info`
 *     nemesis         a nemesis call threw or took too long
 */
export type FailureClass = "no-connection" | "thrown" | "malformed" | "wedged" | "interrupted" | "nemesis";

/** As it stands in the history: the class, the error's own code where it has one, and the whole chain of causes. */
export function failure(kind: FailureClass, error: unknown): { readonly class: FailureClass; readonly code?: string; readonly message: string } {
  const message = describeError(error).replaceAll("\n", "; ");
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  return code === undefined ? { class: kind, message } : { class: kind, code, message };
}
