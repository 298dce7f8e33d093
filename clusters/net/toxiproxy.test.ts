import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { performUndo } from "../../harness/ledger/undo.ts";
import { startTicks } from "../../harness/process-identity.ts";
import { until } from "../../harness/time.ts";
import { inProcess, scratch } from "./testing/servers.ts";
import { startToxiproxy } from "./toxiproxy.ts";
import { statusOf, ToxiproxyClient, unreachable } from "./toxiproxy-client.ts";

const never = new AbortController().signal;
let disposables = new AsyncDisposableStack();
afterEach(async () => {
  await disposables.disposeAsync();
  disposables = new AsyncDisposableStack();
});

function place(): ReturnType<typeof scratch> & { options: Parameters<typeof startToxiproxy>[0] } {
  const where = disposables.use(scratch());
  return { ...where, [Symbol.dispose]: () => {}, options: { signal: never, ledger: where.ledger, logFile: where.logFile, seed: seed(1) } };
}

const entries = (path: string): { event: string; kind?: string; undo?: readonly unknown[]; id?: string }[] => readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const gone = (pid: number): Promise<void> => until(`the end of process ${pid}`, () => startTicks(pid) === undefined, { deadlineMs: 20_000, everyMs: 10 });

describe("starting the proxy server", () => {
  it("gives one that answers, is in the ledger with its pid and start time, and is healed when disposed", async () => {
    const { ledger, logFile, options } = place();

    const server = await startToxiproxy(options);

    expect(await new ToxiproxyClient({ url: server.url }).version()).toBe("git");
    const ticks = startTicks(server.pid);
    expect(entries(ledger.path).find((entry) => entry.event === "intent")).toMatchObject({ kind: "resource", undo: [{ undo: "signal", pid: server.pid, startTicks: ticks, signal: "SIGKILL" }] });
    expect(entries(ledger.path).some((entry) => entry.event === "healed")).toBe(false);

    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();

    expect(startTicks(server.pid)).toBeUndefined();
    expect(entries(ledger.path).some((entry) => entry.event === "healed")).toBe(true);
    expect(readFileSync(logFile, "utf8")).toMatch(/listening on .*, seed 1\n.*ends: stdin closed\n$/s);
  });

  it("on a taken port ends as PORT_TAKEN and leaves no process", async () => {
    const { options, ledger } = place();
    const server = disposables.use(await inProcess());

    const error = await startToxiproxy({ ...options, port: Number(new URL(server.url).port) }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "PORT_TAKEN", nextStep: expect.stringContaining("port 0") });
    expect(entries(ledger.path).map((entry) => entry.event)).toContain("healed");
  });

  it("that fails shows what it said", async () => {
    const { options } = place();

    const error = await startToxiproxy({ ...options, host: "192.0.2.1" }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "PROXY_FAILED", message: expect.stringContaining("EADDRNOTAVAIL"), nextStep: expect.stringContaining(options.logFile) });
  });

  it("that is interrupted leaves no process", async () => {
    const { options, ledger } = place();
    const controller = new AbortController();
    const starting = startToxiproxy({ ...options, signal: controller.signal });
    controller.abort(new Error("stop"));

    await expect(starting).rejects.toMatchObject({ code: "INTERRUPTED" });

    expect(entries(ledger.path).map((entry) => entry.event)).toContain("healed");
  });

  it("its undo ends it, and again, and a stopped one too", async () => {
    const { options, ledger } = place();
    const server = disposables.use(await startToxiproxy(options));
    process.kill(server.pid, "SIGSTOP");
    const undo = { undo: "signal", pid: server.pid, startTicks: startTicks(server.pid)!, signal: "SIGKILL" } as const;
    expect(entries(ledger.path).find((entry) => entry.event === "intent")?.undo).toEqual([undo]);

    for (let round = 0; round < 2; round++) expect(await performUndo(undo, { runFolder: "/nowhere", addresses: new Set(), signal: never })).toMatchObject({ ok: true });
  });

  it("dies with a harness that is killed", async () => {
    const { folder } = place();
    const script = join(folder, "harness.ts");
    writeFileSync(
      script,
      `import { startToxiproxy } from ${JSON.stringify(join(import.meta.dirname, "toxiproxy.ts"))};
       import { openLedger } from ${JSON.stringify(join(import.meta.dirname, "../../harness/ledger/file-ledger.ts"))};
       const server = await startToxiproxy({ signal: new AbortController().signal, ledger: openLedger(${JSON.stringify(join(folder, "run"))}), logFile: ${JSON.stringify(join(folder, "log"))}, seed: "1" });
       console.log(server.pid);
       setInterval(() => {}, 1000);`,
    );
    const harness = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(createInterface({ input: harness.stdout }), "line")) as [string];
    const pid = Number(line);
    expect(startTicks(pid)).toBeDefined();

    harness.kill("SIGKILL");

    await gone(pid);
  });
});

