import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { entryFile } from "./entry.ts";
import { encodeOp, openHistoryFile, readHistoryFile } from "./history-file.ts";
import { HistoryBuilder, type OpInput } from "./history.ts";
import { NEMESIS, processId } from "./ids.ts";
import type { Op } from "./op.ts";
import { until } from "./time.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rashomon-history-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ops: readonly OpInput[] = [
  { process: 0, type: "invoke", f: "write", value: 3, timeNs: 5 },
  { process: NEMESIS, type: "info", f: "isolate", value: ["n1", { rest: "n2 \"quoted\" \n é" }], timeNs: 6 },
  { process: 1, type: "invoke", f: "read", value: null, timeNs: 7 },
  { process: 0, type: "info", f: "write", value: 3, timeNs: 9, error: { class: "timeout", after: 1.5 } },
  { process: 1, type: "ok", f: "read", value: "\u2028 3", timeNs: 11 },
  { process: 64, type: "invoke", f: "txn", value: [["append", 1, -2.5e-9], [true, false, null]], timeNs: 12 },
];
const numbered: Op[] = ops.map((op, index) => ({ index, timeNs: -1, ...op, process: processId(op.process) }));

describe("a history on disk", () => {
  it("comes back as it was recorded, op by op", async () => {
    const path = join(folder, "history.jsonl");

    await using file = await openHistoryFile(path);
    for (const op of numbered) file.append(op);
    await file.flush();

    const { history, torn } = await readHistoryFile(path);
    expect([...history]).toEqual(numbered);
    expect(torn).toBeUndefined();
  });

  it("has one line of plain JSON per op, nemesis by name", () => {
    expect(encodeOp(numbered[1]!)).toBe(`{"index":1,"process":"nemesis","type":"info","f":"isolate","value":["n1",{"rest":"n2 \\"quoted\\" \\n é"}],"timeNs":6}\n`);
    for (const op of numbered) expect(JSON.parse(encodeOp(op))).toEqual({ ...op, process: op.process === NEMESIS ? "nemesis" : op.process });
  });

  it("is on disk soon after, without being asked", async () => {
    const path = join(folder, "history.jsonl");
    await using file = await openHistoryFile(path);

    file.append(numbered[0]!);

    await until("the line on disk", async () => (await stat(path)).size > 0, { deadlineMs: 10_000, everyMs: 10 });
    expect(await readFile(path, "utf8")).toBe(encodeOp(numbered[0]!));
  });

  it("keeps its order through many chunks", async () => {
    const path = join(folder, "history.jsonl");
    const count = 60_000;
    {
      await using file = await openHistoryFile(path);
      for (let i = 0; i < count; i++) {
        file.append({ index: i, process: processId(i >> 1), type: i % 2 === 0 ? "invoke" : "ok", f: "write", value: `${i >> 1} ünïcode`, timeNs: i });
        if (i % 10_000 === 0) await file.flush();
      }
    }

    const { history } = await readHistoryFile(path);

    expect(history.length).toBe(count);
    expect(history.at(count - 1)).toEqual({ index: count - 1, process: 29_999, type: "ok", f: "write", value: "29999 ünïcode", timeNs: count - 1 });
  });

  it("is never written over", async () => {
    const path = join(folder, "history.jsonl");
    await writeFile(path, "precious");

    await expect(openHistoryFile(path)).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
    expect(await readFile(path, "utf8")).toBe("precious");
  });
});

describe("a damaged history", () => {
  const lines = numbered.map(encodeOp);

  it.each(Array.from({ length: lines[5]!.length - 1 }, (_, cut) => cut).filter((cut) => cut % 7 === 1))("cut after %i characters of its last line keeps all others", async (cut) => {
    const path = join(folder, "history.jsonl");
    await writeFile(path, lines.slice(0, 5).join("") + lines[5]!.slice(0, cut));

    const { history, torn } = await readHistoryFile(path);

    expect([...history]).toEqual(numbered.slice(0, 5));
    expect(torn).toContain("history.jsonl:6: the file ends within a line");
    expect(torn).toContain("5 ops before it are whole");
  });

  it("whose last line only lacks its newline is whole", async () => {
    const path = join(folder, "history.jsonl");
    await writeFile(path, lines.join("").trimEnd());

    expect(await readHistoryFile(path)).toMatchObject({ history: { length: 6 }, torn: undefined });
  });

  it.each([
    ["half a line in the middle", [lines[0]!.slice(0, 20) + "\n", lines[1]!], ":1: is no JSON"],
    ["a line that is no object", ["17\n", lines[1]!], ":1: is no op but 17"],
    ["a missing line", [lines[0]!, lines[2]!], `:2: "index" is 2 where 1 is next`],
    ["a completion without its invocation", [lines[4]!.replace('"index":4', '"index":0')], ":1: process 1 completes read (ok) without an invocation"],
    ["a wrong type", [lines[0]!.replace("invoke", "begin")], `:1: "type" is "begin"`],
    ["several wrong members", [lines[0]!.replace('"process":0', '"process":-3').replace('"timeNs":5', '"timeNs":"now"')], `:1: "process" is -3, neither a number from 0 nor "nemesis"; "timeNs" is "now"`],
  ])("with %s names file and line", async (_, damaged, message) => {
    const path = join(folder, "history.jsonl");
    await writeFile(path, damaged.join(""));

    await expect(readHistoryFile(path)).rejects.toMatchObject({ code: "HISTORY_MALFORMED", message: expect.stringContaining(path + message) as string });
  });

  it("that does not exist is unreadable, not empty", async () => {
    await expect(readHistoryFile(join(folder, "none.jsonl"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });
});

describe("SIGKILL in the middle of a recording", () => {
  it("leaves every flushed line readable and in order", async () => {
    const path = join(folder, "history.jsonl");
    const child: ChildProcess = fork(entryFile(import.meta.url, "./testing/recording-child"), [path]);
    let flushedOps = 0;
    child.on("message", (message) => (flushedOps = Number(message)));
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));

    await until("several flushes", () => flushedOps > 20_000, { deadlineMs: 40_000, everyMs: 5 });
    const before = flushedOps;
    child.kill("SIGKILL");
    await exited;

    const { history } = await readHistoryFile(path);
    expect(history.length).toBeGreaterThanOrEqual(before);
    for (let i = 0; i < history.length; i++) {
      if (history.times[i] !== i) throw new Error(`op ${i} is out of order`);
    }
    // What was read is a history that can be judged: it builds again.
    const builder = new HistoryBuilder();
    for (const op of history) builder.push(op);
    expect(builder.length).toBe(history.length);
  });
});
