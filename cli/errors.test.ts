import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeError, errorRecords, HarnessError } from "../harness/errors.ts";
import { exitOfError } from "./exit-codes.ts";
import { rashomon } from "./testing/cli.ts";

let folder: string;
let stale: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-errors-"));
  stale = join(folder, "stale.jsonl");
  const op = (index: number, process: number, type: string, f: string, value: unknown): string => JSON.stringify({ index, process, type, f, value, timeNs: index });
  writeFileSync(stale, [op(0, 0, "invoke", "write", 1), op(1, 0, "ok", "write", 1), op(2, 1, "invoke", "read", null), op(3, 1, "ok", "read", null)].join("\n") + "\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("with --json, standard output tells errors too, in lines beside the results", () => {
  test("of one file of several, with its name, code, next step and exit code", async () => {
    const ran = await rashomon(["check", "--json", "nowhere.jsonl", stale], { cwd: folder });

    expect(ran.code).toBe(4);
    expect(ran.json()).toMatchObject([
      { file: "nowhere.jsonl", error: { code: "FILE_UNREADABLE", message: "cannot read nowhere.jsonl", because: [expect.stringContaining("ENOENT")], nextStep: expect.any(String) as string, exit: 4 } },
      { file: stale, verdict: "invalid" },
    ]);
    expect(ran.err).toContain("nowhere.jsonl");
  });

  test("of a command line that is not understood", async () => {
    const ran = await rashomon(["check", "--json", "--bogus", stale]);

    expect(ran.code).toBe(254);
    expect(ran.json()).toEqual([{ error: { code: "USAGE", message: "unknown option '--bogus'", because: [], nextStep: "see `rashomon check --help`", exit: 254 } }]);
  });
});

describe("options that do not go together are usage, not silence", () => {
  test.each([
    ["what only transactions have, without --elle", ["check", "--steps", "5", "FILE"], "--steps is of transactions"],
    ["two ways to judge one file", ["check", "--elle", "list-append", "--spec", "register", "FILE"], "cannot be used with option '--spec <object>'"],
    ["random walks that are to see every state", ["explore", "abd", "--walks", "3", "--symmetry"], "cannot be used with option '--symmetry'"],
    ["random walks that are to be shared by threads", ["explore", "abd", "--walks", "3", "--workers", "2"], "cannot be used with option '--workers <count>'"],
  ])("%s", async (_what, args, message) => {
    const ran = await rashomon(args.map((arg) => (arg === "FILE" ? stale : arg)));

    expect(ran.code).toBe(254);
    expect(ran.err).toContain(message);
  });
});

test("a file that cannot be written is named with its option, and is no crash", async () => {
  const ran = await rashomon(["convert", stale, "--to", "elle", "--out", join(folder, "no", "such", "folder")]);

  expect(ran.code).toBe(4);
  expect(ran.err).toContain("--out");
});

test("a reader that goes away takes nothing from the exit code", async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url)), "check", "nowhere.jsonl", stale], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  child.stderr.destroy();

  expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(4);
});

test("what was thrown is told before what its clean-up threw, and the worse decides the exit code", () => {
  const thrown = new HarnessError("FILE_UNWRITABLE", "no room", { nextStep: "make room" });
  const cleanUp = new TypeError("a bug");

  const both = new SuppressedError(cleanUp, thrown);

  expect(errorRecords(both).map(({ code }) => code)).toEqual(["FILE_UNWRITABLE", "CRASH"]);
  expect(describeError(both)).toBe("no room\n  next: make room\na bug");
  expect(exitOfError(both)).toBe(255);
  expect(exitOfError(new SuppressedError(thrown, thrown))).toBe(4);
});

test("a full disk is the machine's failure; a file that is missing may be a bug", () => {
  const failed = (code: string): Error => Object.assign(new Error(`${code}: write`), { code, syscall: "write" });

  expect(errorRecords(failed("ENOSPC"))).toEqual([{ code: "SYSTEM", message: "ENOSPC: write", because: [], nextStep: "make room on that disk and run it again" }]);
  expect(exitOfError(failed("ENOSPC"))).toBe(4);
  expect(exitOfError(failed("ENOENT"))).toBe(255);
});
