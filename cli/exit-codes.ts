import { type ErrorRecord, errorRecords } from "../harness/errors.ts";
import type { Truth } from "../harness/verdict.ts";

/** What the command line ends with: a contract that scripts hold on to. */
export const exitCodes = { valid: 0, invalid: 1, unknown: 2, vacuous: 3, infrastructure: 4, interrupted: 130, usage: 254, crash: 255 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Worst first: a real failure never hides behind an unknown. */
const order: readonly ExitCode[] = [255, 254, 130, 4, 1, 3, 2, 0];

/** The worst of several, 0 for none. */
export function worstExit(codes: Iterable<ExitCode>): ExitCode {
  const seen = new Set(codes);
  return order.find((code) => seen.has(code)) ?? 0;
}

export function exitOfVerdict(verdict: Truth | "vacuous"): ExitCode {
  return exitCodes[verdict];
}

const usageErrors: ReadonlySet<ErrorRecord["code"]> = new Set(["USAGE", "UNKNOWN_NAME", "BAD_OPTION"]);

/** Expected errors are usage (254), an interrupt before there was anything to judge (130, as shells have it) or infrastructure (4); anything else is a crash (255). */
export function exitOfError(error: unknown): ExitCode {
  return worstExit(errorRecords(error).map(({ code }) => exitOfCode(code)));
}

function exitOfCode(code: ErrorRecord["code"]): ExitCode {
  if (code === "CRASH") return exitCodes.crash;
  if (code === "INTERRUPTED") return exitCodes.interrupted;
  return usageErrors.has(code) ? exitCodes.usage : exitCodes.infrastructure;
}
