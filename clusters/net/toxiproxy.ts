import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { entryFile } from "../../harness/entry.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Seed } from "../../harness/ids.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { startTicks } from "../../harness/process-identity.ts";
import { after, deadlineSignal } from "../../harness/time.ts";

export interface StartToxiproxyOptions {
  readonly signal: AbortSignal;
  readonly ledger: Ledger;
  /** Absolute; the server's log is appended to it. */
  readonly logFile: string;
  /** Toxicity and jitter are drawn from it, per proxy, connection, stream and toxic. */
  readonly seed: Seed;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, a free one: several runs on one machine must not meet. */
  readonly port?: number;
  /** Default true: a direct TCP connection keeps half-close too. False behaves as Toxiproxy. */
  readonly halfClose?: boolean;
  /** Default true: `reset_peer` resets what is open, not only what comes later. False behaves as Toxiproxy. */
  readonly liveReset?: boolean;
  /** Default 30 000: a start takes 0.2 s on an idle machine. */
  readonly deadlineMs?: number;
}

export interface RunningToxiproxy extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
}

/** How long a server that was asked to end may take. */
const END_MS_MAX = 5_000;

/**
 * Starts our Toxiproxy-compatible server as a child process and waits until it answers.
 *
 * Three things end it: disposing (closes its stdin and waits), the death of this process (the kernel closes its stdin),
 * and the undo in the ledger (a signal to exactly that process), for the case that it hangs.
 * Errors: PORT_TAKEN, PROXY_FAILED (with the tail of its log), INTERRUPTED.
 */
export async function startToxiproxy(options: StartToxiproxyOptions): Promise<RunningToxiproxy> {
  options.signal.throwIfAborted();
  const { child, pid } = launch(options);
  const id = options.ledger.freshId("toxiproxy");
  const ticks = startTicks(pid);
  // A child of ours that is not reaped keeps its pid, so pid and ticks are one process. Without /proc its stdin is the only tie.
  const undo = ticks === undefined ? [] : [{ undo: "signal", pid, startTicks: ticks, signal: "SIGKILL" } as const];
  try {
    options.ledger.intend({ id, what: `proxy server, pid ${pid}`, kind: "resource", undo });
  } catch (error) {
    await end(child);
    throw error;
  }
  try {
    const ready = await readyLine(child, options);
    options.ledger.done(id);
    return {
      ...ready,
      pid,
      [Symbol.asyncDispose]: async () => {
        await end(child);
        options.ledger.healed(id);
      },
    };
  } catch (error) {
    await end(child);
    options.ledger.healed(id);
    throw error;
  }
}

function launch(options: StartToxiproxyOptions): { child: ChildProcess; pid: number } {
  const flags = [
    ["--host", options.host ?? "127.0.0.1", "--port", String(options.port ?? 0), "--seed", options.seed],
    (options.halfClose ?? true) ? ["--half-close"] : [],
    (options.liveReset ?? true) ? ["--live-reset"] : [],
  ].flat();
  const log = openSync(options.logFile, "a");
  try {
    const entry = entryFile(import.meta.url, "./toxiproxy-server/main");
    // In a session of its own: Ctrl-C in a terminal must not take the links from a run that is about to heal them.
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entry, ...flags], { detached: true, stdio: ["pipe", "pipe", log] });
    child.on("error", () => {});
    child.stdin?.on("error", () => {});
    if (child.pid === undefined) throw new HarnessError("PROXY_FAILED", "the proxy server's process could not be started", { nextStep: "see whether this machine can start more processes (ulimit -u)" });
    return { child, pid: child.pid };
  } finally {
    closeSync(log);
  }
}

/** Waits for the one line that the server prints, whichever it is. */
async function readyLine(child: ChildProcess, options: StartToxiproxyOptions): Promise<{ url: string; host: string; port: number }> {
  const deadlineMs = options.deadlineMs ?? 30_000;
  const signal = deadlineSignal(deadlineMs, options.signal);
  const fail = (what: string): HarnessError =>
    new HarnessError("PROXY_FAILED", `the proxy server (pid ${child.pid}) ${what}; its log ends with:\n${logTail(options.logFile)}`, { nextStep: `read ${options.logFile}` });
  const line = await new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    lines.once("line", resolve);
    child.once("close", (code, by) => reject(fail(`ended before it was ready (${by ?? `exit code ${code}`})`)));
    signal.addEventListener("abort", () =>
      reject(
        options.signal.aborted
          ? new HarnessError("INTERRUPTED", "interrupted while the proxy server started", { nextStep: "run it again", cause: options.signal.reason })
          : fail(`was not ready after ${deadlineMs} ms`),
      ),
    );
  });
  const message: unknown = JSON.parse(line);
  if (isReady(message)) return { url: message.url, host: message.host, port: message.port };
  if (line.includes('"EADDRINUSE"')) {
    throw new HarnessError("PORT_TAKEN", `port ${options.port} of ${options.host ?? "127.0.0.1"} is taken, so the proxy server cannot listen there`, { nextStep: "ask for port 0 (any free one), or end what listens there" });
  }
  throw fail(`could not start: ${line}`);
}

function isReady(message: unknown): message is { url: string; host: string; port: number } {
  return typeof message === "object" && message !== null && "ready" in message && message.ready === true;
}

/** Closes its stdin, which it takes as the end; kills it when it does not end in time. Resolves when it is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.stdin?.end();
  const patience = after(END_MS_MAX, () => child.kill("SIGKILL"), { unref: true });
  await gone;
  patience.cancel();
}

/** The last lines of a log, at most 2000 characters. */
function logTail(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(-2000).trim() || "(empty)";
  } catch {
    return "(unreadable)";
  }
}
