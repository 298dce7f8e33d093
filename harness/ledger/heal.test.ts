import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Undo } from "../disturbance.ts";
import { entryFile } from "../entry.ts";
import { isSame, processState, startTicks } from "../process-identity.ts";
import { sleep, until } from "../time.ts";
import { openLedger, readLedger } from "./file-ledger.ts";
import { healAll, type HealedEntry, healLedger, type HealReport } from "./heal.ts";
import { openRuns } from "./open-runs.ts";
import { startWatchdog } from "./watchdog.ts";

let folder: string;
const started: { pid: number; ticks: number }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-heal-"));
});
afterEach(() => {
  for (const { pid, ticks } of started.splice(0)) if (isSame(pid, ticks)) process.kill(pid, "SIGKILL");
  for (const run of openRuns()) if (run.ledger.startsWith(folder)) rmSync(run.entry);
  rmSync(folder, { recursive: true, force: true });
});

const wait = { deadlineMs: 30_000, everyMs: 20 };

function startIdle(): { pid: number; ticks: number } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"], { stdio: "ignore" });
  const idle = { pid: child.pid!, ticks: startTicks(child.pid!)! };
  started.push(idle);
  return idle;
}

/** A ledger whose owner is gone, with one entry for each list of undo steps. */
function abandoned(...entries: Undo[][]): string {
  const ledger = openLedger(folder, { owner: { pid: 1, startTicks: -1 } });
  for (const undo of entries) {
    const id = ledger.freshId("entry");
    ledger.intend({ id, what: id, kind: "fault", undo });
  }
  ledger.end();
  return ledger.path;
}

/** Appends its argument to a file: a trace of who ran when. */
function note(text: string): Undo {
  return { undo: "argv", argv: [process.execPath, "-e", `require("node:fs").appendFileSync(${JSON.stringify(join(folder, "trace"))}, ${JSON.stringify(text)})`] };
}
const fail: Undo = { undo: "argv", argv: [process.execPath, "-e", "console.error('No chain/target by that name'); process.exit(1)"] };

function healed(report: HealReport): string[] {
  return report.entries.filter((entry) => entry.ok).map((entry) => entry.id);
}
function failed(report: HealReport): HealedEntry[] {
  return report.entries.filter((entry) => !entry.ok);
}

describe("heal", () => {
  it("undoes what is open, last in first out, steps of an entry in their order, and nothing the second time", async () => {
    const path = abandoned([note("1a"), note("1b")], [note("2")], [note("3")]);
    appendFileSync(path, '{"event":"done","id":"entry-1","timeNs":1}\n{"event":"healed","id":"entry-2","by":"run","timeNs":2}\n');

    const first = await healLedger(path);
    const second = await healLedger(folder);

    expect(readFileSync(join(folder, "trace"), "utf8")).toBe("31a1b");
    expect(healed(first)).toEqual(["entry-3", "entry-1"]);
    expect(second).toEqual({ ledger: path, entries: [], damagedLines: [] });
    expect(existsSync(`${path}.healing`)).toBe(false);
  });

  it("reports what fails, leaves it open, goes on with the rest, and ends the rest later", async () => {
    const gate = join(folder, "gate");
    const gated: Undo = { undo: "argv", argv: [process.execPath, "-e", `require("node:fs").readFileSync(${JSON.stringify(gate)})`] };
    const path = abandoned([note("1")], [note("2"), gated, note("2'")], [note("3")]);

    const first = await healLedger(path);
    expect(failed(first).map((entry) => entry.id)).toEqual(["entry-2"]);
    expect(failed(first)[0]!.detail).toContain("ENOENT");
    expect(healed(first)).toEqual(["entry-3", "entry-1"]);
    expect(readFileSync(join(folder, "trace"), "utf8")).toBe("322'1");
    expect(openRuns().some((run) => run.ledger === path)).toBe(true);

    writeFileSync(gate, "");
    const second = await healLedger(path);
    expect(healed(second)).toEqual(["entry-2"]);
    expect(openRuns().some((run) => run.ledger === path)).toBe(false);
  });

  it("takes tolerated error output as success, and only that", async () => {
    const path = abandoned([{ ...fail, tolerated: ["No chain"] }], [{ ...fail, tolerated: ["not paused"] }], [{ undo: "argv", argv: ["rashomon-no-such-program"], tolerated: ["not found"] }]);

    const report = await healLedger(path);

    expect(healed(report)).toEqual(["entry-1"]);
    expect(failed(report).map((entry) => entry.id)).toEqual(["entry-3", "entry-2"]);
  });

  it("heals a ledger with a torn last line", async () => {
    const path = abandoned([note("1")]);
    appendFileSync(path, '{"event":"intent","id":"entry-2","what":"never be');

    const report = await healLedger(path);

    expect(healed(report)).toEqual(["entry-1"]);
    expect(report.damagedLines).toEqual([3]);
    expect((await healLedger(path)).entries).toEqual([]);
  });

  it("is done once when two heal at the same time", async () => {
    const path = abandoned([note("1")], [note("2")]);

    const reports = await Promise.all([healLedger(path), healLedger(path)]);

    expect(readFileSync(join(folder, "trace"), "utf8")).toBe("21");
    expect(reports.map((report) => report.entries.length).sort()).toEqual([0, 2]);
  });
});

