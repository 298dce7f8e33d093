import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { entryFile } from "../../harness/entry.ts";
import { healLedger } from "../../harness/ledger/heal.ts";
import { isSame } from "../../harness/process-identity.ts";
import { until } from "../../harness/time.ts";
import type { TraceLine } from "./trace.ts";

const patience = { deadlineMs: 60_000, everyMs: 50 };

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Owned {
  readonly pid: number;
  readonly startTicks: number;
}

/** Starts a harness of its own, waits until its cluster is busy, and kills it. Resolves to what it had started. */
async function killedHarness(folder: string, how: "plain" | "paused"): Promise<Owned[]> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entryFile(import.meta.url, "./testing/harness-child"), folder, how], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  const owned: Owned[] = [];
  for (const line of readFileSync(join(folder, "faults.jsonl"), "utf8").trim().split("\n")) {
    const entry = JSON.parse(line) as { event: string; undo?: readonly (Owned & { undo: string; signal?: string })[] };
    for (const undo of entry.undo ?? []) if (undo.undo === "signal" && undo.signal === "SIGKILL") owned.push(undo);
  }
  return owned;
}

const alive = (owned: readonly Owned[]): Owned[] => owned.filter((one) => isSame(one.pid, one.startTicks));

test("when the harness is killed its nodes and proxies end by themselves, and heal has only the folder to remove", { timeout: 120_000 }, async () => {
  const folder = freshFolder();
  const owned = await killedHarness(folder, "plain");
  expect(owned).toHaveLength(4);

  await until("the end of all nodes and the proxy server", () => alive(owned).length === 0, patience);

  const healed = await healLedger(folder);
  expect(healed.entries.filter((entry) => !entry.ok)).toEqual([]);
  expect(healed.entries.filter((entry) => entry.what.startsWith("data of"))).toHaveLength(1);
  expect((await healLedger(folder)).entries).toEqual([]);

  // The diaries of nodes that were at work are whole to their last line, and continuous.
  for (const node of ["n1", "n2", "n3"]) {
    const text = readFileSync(join(folder, "logs", node, "messages.jsonl"), "utf8");
    expect(text.endsWith("\n")).toBe(true);
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line) as TraceLine);
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.map((line) => line.seq)).toEqual(lines.map((_, i) => i));
  }
});

test("a node that was stopped when the harness was killed is ended by heal", { timeout: 120_000 }, async () => {
  const folder = freshFolder();
  const owned = await killedHarness(folder, "paused");
  await until("the end of all but the stopped node", () => alive(owned).length <= 1, patience);

  const healed = await healLedger(folder);

  expect(healed.entries.filter((entry) => !entry.ok)).toEqual([]);
  await until("the end of the stopped node", () => alive(owned).length === 0, patience);
  const data = healed.entries.find((entry) => entry.what.startsWith("data of"));
  expect(data?.what).toBeDefined();
  expect(existsSync(data!.what.slice(data!.what.indexOf("/")))).toBe(false);
});
