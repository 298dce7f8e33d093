import { execFile } from "node:child_process";
import { lstatSync, realpathSync, rmSync } from "node:fs";
import { request } from "node:http";
import { isIPv4 } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { unreachable } from "../assert.ts";
import type { Undo } from "../disturbance.ts";
import { isSame, processState, signalIfSame } from "../process-identity.ts";
import { deadlineSignal, monotonicMs, sleep } from "../time.ts";

/**
 * Undo steps, done by a process that knows nothing of the run. Each is idempotent: what is already undone, or gone
 * altogether, counts as success. Each looks at its target before it acts, because a ledger may be hours old: a pid is
 * signalled only when its start time agrees, a request goes only to loopback or a container that the ledger names as
 * its own, a path is removed only below the temporary folder or the run's.
 */
export interface UndoResult {
  readonly ok: boolean;
  /** What was seen: `SIGCONT sent to 4711`, `already gone`, or why it failed. */
  readonly seen: string;
}

export interface UndoOptions {
  /** Absolute; beside the temporary folder the only place where `remove` acts. */
  readonly runFolder: string;
  /** Addresses of the run's own containers. */
  readonly addresses: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Longest wait for a program, a reply or a process's end. */
const stepMsMax = 30_000;
/** How often a request is sent whose connection breaks. */
const attemptsMax = 4;

/** Performs one step. Never throws: a failure is a result. */
export async function performUndo(undo: Undo, options: UndoOptions): Promise<UndoResult> {
  try {
    switch (undo.undo) {
      case "argv":
        return await runProgram(undo.argv, undo.tolerated ?? [], options.signal);
      case "signal":
        return await signalProcess(undo, options.signal);
      case "http":
        return await sendRequest(undo, options);
      case "remove":
        return removePath(undo.path, options.runFolder);
      default:
        return unreachable(undo);
    }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function runProgram(argv: readonly string[], tolerated: readonly string[], signal: AbortSignal): Promise<UndoResult> {
  const [program, ...rest] = argv;
  if (program === undefined) return Promise.resolve(failed("an argv undo names no program"));
  return new Promise((resolvePromise) => {
    execFile(program, rest, { signal: deadlineSignal(stepMsMax, signal), shell: false, encoding: "utf8" }, (error, _stdout, stderr) => {
      if (error === null) return resolvePromise(succeeded(`${argv.join(" ")}: done`));
      const said = stderr.trim();
      const known = tolerated.find((text) => said.includes(text));
      resolvePromise(known === undefined ? failed(`${argv.join(" ")}: ${said || error.message}`) : succeeded(`${argv.join(" ")}: ${said} (nothing to undo)`));
    });
  });
}

async function signalProcess(undo: Extract<Undo, { undo: "signal" }>, signal: AbortSignal): Promise<UndoResult> {
  if (signalIfSame(undo.pid, undo.startTicks, undo.signal) === "gone") return succeeded(`process ${undo.pid} is gone already`);
  // A signal is a request: success is what it was sent for.
  const reached = (): boolean => (undo.signal === "SIGCONT" && processState(undo.pid) !== "T") || !isSame(undo.pid, undo.startTicks);
  const end = monotonicMs() + stepMsMax;
  while (!reached()) {
    if (monotonicMs() > end) return failed(`${undo.signal} sent to process ${undo.pid}, which is still in state ${processState(undo.pid)} after ${stepMsMax} ms`);
    await sleep(10, signal);
  }
  return succeeded(`${undo.signal} sent to process ${undo.pid}`);
}

async function sendRequest(undo: Extract<Undo, { undo: "http" }>, options: UndoOptions): Promise<UndoResult> {
  const url = new URL(undo.url);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol !== "http:" || !(isLoopback(host) || options.addresses.has(host))) {
    return failed(`${undo.url} is neither loopback nor a container of this run: not sent`);
  }
  // A server that is dying with its harness may break a connection before it refuses the next: ask again, undos are idempotent.
  for (let attempt = 1; ; attempt++) {
    const result = await sendOnce(undo, url, options);
    if (result.ok || !result.broken || attempt === attemptsMax) return result;
    await sleep(100 * attempt, options.signal);
  }
}

function sendOnce(undo: Extract<Undo, { undo: "http" }>, url: URL, options: UndoOptions): Promise<UndoResult & { readonly broken?: boolean }> {
  const text = undo.body === undefined ? "" : JSON.stringify(undo.body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text), "user-agent": "rashomon-heal" };
  return new Promise((resolvePromise) => {
    const sent = request(url, { method: undo.method, headers, agent: false, signal: deadlineSignal(stepMsMax, options.signal) }, (reply) => {
      const status = reply.statusCode ?? 0;
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("error", (error) => resolvePromise({ ...failed(`${undo.method} ${undo.url}: ${error.message}`), broken: true }));
      reply.on("end", () => {
        const seen = `${undo.method} ${undo.url}: ${status}`;
        if (status >= 200 && status < 300) resolvePromise(succeeded(seen));
        else if (status === 404) resolvePromise(succeeded(`${seen} (nothing to undo)`));
        else resolvePromise(failed(`${seen} ${Buffer.concat(chunks).toString("utf8").trim()}`));
      });
    });
    sent.on("error", (error) => {
      const refused = "code" in error && error.code === "ECONNREFUSED";
      resolvePromise(refused ? succeeded(`${undo.method} ${undo.url}: the server is gone already`) : { ...failed(`${undo.method} ${undo.url}: ${error.message}`), broken: true });
    });
    sent.end(text);
  });
}

function removePath(path: string, runFolder: string): UndoResult {
  if (!isAbsolute(path)) return failed(`${path} is not absolute: not removed`);
  const target = realPath(resolve(path));
  if (target === undefined) return succeeded(`${path} is gone already`);
  const allowed = [tmpdir(), runFolder].flatMap((folder) => realPath(join(folder, ".")) ?? []);
  if (!allowed.some((folder) => target.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    return failed(`${path} is below neither the temporary folder nor the run's: not removed`);
  }
  rmSync(target, { recursive: true, force: true, maxRetries: 3 });
  return succeeded(`${path} removed`);
}

/** The path with every link in its folder followed, the last part itself left alone: a link is removed, not what it points to. */
function realPath(path: string): string | undefined {
  try {
    lstatSync(path);
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function succeeded(seen: string): UndoResult {
  return { ok: true, seen };
}

function failed(seen: string): UndoResult {
  return { ok: false, seen };
}
