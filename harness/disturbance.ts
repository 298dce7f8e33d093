import type { Json } from "./json.ts";

/**
 * One change to a cluster that can be undone. Capabilities (`Net`, `ProcessControl`, …) make them; the nemesis writes
 * `undo` to the ledger, then applies, proves the effect, and later reverts. Making one has no effect.
 */
export interface Disturbance {
  /** `cut n1 → n2`, `pause n3`. */
  readonly description: string;
  /** How a process that knows nothing of the run undoes it: idempotent, absolute targets, run without a shell. */
  readonly undo: readonly Undo[];
  apply(signal: AbortSignal): Promise<void>;
  /** Undoes it; safe to call twice, and after a partial `apply`. */
  revert(signal: AbortSignal): Promise<void>;
  /** Measured now: did it take effect? Called after `apply` and again before `revert`. */
  evidence(signal: AbortSignal): Promise<Evidence>;
}

export interface Evidence {
  /** False: the fault had no effect, and the run is vacuous. */
  readonly effective: boolean;
  /** What was seen: `n2 is stopped (state T)`, `connect refused`, `12 frames held`. */
  readonly seen: string;
  readonly data?: Json;
}

/**
 * Several as one, applied at the same moment and taken back at the same moment: none waits until another is whole, as
 * servers must not that serve only together. Effective when all are. Waits for all even when one fails.
 */
export function together(parts: readonly Disturbance[]): Disturbance {
  return {
    description: parts.map(({ description }) => description).join(" + "),
    undo: parts.toReversed().flatMap(({ undo }) => undo),
    apply: (signal) => allOf(parts.map((part) => part.apply(signal))),
    revert: (signal) => allOf(parts.map((part) => part.revert(signal))),
    async evidence(signal) {
      const all = await Promise.all(parts.map((part) => part.evidence(signal)));
      return { effective: all.every(({ effective }) => effective), seen: all.map(({ seen }) => seen).join("; ") };
    },
  };
}

async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  const errors = (await Promise.allSettled(steps)).flatMap((step): unknown[] => (step.status === "rejected" ? [step.reason] : []));
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join("; "));
  if (errors.length === 1) throw errors[0];
}

/** Undo steps that `rashomon heal` and the watchdog can run on their own. */
export type Undo =
  /** Runs a program without a shell; `tolerated` are substrings of error output that count as success. */
  | { readonly undo: "argv"; readonly argv: readonly string[]; readonly tolerated?: readonly string[] }
  /** Sends a signal to a process if it still is the one that was started (pid and start time agree). */
  | { readonly undo: "signal"; readonly pid: number; readonly startTicks: number; readonly signal: "SIGCONT" | "SIGKILL" | "SIGTERM" }
  /** A request to a proxy server's API on loopback; a refused connection counts as success. */
  | { readonly undo: "http"; readonly method: "POST" | "DELETE"; readonly url: string; readonly body?: Json }
  /** Removes a file or folder that the harness made (below the run's or the temporary folder only). */
  | { readonly undo: "remove"; readonly path: string };
