import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isSame, processState, signalIfSame, startTicks } from "./process-identity.ts";
import { until } from "./time.ts";

const children: ChildProcess[] = [];
const folders: string[] = [];

function start(file = "/bin/sleep"): ChildProcess & { pid: number } {
  const child = spawn(file, ["600"], { stdio: "ignore" });
  children.push(child);
  return child as ChildProcess & { pid: number };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe("a process's identity", () => {
  it("is its pid and the tick at which it started, and stays the same", () => {
    const child = start();

    const ticks = startTicks(child.pid);

    expect(ticks).toBeGreaterThan(0);
    expect(startTicks(child.pid)).toBe(ticks);
    expect(isSame(child.pid, ticks!)).toBe(true);
    expect(isSame(child.pid, ticks! - 1)).toBe(false);
  });

  it("is read right when the program's name holds spaces and brackets", () => {
    const folder = mkdtempSync(join(tmpdir(), "rashomon-identity-"));
    folders.push(folder);
    const odd = join(folder, "a) S 1 (b");
    copyFileSync("/bin/sleep", odd);

    const child = start(odd);

    expect(startTicks(child.pid)).toBeGreaterThanOrEqual(startTicks(process.pid)!);
    expect(processState(child.pid)).toMatch(/^[RSD]$/);
  });

  it("does not exist for a pid that is free or no pid", () => {
    expect(startTicks(2 ** 30)).toBeUndefined();
    expect(startTicks(0)).toBeUndefined();
    expect(startTicks(-1)).toBeUndefined();
    expect(startTicks(1.5)).toBeUndefined();
  });

  it("lets a signal through to the process that was meant", async () => {
    const child = start();
    const ticks = startTicks(child.pid)!;

    expect(signalIfSame(child.pid, ticks, "SIGSTOP")).toBe("sent");
    await until("stopped", () => processState(child.pid) === "T", { deadlineMs: 10_000, everyMs: 5 });
    expect(isSame(child.pid, ticks)).toBe(true);
    expect(signalIfSame(child.pid, ticks, "SIGCONT")).toBe("sent");
    expect(signalIfSame(child.pid, ticks, "SIGKILL")).toBe("sent");
    await once(child, "exit");

    expect(signalIfSame(child.pid, ticks, "SIGKILL")).toBe("gone");
    expect(startTicks(child.pid)).toBeUndefined();
  });

  it("leaves a stranger alone who has the pid now", () => {
    const stranger = start();

    expect(signalIfSame(stranger.pid, startTicks(stranger.pid)! - 100, "SIGKILL")).toBe("gone");

    expect(stranger.killed).toBe(false);
    expect(startTicks(stranger.pid)).toBeDefined();
  });
});
