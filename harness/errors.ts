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

/** An error as plain data: what `describeError` says in words. */
export interface ErrorRecord {
  /** A `HarnessError`'s code; `SYSTEM` for what the operating system refused, `CRASH` for a bug. */
  readonly code: ErrorCode | "SYSTEM" | "CRASH";
  readonly message: string;
  /** The causes, root last. */
  readonly because: readonly string[];
  readonly nextStep?: string;
}

/** What happened; several where a failure was followed by another one while things were put away, the first one first. */
export function errorRecords(error: unknown): ErrorRecord[] {
  return partsOf(error).map((part) => {
    const chain = chainOf(part);
    const known = chain.find((link) => link instanceof HarnessError);
    const system = chain.map(systemFailure).find((found) => found !== undefined);
    const nextStep = known?.nextStep ?? system;
    const [message = "", ...because] = chain.map((link) => (link instanceof Error ? link.message || link.name : String(link)));
    return { code: part instanceof HarnessError ? part.code : system === undefined ? "CRASH" : "SYSTEM", message, because, ...(nextStep === undefined ? {} : { nextStep }) };
  });
}

/** `message`, then the causes, root last, then the next step; one line each. */
export function describeError(error: unknown): string {
  return errorRecords(error)
    .flatMap(({ message, because, nextStep }) => [message, ...because.map((cause) => `  because: ${cause}`), ...(nextStep === undefined ? [] : [`  next: ${nextStep}`])])
    .join("\n");
}

/** The error, or the two that a `using` joined: what was thrown, then what its disposal threw. */
function partsOf(error: unknown): unknown[] {
  // By its name, since in `dist` the class is a stand-in of the compiler's.
  if (!(error instanceof Error && error.name === "SuppressedError" && "suppressed" in error && "error" in error)) return [error];
  return [...new Set([...partsOf(error.suppressed), ...partsOf(error.error)])];
}

function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let current = error; current !== undefined && chain.length < 8; current = current instanceof Error ? current.cause : undefined) chain.push(current);
  return chain;
}

/** The next step where the machine refused something that no code can prevent. `ENOENT` and its like are not here: they may be a bug. */
const systemFailures: { readonly [errno: string]: string } = {
  ENOSPC: "make room on that disk and run it again",
  EDQUOT: "make room within the quota of that disk and run it again",
  EROFS: "choose a folder that can be written",
  EACCES: "check the permissions",
  EPERM: "check the permissions",
  EMFILE: "raise the limit of open files (ulimit -n), or ask for fewer clients or nodes",
  ENFILE: "close programs that hold files open, or ask for fewer clients or nodes",
  EIO: "check the disk",
};

function systemFailure(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string" ? systemFailures[error.code] : undefined;
}
