import { describe, expect, test } from "vitest";
import type { Progress } from "../harness/runner.ts";
import type { Anomaly } from "../harness/verdict.ts";
import { accountsText, anomalyText, type ConsoleStyle, liveLine, styleOf } from "./console.ts";
import { columnsOf } from "./draw/svg.ts";
import { checkJson, compareJson, jsonLine, runJson } from "./json.ts";
import { junitXml } from "./junit.ts";
import { sampleReport } from "./testing/sample.ts";
import { markupFault } from "./testing/well-formed.ts";

const plain: ConsoleStyle = { width: 100, color: false, charset: "unicode" };
const progress: Progress = { phase: "main", timeNs: 1e9, opsPerSecond: 243.4, ok: 1204, fail: 3, info: 12, open: 4, faults: ["isolate n3"], timeLeftMs: 4123 };

function terminal(columns = 80): { text: string; columns: number; write: (text: string) => void } {
  return {
    text: "",
    columns,
    write(text) {
      this.text += text;
    },
  };
}

describe("the live line", () => {
  test("on a terminal it is one line, overwritten, never wider than the terminal, and gone at the end", () => {
    const stream = terminal(40);
    const line = liveLine({ stream, isTTY: true, style: plain });

    line.update(progress);
    line.update({ ...progress, faults: ["isolate n3 from everybody else in the cluster"] });
    line.done();
    line.done();

    expect(stream.text).not.toContain("\n");
    for (const shown of stream.text.split("\r\u001b[K")) expect(columnsOf(shown)).toBeLessThan(40);
    expect(stream.text.endsWith("\r\u001b[K")).toBe(true);
  });

  test("elsewhere it is plain lines: at once, at each change of phase, and else not before its time", () => {
    const stream = terminal();
    const line = liveLine({ stream, isTTY: false, plainEveryMs: 1e9, name: "abd" });

    line.update(progress);
    line.update(progress);
    line.log("n1: healthy");
    line.update({ ...progress, phase: "final", faults: [] });
    line.done();

    expect(stream.text).toBe("abd  4.1 s left  243 ops/s  ok 1,204  fail 3  info 12  fault: isolate n3\nn1: healthy\nabd  final  243 ops/s  ok 1,204  fail 3  info 12  no fault\n");
  });

  test("colour is for terminals that want it", () => {
    expect(styleOf({ write: () => true, isTTY: true }, { TERM: "xterm" }).color).toBe(true);
    expect(styleOf({ write: () => true, isTTY: true }, { TERM: "xterm", NO_COLOR: "1" }).color).toBe(false);
    expect(styleOf({ write: () => true, isTTY: true }, { TERM: "dumb" })).toMatchObject({ color: false, charset: "ascii" });
    expect(styleOf({ write: () => true }, {}).color).toBe(false);
    expect(styleOf({ write: () => true, isTTY: true, columns: 300 }, {}).width).toBe(100);
    expect(styleOf({ write: () => true, isTTY: true, columns: 0 }, {}).width).toBe(100);
  });
});

describe("the table of accounts", () => {
  test.each([100, 80, 60, 40])("is at most %d columns wide, in both charsets, and loses no verdict", (width) => {
    for (const charset of ["unicode", "ascii"] as const) {
      const text = accountsText(sampleReport().accounts, { width, color: false, charset });
      for (const line of text.split("\n")) expect(columnsOf(line), line).toBeLessThanOrEqual(width);
      expect([...text.matchAll(/[✓+] valid/g)]).toHaveLength(4);
      expect([...text.matchAll(/[✗X] invalid/g)]).toHaveLength(3);
      if (charset === "ascii") expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    }
  });

  test("two systems stand side by side; a witness that was not asked says so; common bounds are said once", () => {
    const text = accountsText(sampleReport().accounts, plain);

    expect(text).toMatch(/^ {11}abd {2,}abd-fast-read$/m);
    expect(text).toMatch(/^deployed {3}✓ valid {2,}✗ invalid$/m);
    expect(text).toMatch(/^compared {3}✓ valid {2,}not asked$/m);
    expect([...text.matchAll(/within these bounds: 3 servers; 2 clients: write 1; read; FIFO links/g)]).toHaveLength(1);
  });

  test("a verdict that was not expected says so", () => {
    expect(accountsText([{ witness: "explore", system: "abd", verdict: "invalid", expected: "valid", summary: "", figures: [] }], plain)).toContain("✗ invalid (expected valid)");
  });
});

