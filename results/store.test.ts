import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HarnessError } from "../harness/errors.ts";
import { createRunFolder, openRunFolder, readReportData, readRunFolder, runFiles, worstRunVerdict, writeReportData, type RunRecord, type VerdictRecord } from "./store.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rashomon-store-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const record: RunRecord = {
  schema: 1, scenario: "abd/register", seed: "7", rerun: "rashomon run abd --seed 7", startedAt: "2026-11-21T23:00:00Z",
  system: "abd", cluster: "local", workload: "register", nemesis: ["isolate"], versions: { rashomon: "0.1.0" }, images: {}, commit: null,
  machine: { platform: "linux", cpu: "x", cpus: 2, memoryBytes: 1 }, settings: { rate: 200 },
};
const verdict: VerdictRecord = { schema: 1, verdict: "valid", checkers: { linear: { checker: "linear", verdict: "valid" } }, counts: { ok: 3, fail: 0, info: 1 }, faults: [], reasons: [] };

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof HarnessError ? `${error.code}: ${error.message} / ${error.nextStep}` : String(error);
  }
  return "nothing was thrown";
}

describe("the run folder", () => {
  test("what is written is read back, and a run without history or faults says so", () => {
    const folder = createRunFolder({ root, scenario: "abd/register", seed: "7" });

    folder.writeRun(record);
    folder.writeVerdict(verdict);

    const stored = readRunFolder(folder.path);
    expect(stored.run).toEqual(record);
    expect(stored.verdict).toEqual(verdict);
    expect(stored.notes).toEqual(["history.jsonl is missing: nothing can be judged again"]);
  });

  test("latest links, of the scenario and of all, follow the last run; two runs of one second stay apart", () => {
    const first = createRunFolder({ root, scenario: "abd/register", seed: "7" });
    const second = createRunFolder({ root, scenario: "abd/register", seed: "7" });
    const third = createRunFolder({ root, scenario: "other", seed: "7" });

    expect(new Set([first.path, second.path, third.path]).size).toBe(3);
    expect(realpathSync(join(root, "abd-register", "latest"))).toBe(realpathSync(second.path));
    expect(realpathSync(join(root, "latest"))).toBe(realpathSync(third.path));
    expect(readlinkSync(join(root, "latest")).startsWith("/")).toBe(false);
    expect(readdirSync(root).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("a run is found through its link and through one of its files", () => {
    const folder = createRunFolder({ root, scenario: "s", seed: "1" });
    folder.writeRun(record);

    expect(readRunFolder(join(root, "latest")).run).toEqual(record);
    expect(readRunFolder(folder.paths.run).run).toEqual(record);
  });

  test.each(["../../x", "..", "", "latest", "a b/c"])("scenario %j cannot leave the root or take the link's place", (scenario) => {
    const folder = createRunFolder({ root, scenario, seed: "../1" });

    expect(folder.path.startsWith(root)).toBe(true);
    expect(folder.path.slice(root.length + 1).split("/")).toHaveLength(2);
    expect(folder.path).not.toContain("..");
  });

  test("the raw files are listed with size and hash, logs below their node", () => {
    const folder = createRunFolder({ root, scenario: "s", seed: "1" });
    writeFileSync(folder.paths.history, "abc");
    mkdirSync(join(folder.paths.logs, "n1"));
    writeFileSync(join(folder.paths.logs, "n1", "out.log"), "");

    expect(runFiles(folder.path).map(({ path, sizeBytes, sha256 }) => [path, sizeBytes, sha256.slice(0, 8)])).toEqual([
      ["history.jsonl", 3, "ba7816bf"],
      ["logs/n1/out.log", 0, "e3b0c442"],
    ]);
  });

  test("a report's data is read back with absolute run folders", () => {
    const run = createRunFolder({ root, scenario: "s", seed: "1" });
    const demo = createRunFolder({ root, scenario: "demo", seed: "1" });

    writeReportData(demo, { title: "t", rerun: "r", seed: "1", createdAt: "", harnessVersion: "0", accounts: [], runs: [], comparisons: [] }, [run.path]);

    expect(readReportData(demo.path)?.runFolders).toEqual([run.path]);
    expect(readReportData(run.path)).toBeUndefined();
  });

  test("the worst verdict of several: a real failure never hides behind too little evidence", () => {
    expect(worstRunVerdict([])).toBe("valid");
    expect(worstRunVerdict(["valid", "unknown"])).toBe("unknown");
    expect(worstRunVerdict(["unknown", "vacuous"])).toBe("vacuous");
    expect(worstRunVerdict(["vacuous", "invalid", "valid"])).toBe("invalid");
  });
});

describe("unreadable runs", () => {
  test("a folder that does not exist, one without a run, and one above runs each say the next step", () => {
    const folder = createRunFolder({ root, scenario: "s", seed: "1" });
    folder.writeRun(record);

    expect(codeOf(() => readRunFolder(join(root, "nothing")))).toContain("RUN_UNREADABLE");
    expect(codeOf(() => readRunFolder(root))).toMatch(/holds no run.*give the folder|holds no run.*name one of its runs/);
    expect(codeOf(() => readRunFolder(join(root, "s")))).toMatch(/RUN_UNREADABLE: .* holds no run.*name one of its runs, such as/);
  });

  test.each([
    ["run.json", "{"],
    ["run.json", "[]"],
    ["run.json", '{"scenario":1}'],
    ["verdict.json", '{"verdict":"maybe"}'],
    ["verdict.json", '{"verdict":"valid","checkers":3}'],
  ])("%s with %j is refused by its name, and the file stays", (name, text) => {
    const folder = openRunFolder(root);
    writeFileSync(join(folder.path, name), text);

    expect(codeOf(() => readRunFolder(root))).toMatch(new RegExp(`^RUN_UNREADABLE: .*${name} cannot be used`));
    expect(readFileSync(join(folder.path, name), "utf8")).toBe(text);
  });
});

describe("the ledger", () => {
  test("a killed run's ledger: half a line is left out, an unhealed fault is said, resources are no faults", () => {
    const folder = createRunFolder({ root, scenario: "s", seed: "1" });
    const line = (entry: object): void => appendFileSync(folder.paths.faults, JSON.stringify(entry) + "\n");
    line({ event: "owner", pid: 1, startTicks: 1 });
    line({ id: "p-1", event: "intent", what: "server n1", kind: "resource", undo: [], timeNs: 1 });
    line({ id: "cut-1", event: "intent", what: "cut n1", kind: "fault", undo: [], timeNs: 10 });
    line({ id: "cut-1", event: "done", evidence: { effective: true, seen: "3 connects refused" }, timeNs: 20 });
    line({ id: "cut-1", event: "healed", timeNs: 30 });
    line({ id: "kill-1", event: "intent", what: "kill n2", kind: "fault", undo: [], timeNs: 40 });
    appendFileSync(folder.paths.faults, '{"id":"kill-1","event":"do');

    const stored = readRunFolder(folder.path);

    expect(stored.faults).toEqual([
      { id: "cut-1", what: "cut n1", intendedNs: 10, doneNs: 20, healedNs: 30, healedBy: "run", evidence: { effective: true, seen: "3 connects refused" } },
      { id: "kill-1", what: "kill n2", intendedNs: 40 },
    ]);
    expect(stored.notes.filter((note) => /faults.jsonl:7|kill n2 was not healed/.test(note))).toHaveLength(2);
  });
});
