/**
 * Two kinds of failure. A bug crashes by `assert`. The world's failure is a `HarnessError`:
 * a stable code, what happened with its values, and what to do next.
 */
export type ErrorCode =
  | "USAGE"
  | "UNKNOWN_NAME"
  | "BAD_OPTION"
  | "HISTORY_MALFORMED"
  | "FORMAT_UNKNOWN"
  | "FILE_UNREADABLE"
  | "FILE_UNWRITABLE"
  | "CAPABILITY_MISSING"
  | "ENGINE_MISSING"
  | "IMAGE_MISSING"
  | "PORT_TAKEN"
  | "NODE_UNHEALTHY"
  | "NODE_EXITED"
  | "CLUSTER_START"
  | "PROXY_FAILED"
  | "FAULT_FAILED"
  | "HEAL_FAILED"
  | "CLIENT_FAILED"
  | "TIMEOUT"
  | "INTERRUPTED"
  | "SPEC_IMPURE"
  | "HANDLER_FAILED"
  | "REPLAY_DIVERGED"
  | "TABLE_FULL"
  | "RUN_UNREADABLE"
  | "WORKER_FAILED"
  | "OUTSIDE_TRAFFIC";

/** What the command line ends with for an expected error; see `cli/exit-codes.ts` for the mapping. */
export class HarnessError extends Error {
  readonly code: ErrorCode;
  /** One imperative sentence: the next step for the person who reads this. */
  readonly nextStep: string;

  constructor(code: ErrorCode, message: string, options: { nextStep: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HarnessError";
    this.code = code;
    this.nextStep = options.nextStep;
  }
}

/** `message`, then the causes, root last, then the next step; one line each. */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  let nextStep: string | undefined;
  for (let current: unknown = error, depth = 0; current !== undefined && depth < 8; depth++) {
    const message = current instanceof Error ? current.message || current.name : String(current);
    lines.push((depth === 0 ? "" : "  because: ") + message);
    if (current instanceof HarnessError) nextStep ??= current.nextStep;
    current = current instanceof Error ? current.cause : undefined;
  }
  if (nextStep !== undefined) lines.push(`  next: ${nextStep}`);
  return lines.join("\n");
}
