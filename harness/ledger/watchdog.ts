import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { assert } from "../assert.ts";
import { entryFile } from "../entry.ts";
import { HarnessError } from "../errors.ts";
import { startTicks } from "../process-identity.ts";
import { within } from "../time.ts";

/**
 * Who heals when the harness itself is killed. A detached child holds the read end of a pipe; only the harness holds
 * the write end (close-on-exec, so none of its other children inherits it). The kernel closes a dead process's files,
 * however it died, so the end of that pipe *is* the harness's death:
 *
 *     harness ──── pipe ───→ watchdog          "end" read: the run ended well, exit
 *     harness ✝    ─ EOF ──→ watchdog          nothing read: wait until the harness is gone, heal, log, exit
 *
 * The reaper container of Testcontainers is the same idea; this one needs no image and no engine.
 */
export interface Watchdog {
  readonly pid: number;
  /** Absolute path of its log, beside the ledger. */
  readonly log: string;
  /** Tells it that the run ended and waits until it is gone; it heals nothing. Calling it twice does nothing. */
  stop(): Promise<void>;
}

const startMsMax = 30_000;

/** Starts a watchdog over `ledger`. When it resolves the watchdog is reading: from here a SIGKILL of this process is healed. */
export async function startWatchdog(ledger: { readonly path: string }): Promise<Watchdog> {
  const log = `${ledger.path.replace(/\.jsonl$/, "")}.watchdog.log`;
  const logFile = openSync(log, "a", 0o600);
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", entryFile(import.meta.url, "./watchdog-main"), ledger.path, String(process.pid), String(startTicks(process.pid) ?? 0)],
    { detached: true, stdio: ["pipe", "pipe", logFile], cwd: "/" },
  );
  closeSync(logFile);
  const { stdin, stdout } = child;
  assert(stdin !== null && stdout !== null, "the watchdog was started with pipes");
  // A watchdog that died is found out by its exit, not by an EPIPE that ends the run.
  stdin.on("error", () => undefined);
  const exited = once(child, "exit");
  exited.catch(() => undefined);
  try {
    await within(startMsMax, "the watchdog's start", Promise.race([once(stdout, "data"), exited.then(() => Promise.reject(new Error("the watchdog ended at once")))]));
  } catch (cause) {
    child.kill("SIGKILL");
    throw new HarnessError("WORKER_FAILED", `the watchdog of ${ledger.path} did not start`, { nextStep: `read ${log}`, cause });
  }
  stdout.destroy();
  child.unref();
  if (stdin instanceof Socket) stdin.unref();

  let stopped: Promise<void> | undefined;
  return {
    pid: child.pid ?? 0,
    log,
    stop: () =>
      (stopped ??= (async (): Promise<void> => {
        child.ref();
        if (child.exitCode !== null || child.signalCode !== null) return;
        stdin.end("end\n");
        await within(startMsMax, "the watchdog's end", exited);
      })()),
  };
}