describe("the client", () => {
  it("keeps the server's words and status", async () => {
    const server = disposables.use(await inProcess());
    const client = new ToxiproxyClient({ url: server.url });
    await client.createProxy({ name: "p", listen: "127.0.0.1:0", upstream: "127.0.0.1:1" });

    const error = await client.createProxy({ name: "p", listen: "127.0.0.1:0", upstream: "127.0.0.1:1" }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "PROXY_FAILED", message: `POST ${server.url}/proxies: 409 proxy already exists` });
    expect([statusOf(error), unreachable(error)]).toEqual([409, false]);
  });

  it("ends a call that is not answered", async () => {
    const wedged = createServer(() => {}).listen(0, "127.0.0.1");
    await once(wedged, "listening");
    const address = wedged.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    disposables.defer(() => (wedged.closeAllConnections(), void wedged.close()));

    const error = await new ToxiproxyClient({ url, deadlineMs: 100 }).reset().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "PROXY_FAILED", message: `POST ${url}/reset not answered after 100 ms` });
    expect(unreachable(error)).toBe(false);
  });

  it("tells a server that is gone from one that refuses", async () => {
    const server = await inProcess();
    await server[Symbol.asyncDispose]();

    const error = await new ToxiproxyClient({ url: server.url }).proxies().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "PROXY_FAILED" });
    expect([statusOf(error), unreachable(error)]).toEqual([undefined, true]);
  });

  it("asks again when a connection breaks, unless the request may not be repeated", async () => {
    let asked = 0;
    const flaky = createServer((request, reply) => (++asked % 2 === 1 ? request.socket.destroy() : void reply.writeHead(204).end())).listen(0, "127.0.0.1");
    await once(flaky, "listening");
    const address = flaky.address();
    const client = new ToxiproxyClient({ url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}` });
    disposables.defer(() => (flaky.closeAllConnections(), void flaky.close()));

    expect(await client.removeToxic("p", "t")).toBe("removed");
    const error = await client.reset().catch((thrown: unknown) => thrown);

    expect([asked, statusOf(error), unreachable(error)]).toEqual([3, undefined, false]);
    expect(error).toMatchObject({ code: "PROXY_FAILED", message: expect.stringContaining("no answer from the proxy server") });
  });

  it("can be interrupted", async () => {
    const controller = new AbortController();
    const server = disposables.use(await inProcess());
    const client = new ToxiproxyClient({ url: server.url, signal: controller.signal });
    controller.abort(new Error("stop"));

    await expect(client.proxies()).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  it("removes what is not there without complaint, and says so", async () => {
    const server = disposables.use(await inProcess());
    const client = new ToxiproxyClient({ url: server.url });
    await client.createProxy({ name: "p", listen: "127.0.0.1:0", upstream: "127.0.0.1:1" });

    expect([await client.removeToxic("p", "t"), await client.removeProxy("p"), await client.removeProxy("p")]).toEqual(["absent", "removed", "absent"]);
  });

  it("refuses names that would not survive a URL", () => {
    const client = new ToxiproxyClient({ url: "http://127.0.0.1:1" });

    expect(() => client.removeProxy("a/b")).toThrow('"a/b" cannot name a proxy');
  });
});