describe("a signal", () => {
  it("continues the process that was stopped, and ends the one that was started", async () => {
    const [stopped, running] = [startIdle(), startIdle()];
    process.kill(stopped.pid, "SIGSTOP");
    await until("the stop", () => processState(stopped.pid) === "T", wait);
    const path = abandoned(
      [{ undo: "signal", pid: stopped.pid, startTicks: stopped.ticks, signal: "SIGCONT" }],
      [{ undo: "signal", pid: running.pid, startTicks: running.ticks, signal: "SIGKILL" }],
    );

    const report = await healLedger(path);

    expect(failed(report)).toEqual([]);
    expect(processState(stopped.pid)).not.toBe("T");
    expect(isSame(running.pid, running.ticks)).toBe(false);
  });

  it("is not sent to a process that has the pid and another start time", async () => {
    const stranger = startIdle();
    const path = abandoned([{ undo: "signal", pid: stranger.pid, startTicks: stranger.ticks - 1, signal: "SIGKILL" }]);

    const report = await healLedger(path);
    await sleep(50);

    expect(report.entries).toEqual([{ id: "entry-1", what: "entry-1", ok: true, detail: `process ${stranger.pid} is gone already` }]);
    expect(isSame(stranger.pid, stranger.ticks)).toBe(true);
  });
});

