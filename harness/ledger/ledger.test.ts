import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEntries } from "./entries.ts";
import { openLedger, readLedger } from "./file-ledger.ts";
import { openRuns, openRunsFolder } from "./open-runs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-ledger-"));
});
afterEach(() => {
  for (const run of openRuns()) if (run.ledger.startsWith(folder)) rmSync(run.entry);
  rmSync(folder, { recursive: true, force: true });
});

describe("a ledger", () => {
  it("has each line on disk when the call returns, and knows what is open", () => {
    using ledger = openLedger(folder, { clock: () => 7 });
    const id = ledger.freshId("pause-n3");
    ledger.intend({ id, what: "pause n3", kind: "fault", undo: [{ undo: "argv", argv: ["true"] }] });
    const afterIntent = readLedger(folder).lines.map((line) => line.event);
    ledger.done(id, { effective: true, seen: "n3 is stopped" });

    expect(afterIntent).toEqual(["owner", "intent"]);
    expect(ledger.open().map((entry) => entry.id)).toEqual(["pause-n3-1"]);

    ledger.healed(id, { effective: true, seen: "n3 runs" });

    expect(openEntries(readLedger(folder).lines)).toEqual([]);
    expect(readLedger(folder).lines.slice(1)).toEqual([
      { event: "intent", id, what: "pause n3", kind: "fault", undo: [{ undo: "argv", argv: ["true"] }], timeNs: 7 },
      { event: "done", id, evidence: { effective: true, seen: "n3 is stopped" }, timeNs: 7 },
      { event: "healed", id, evidence: { effective: true, seen: "n3 runs" }, by: "run", timeNs: 7 },
    ]);
  });

  it("never gives an id twice, not even when it is opened again", () => {
    const first = openLedger(folder);
    for (const id of [first.freshId("cut"), first.freshId("cut")]) first.intend({ id, what: id, kind: "fault", undo: [] });
    first.end();

    using second = openLedger(folder);

    expect(second.freshId("cut")).toBe("cut-3");
    expect(second.freshId("pause")).toBe("pause-1");
    expect(() => second.intend({ id: "cut-1", what: "again", kind: "fault", undo: [] })).toThrow("used once");
  });

  it.each([
    ["half an intent", '{"event":"intent","id":"b","wh'],
    ["half an intent cut in a character", Buffer.from('{"event":"intent","id":"b","what":"é').subarray(0, -1)],
    ["a lone brace", "{"],
    ["a line of another file", '{"index":0,"process":1}'],
    ["an intent without its undo", '{"event":"intent","id":"b","what":"x","kind":"fault","timeNs":1}'],
  ])("is read up to a torn last line: %s", (_, torn) => {
    const ledger = openLedger(folder);
    ledger.intend({ id: "a", what: "a", kind: "fault", undo: [] });
    ledger.end();
    appendFileSync(ledger.path, torn);

    const content = readLedger(folder);

    expect(openEntries(content.lines).map((entry) => entry.id)).toEqual(["a"]);
    expect(content.damagedLines).toEqual([3]);
  });

  it("goes on after a torn line without damaging a line of its own, and loses no byte", () => {
    openLedger(folder).end();
    appendFileSync(join(folder, "faults.jsonl"), '{"event":"intent","id":"b","wh');
    using ledger = openLedger(folder);
    ledger.intend({ id: "c", what: "c", kind: "fault", undo: [] });

    expect(openEntries(readLedger(folder).lines).map((entry) => entry.id)).toEqual(["c"]);
    expect(readFileSync(ledger.path, "utf8")).toContain('"b","wh\n');
  });

  it("is an error with its path when it is absent", () => {
    expect(() => readLedger(join(folder, "none"))).toThrow(join(folder, "none", "faults.jsonl"));
  });
});

describe("the list of open runs", () => {
  it("holds a ledger while it is open, and afterwards only when something was left open", () => {
    const clean = openLedger(join(folder, "clean"));
    const dirty = openLedger(join(folder, "dirty"));
    dirty.intend({ id: "a", what: "a", kind: "fault", undo: [] });
    const listed = (): string[] => openRuns().flatMap((run) => (run.ledger.startsWith(folder) ? [run.ledger] : []));
    expect(listed()).toEqual([clean.path, dirty.path]);

    clean.end();
    dirty.end();

    expect(listed()).toEqual([dirty.path]);
  });

  it("loses a ledger that ended early when the last heal is heard of after its end", () => {
    const ledger = openLedger(folder);
    ledger.intend({ id: "a", what: "a", kind: "resource", undo: [] });
    ledger.end();
    expect(openRuns().some((run) => run.ledger === ledger.path)).toBe(true);

    ledger.healed("a");

    expect(openRuns().some((run) => run.ledger === ledger.path)).toBe(false);
    expect(openEntries(readLedger(folder).lines)).toEqual([]);
    expect(() => ledger.intend({ id: "b", what: "b", kind: "fault", undo: [] })).toThrow("open while it is written to");
  });

  it("forgets a run whose ledger was deleted and whose owner is gone", () => {
    const deleted = openLedger(join(folder, "deleted"), { owner: { pid: 1, startTicks: -1 } });
    deleted.intend({ id: "a", what: "a", kind: "fault", undo: [] });
    deleted.end();
    rmSync(join(folder, "deleted"), { recursive: true });

    openLedger(folder).end();

    expect(openRuns().filter((run) => run.ledger === deleted.path)).toEqual([]);
  });

  it("is not believed when others may write to it", () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = folder;
    try {
      const ledger = openLedger(join(folder, "run"));
      ledger.intend({ id: "a", what: "a", kind: "fault", undo: [] });
      ledger.end();
      expect(openRuns()).toHaveLength(1);

      chmodSync(openRunsFolder(), 0o777);

      expect(openRuns()).toEqual([]);
      expect(() => openLedger(join(folder, "run"))).toThrow("of this user alone");
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  it("leaves out entries that cannot be read", () => {
    using ledger = openLedger(folder);
    const entry = openRuns().find((run) => run.ledger === ledger.path)!.entry;
    writeFileSync(`${entry}-broken.json`, "{");

    expect(openRuns().filter((run) => run.ledger === ledger.path)).toHaveLength(1);
    rmSync(`${entry}-broken.json`);
  });
});