test("an anomaly is its sentence, then its picture; colour only marks what has a sign", () => {
  const anomaly = sampleReport().accounts[1]!.anomalies![0]!;

  expect(anomalyText(anomaly, plain)).toMatch(/^✗ nonlinearizable\n {2}read → 12 by process 4[\s\S]*╠═ ✗ read → 12 ═╣/);
  expect(anomalyText(anomaly, { ...plain, color: true }).replace(/\u001b\[\d+m/g, "")).toBe(anomalyText(anomaly, plain));
});

describe("JSON", () => {
  test("a run is one line of the promised shape, without pictures", () => {
    const line = jsonLine(runJson("runs/abd/1", sampleReport().runs[1]!));

    expect(line.indexOf("\n")).toBe(line.length - 1);
    const value = JSON.parse(line);
    expect(Object.keys(value)).toEqual(["run", "verdict", "checkers", "counts", "faults", "seed", "rerun"]);
    expect(value).toMatchObject({ run: "runs/abd/1", verdict: "invalid", seed: "42", checkers: { linearizable: { verdict: "invalid", anomalies: [{ name: "nonlinearizable" }] } } });
    expect(line).not.toContain("diagrams");
  });

  test("a checked file is of the promised shape; an unknown one has its reason", () => {
    expect(checkJson("h.jsonl", { checker: "search", verdict: "unknown", reason: "60 s" }, { operations: 9, cpuMs: 1.6 })).toEqual({ file: "h.jsonl", verdict: "unknown", operations: 9, checker: "search", anomalies: [], cpuMs: 2, reason: "60 s" });
    expect(checkJson("h.jsonl", { checker: "search", verdict: "valid" }, { operations: 9, cpuMs: 1 })).not.toHaveProperty("reason");
  });

  test("a comparison tells inclusion and coverage per source", () => {
    expect(compareJson(sampleReport().comparisons[0]!)).toMatchObject({ system: "abd", verdict: "valid", inclusion: { included: 400, outside: 0 }, coverage: [{ source: "deployed", seen: 9, total: 184 }, { source: "simulated", seen: 71 }] });
  });
});

describe("JUnit", () => {
  const [good, bad] = sampleReport().runs;
  const unknown = { ...good!, verdict: { ...good!.verdict, verdict: "unknown" as const, checkers: { linearizable: { checker: "search", verdict: "unknown" as const, reason: "10 s < 60 s & out" } } } };
  const vacuous = { ...good!, verdict: { ...good!.verdict, verdict: "vacuous" as const, reasons: ["no read after the last heal"] } };

  test("valid passes, invalid fails with its sentence, what is undecided is skipped with its reason, the world's failure is an error", () => {
    const xml = junitXml([good!, bad!, unknown, vacuous], { infrastructure: [{ scenario: "etcd", error: "no engine" }] });

    expect(markupFault(xml)).toBeUndefined();
    expect(xml).toContain('<testsuites name="rashomon" tests="9" failures="1" errors="1" skipped="2">');
    expect(xml).toContain('<failure message="nonlinearizable: read → 12 by process 4');
    expect(xml).toContain('<skipped message="10 s &lt; 60 s &amp; out"/>');
    expect(xml).toContain('name="evidence" time="0">\n      <skipped message="no read after the last heal"/>');
    expect(xml).toContain('<error message="no engine" type="crashed">');
  });

  test("a night without a verdict need not look green", () => {
    expect(junitXml([unknown, vacuous], { undecided: "error" })).toContain('tests="4" failures="0" errors="2" skipped="0"');
  });
});

test("the reasons of a cycle stand in its explanation, and are not said again in the picture below it", () => {
  const anomaly: Anomaly = {
    name: "G2-item",
    operations: [0, 1],
    explanation: "T1 < T2 < T1\nT1 < T2: T1 did not see 1",
    diagrams: [{ kind: "cycle-graph", title: "G2-item", nodes: [{ id: "T1", label: "" }, { id: "T2", label: "" }], edges: [{ from: "T1", to: "T2", label: "rw", note: "T1 did not see 1" }, { from: "T2", to: "T1", label: "wr", note: "only here" }] }],
  };

  const text = anomalyText(anomaly, { width: 100, color: false, charset: "unicode" });

  expect(text.match(/T1 did not see 1/g)).toHaveLength(1);
  expect(text).toContain("wr back to T1: only here");
});
