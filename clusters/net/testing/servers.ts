import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seed } from "../../../harness/ids.ts";
import type { Ledger } from "../../../harness/ledger.ts";
import { openLedger } from "../../../harness/ledger/file-ledger.ts";
import { Random } from "../../../harness/random.ts";
import { until } from "../../../harness/time.ts";
import { buildToxiproxy } from "../build-toxiproxy.ts";
import { startServer } from "../toxiproxy-server/server.ts";
import { startToxiproxy, type StartToxiproxyOptions } from "../toxiproxy.ts";

/** A proxy server under test. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
}

/** A ledger and a log in a folder of their own, gone at the end. */
export function scratch(): { readonly folder: string; readonly ledger: Ledger; readonly logFile: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-net-"));
  const ledger = openLedger(folder);
  return {
    folder,
    ledger,
    logFile: join(folder, "toxiproxy.log"),
    [Symbol.dispose]: () => {
      ledger.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Our server as a child process. */
export async function ourServer(options: Partial<StartToxiproxyOptions> = {}): Promise<TestServer & { readonly pid: number }> {
  const place = scratch();
  const server = await startToxiproxy({ signal: new AbortController().signal, ledger: place.ledger, logFile: place.logFile, seed: seed("conformance"), ...options });
  return {
    url: server.url,
    pid: server.pid,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

/** Our server within this process: no log, as the harness runs it otherwise. */
export function inProcess(): Promise<TestServer> {
  return startServer({ host: "127.0.0.1", port: 0, random: new Random(seed("in-process")), halfClose: true, liveReset: true, log: () => {} });
}

/** Where the real binary is kept: below the project, ignored by git. */
export const toxiproxyCache: string = join(import.meta.dirname, "../../../.cache/toxiproxy");

/** The real Toxiproxy 2.12, built with Go when the cache has none. */
export async function realServer(): Promise<TestServer> {
  const binary = await buildToxiproxy({ cacheDir: toxiproxyCache });
  const port = await freePort();
  const child = spawn(binary, ["-host", "127.0.0.1", "-port", String(port)], { stdio: "ignore", env: { LOG_LEVEL: "error" } });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const url = `http://127.0.0.1:${port}`;
  await until("the real Toxiproxy answers", async () => (await fetch(`${url}/version`).catch(() => undefined))?.ok === true, { deadlineMs: 30_000, everyMs: 20 });
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      process.off("exit", kill);
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  server.close();
  await once(server, "close");
  return port;
}
