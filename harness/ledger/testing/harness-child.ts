import { spawn } from "node:child_process";
import { mkdtempSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../../assert.ts";
import { processState, startTicks } from "../../process-identity.ts";
import { sleep, until } from "../../time.ts";
import { openLedger } from "../file-ledger.ts";
import { startWatchdog } from "../watchdog.ts";

/**
 * A small harness for the tests of heal and watchdog: it opens a ledger in the folder that it is told, starts a
 * watchdog, two idle processes of which one is a resource and one is stopped, registers a temporary folder, says what it did, and waits to be killed.
 */
const folder = process.argv[2];
assert(folder !== undefined, "the folder of the run is named");
const ledger = openLedger(folder);
const watchdog = await startWatchdog(ledger);

function startIdle(): { pid: number; ticks: number } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"], { stdio: "ignore", detached: true });
  const ticks = startTicks(child.pid ?? 0);
  assert(child.pid !== undefined && ticks !== undefined, "the idle process started");
  return { pid: child.pid, ticks };
}

const resource = startIdle();
ledger.intend({ id: ledger.freshId("node"), what: "process n1", kind: "resource", undo: [{ undo: "signal", pid: resource.pid, startTicks: resource.ticks, signal: "SIGKILL" }] });
ledger.done("node-1");

const temporary = mkdtempSync(join(tmpdir(), "rashomon-test-"));
ledger.intend({ id: ledger.freshId("folder"), what: `folder ${temporary}`, kind: "resource", undo: [{ undo: "remove", path: temporary }] });

const paused = startIdle();
ledger.intend({ id: ledger.freshId("pause"), what: "pause n2", kind: "fault", undo: [{ undo: "signal", pid: paused.pid, startTicks: paused.ticks, signal: "SIGCONT" }] });
process.kill(paused.pid, "SIGSTOP");
await until("the stop of n2", () => processState(paused.pid) === "T", { deadlineMs: 30_000, everyMs: 5 });
ledger.done("pause-1", { effective: true, seen: "n2 is stopped" });

writeSync(1, JSON.stringify({ watchdog: watchdog.pid, resource, paused, temporary, ledger: ledger.path }) + "\n");
for (;;) await sleep(60_000);
