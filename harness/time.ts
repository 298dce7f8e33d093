import { uptime } from "node:os";

/**
 * The only door of time. Deadlines and recorded times come from the monotonic clock;
 * a clock fault that steps the wall clock cannot corrupt a history.
 */
const origin = process.hrtime();

/** Integer nanoseconds of the monotonic clock since this process loaded the module; exact to 104 days. */
export function monotonicNs(): number {
  const now = process.hrtime(origin);
  return now[0] * 1e9 + now[1];
}

/** Milliseconds of the monotonic clock, fractional. */
export function monotonicMs(): number {
  return monotonicNs() / 1e6;
}

/** User and system CPU time of this process, milliseconds. */
export function cpuMs(): number {
  const usage = process.cpuUsage();
  return (usage.user + usage.system) / 1000;
}

/** The wall clock, for labels and third parties' deadlines only; never for a duration. */
export function wallClock(): Date {
  return new Date();
}

/** The kernel's clocks as every process of this machine reads them, ns; to compare with what others read. To the millisecond, time since boot to 10 ms. */
export interface ClockReading {
  readonly realtime: bigint;
  readonly monotonic: bigint;
  readonly boottime: bigint;
}
export function readClocks(): ClockReading {
  return { realtime: BigInt(Date.now()) * 1_000_000n, monotonic: process.hrtime.bigint(), boottime: BigInt(Math.round(uptime() * 1e9)) };
}

/** Resolves after `ms`; rejects with the signal's reason when aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Something that can be cancelled; cancelling twice does nothing. */
export interface Cancellable {
  cancel(): void;
}

/** Calls `action` once after `ms`. `unref`: the process may end before. */
export function after(ms: number, action: () => void, options: { unref?: boolean } = {}): Cancellable {
  const timer = setTimeout(action, ms);
  if (options.unref === true) timer.unref();
  return { cancel: () => clearTimeout(timer) };
}

/** Calls `action` every `ms` until cancelled. */
export function every(ms: number, action: () => void, options: { unref?: boolean } = {}): Cancellable {
  const timer = setInterval(action, ms);
  if (options.unref === true) timer.unref();
  return { cancel: () => clearInterval(timer) };
}

/** Lets pending I/O run; resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls `action` in the next turn of the event loop. */
export function soon(action: () => void): void {
  setImmediate(action);
}

/** A signal that aborts after `ms` (unref'ed), or with `parent`. */
export function deadlineSignal(ms: number, parent?: AbortSignal): AbortSignal {
  const own = AbortSignal.timeout(ms);
  return parent === undefined ? own : AbortSignal.any([own, parent]);
}

/**
 * Races `work` against a deadline. When it ends the error says what was waited for and how long.
 * The work itself is not stopped: pass it a signal.
 */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what} not finished after ${ms} ms`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Polls `probe` until it is true. The error says what was waited for and how long. */
export async function until(
  what: string,
  probe: () => boolean | Promise<boolean>,
  options: { deadlineMs: number; everyMs: number; signal?: AbortSignal },
): Promise<void> {
  const end = monotonicMs() + options.deadlineMs;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await probe()) return;
    if (monotonicMs() >= end) throw new Error(`${what} not seen after ${options.deadlineMs} ms`);
    await sleep(options.everyMs, options.signal);
  }
}