describe("a request", () => {
  it("goes to loopback; gone targets are success, refusals are not", async () => {
    const seen: string[] = [];
    await using server = createServer((request, reply) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`);
        reply.writeHead(request.url === "/proxies/n1-n2" ? 200 : request.url === "/busy" ? 500 : 404).end("said so");
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const path = abandoned(
      [{ undo: "http", method: "POST", url: `${root}/proxies/n1-n2`, body: { enabled: true } }],
      [{ undo: "http", method: "DELETE", url: `${root}/proxies/n1-n2/toxics/gone` }],
      [{ undo: "http", method: "POST", url: `${root}/busy` }],
    );

    const report = await healLedger(path);

    expect(seen).toEqual(["POST /busy ", "DELETE /proxies/n1-n2/toxics/gone ", 'POST /proxies/n1-n2 {"enabled":true}']);
    expect(failed(report).map((entry) => entry.detail)).toEqual([`POST ${root}/busy: 500 said so`]);
    expect(healed(report)).toHaveLength(2);
  });

  it("to a server that is gone is success", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");

    const report = await healLedger(abandoned([{ undo: "http", method: "DELETE", url: `http://127.0.0.1:${port}/proxies/a` }]));

    expect(failed(report)).toEqual([]);
  });

  it("to a server that dies while it is asked is success as soon as it is gone", async () => {
    const server = createServer((request) => {
      server.close();
      request.socket.resetAndDestroy();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;

    const report = await healLedger(abandoned([{ undo: "http", method: "DELETE", url: `http://127.0.0.1:${port}/proxies/a` }]));

    expect(report.entries[0]!.detail).toContain("the server is gone already");
  });

  it("whose connection always breaks has failed", async () => {
    await using server = createServer((request) => request.socket.resetAndDestroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;

    const report = await healLedger(abandoned([{ undo: "http", method: "DELETE", url: `http://127.0.0.1:${port}/proxies/a` }]));

    expect(failed(report)[0]!.detail).toContain("ECONNRESET");
  });

  it.each(["http://192.0.2.1:8474/reset", "http://example.invalid/reset", "https://127.0.0.1:1/reset", "http://127.example.invalid/reset"])("is not sent to %s", async (url) => {
    const report = await healLedger(abandoned([{ undo: "http", method: "POST", url }]));

    expect(failed(report)[0]!.detail).toContain("not sent");
  });

  it("goes to an address that the ledger names as an own container's", async () => {
    await using server = createServer((_, reply) => void reply.writeHead(204).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ledger = openLedger(folder, { owner: { pid: 1, startTicks: -1 } });
    // 0.0.0.0 is not loopback in the check's eyes, and yet reaches this machine only.
    ledger.intend({ id: "pod", what: "pod n1", kind: "resource", undo: [], addresses: ["0.0.0.0"] });
    ledger.intend({ id: "cut", what: "cut", kind: "fault", undo: [{ undo: "http", method: "POST", url: `http://0.0.0.0:${port}/reset` }] });
    ledger.end();

    const report = await healLedger(folder);

    expect(healed(report)).toEqual(["cut", "pod"]);
  });
});

describe("a removal", () => {
  it("removes below the temporary folder and the run's, and is done when there is nothing", async () => {
    const [one, two] = [mkdtempSync(join(tmpdir(), "rashomon-one-")), join(folder, "two")];
    mkdirSync(join(two, "deep"), { recursive: true });
    writeFileSync(join(one, "file"), "");
    const path = abandoned([{ undo: "remove", path: one }], [{ undo: "remove", path: two }], [{ undo: "remove", path: join(folder, "never") }]);

    expect(failed(await healLedger(path))).toEqual([]);
    expect([one, two].map((name) => existsSync(name))).toEqual([false, false]);
  });

  it("refuses every other place, also through links and dots", async () => {
    const outside = mkdtempSync(join(homedir(), ".rashomon-test-"));
    try {
      writeFileSync(join(outside, "precious"), "");
      symlinkSync(outside, join(folder, "link"));
      const places = [outside, join(folder, "link", "precious"), `${folder}/../../${outside}/precious`, tmpdir(), "precious", "/"];
      const path = abandoned([{ undo: "remove", path: join(folder, "link") }], ...places.map((place): Undo[] => [{ undo: "remove", path: place }]));

      const report = await healLedger(path);

      expect(existsSync(join(outside, "precious"))).toBe(true);
      expect(existsSync(tmpdir())).toBe(true);
      // The link itself is the run's own, and goes.
      expect(healed(report)).toEqual(["entry-1"]);
      expect(failed(report)).toHaveLength(places.length);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });
});

interface Told {
  watchdog: number;
  resource: { pid: number; ticks: number };
  paused: { pid: number; ticks: number };
  temporary: string;
  ledger: string;
}

async function startHarness(): Promise<{ child: ChildProcess; told: Told }> {
  const child = spawn(process.execPath, [entryFile(import.meta.url, "./testing/harness-child"), folder], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
  await until("the harness's word", () => text.endsWith("\n"), wait);
  const told = JSON.parse(text) as Told;
  started.push({ pid: child.pid!, ticks: startTicks(child.pid!)! }, told.resource, told.paused, { pid: told.watchdog, ticks: startTicks(told.watchdog)! });
  return { child, told };
}

function expectHealed(told: Told): void {
  expect(isSame(told.paused.pid, told.paused.ticks)).toBe(true);
  expect(processState(told.paused.pid)).not.toBe("T");
  expect(isSame(told.resource.pid, told.resource.ticks)).toBe(false);
  expect(existsSync(told.temporary)).toBe(false);
  expect(openRuns().some((run) => run.ledger === told.ledger)).toBe(false);
}

describe("after a SIGKILL of the harness", () => {
  it("the watchdog restores what was changed, removes what was made, and says so beside the ledger", async () => {
    const { child, told } = await startHarness();
    expect(processState(told.paused.pid)).toBe("T");

    // The idle processes outlive the harness: had one of them inherited the pipe's write end, its end would never come.
    child.kill("SIGKILL");
    await until("the watchdog's end", () => startTicks(told.watchdog) === undefined, wait);

    expectHealed(told);
    const log = readFileSync(join(folder, "faults.watchdog.log"), "utf8");
    expect(log).toContain("healed pause-1: pause n2: SIGCONT sent");
    expect(log).toContain("attempt 1: 3 healed, 0 still open");
    expect(readLedger(folder).lines.filter((line) => line.event === "healed").map((line) => [line.id, line.by])).toEqual([
      ["pause-1", "watchdog"],
      ["folder-1", "watchdog"],
      ["node-1", "watchdog"],
    ]);
    expect((await healLedger(folder)).entries).toEqual([]);
  });

  it("heal does it when the watchdog was killed as well, finding the run by itself", async () => {
    const { child, told } = await startHarness();
    expect((await healAll()).find((report) => report.ledger === told.ledger)!.skipped).toContain(`process ${child.pid}`);
    process.kill(told.watchdog, "SIGKILL");
    child.kill("SIGKILL");
    await until("both ends", () => startTicks(told.watchdog) === undefined && startTicks(child.pid!) === undefined, wait);
    expect(processState(told.paused.pid)).toBe("T");

    const report = (await healAll()).find((candidate) => candidate.ledger === told.ledger)!;

    expect(healed(report)).toEqual(["pause-1", "folder-1", "node-1"]);
    expectHealed(told);
    expect((await healAll()).some((candidate) => candidate.ledger === told.ledger)).toBe(false);
  });
});

describe("a watchdog", () => {
  it("that is told of the run's end goes without healing", async () => {
    using ledger = openLedger(folder);
    ledger.intend({ id: "a", what: "a", kind: "fault", undo: [note("healed")] });
    const watchdog = await startWatchdog(ledger);

    await watchdog.stop();
    await watchdog.stop();

    expect(startTicks(watchdog.pid)).toBeUndefined();
    expect(existsSync(join(folder, "trace"))).toBe(false);
    ledger.healed("a");
  });
});
