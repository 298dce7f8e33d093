import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Disturbance } from "../../harness/disturbance.ts";
import { nodeNames } from "../../harness/ids.ts";
import { monotonicMs } from "../../harness/time.ts";
import { powerControl } from "./power.ts";

const [n1] = nodeNames(1) as [ReturnType<typeof nodeNames>[number]];
const signal = new AbortController().signal;
let root = "";
let folder = "";
let second = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rashomon-power-"));
  mkdirSync((folder = join(root, "data")));
  mkdirSync((second = join(root, "more data")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A node whose disk is two folders here; `onKill` is what happens at the last moment of its process. */
function powerOf({ onKill = () => {}, unsyncedMs = 60_000 }: { readonly onKill?: () => void; readonly unsyncedMs?: number } = {}): ReturnType<typeof powerControl> {
  const step = (apply: () => void = () => {}): Disturbance => ({ description: "", undo: [], apply: async () => apply(), revert: async () => {}, evidence: async () => ({ effective: true, seen: "dead" }) });
  const started = monotonicMs();
  return powerControl({
    folders: [folder, second],
    unsyncedMs,
    processes: { kill: () => step(onKill), pause: () => step() },
    run: async (_node, [program, ...args]) => {
      const { status, stdout, stderr } = spawnSync(program!, args, { encoding: "utf8" });
      return { exitCode: status ?? -1, stdout, stderr };
    },
    startedMs: () => started,
  });
}

it("what was written since is gone, what was there is still there", async () => {
  writeFileSync(join(folder, "before"), "1234");
  const write = (): void => [folder, second].forEach((one) => writeFileSync(join(one, "since"), "12345678"));
  const loss = powerOf({ onKill: write }).lose([n1], 1);

  await loss.apply(signal);

  expect(readdirSync(folder)).toEqual(["before"]);
  expect(readdirSync(second)).toEqual([]);
  expect(await loss.evidence(signal)).toEqual({ effective: true, seen: "dead; n1 lost 16 bytes" });
  expect(readdirSync(root)).toEqual(["data", "more data"]);
});

it("a loss of 0 ms kills and takes nothing", async () => {
  const loss = powerOf({ onKill: () => writeFileSync(join(folder, "since"), "1") }).lose([n1], 0);

  await loss.apply(signal);

  expect(readdirSync(folder)).toEqual(["since"]);
  expect((await loss.evidence(signal)).effective).toBe(true);
});

it("where nothing had been written it had no effect", async () => {
  const loss = powerOf().lose([n1], 1);

  await loss.apply(signal);

  expect((await loss.evidence(signal)).effective).toBe(false);
});

it("is refused when the node may have synced by then, and takes nothing", async () => {
  writeFileSync(join(folder, "before"), "1");
  const loss = powerOf({ unsyncedMs: 500 }).lose([n1], 1_000);

  await expect(loss.apply(signal)).rejects.toMatchObject({ code: "FAULT_FAILED" });

  expect(readdirSync(folder)).toEqual(["before"]);
});
