import { describe, expect, test } from "vitest";
import { historyOf } from "../harness/history.ts";
import { quantile, statisticsOf, trialsSentence, wilson } from "./statistics.ts";
import { duration, firstLine, percent } from "./words.ts";

const ms = 1e6;

describe("statistics of a run", () => {
  // process 0  |-- write 1 --|                 |-- read 1 --|
  // process 1        |--- read 1 ---|  |-- write 2 --- (info)
  // cut                    |=========|
  const history = historyOf([
    { process: 0, type: "invoke", f: "write", value: 1, timeNs: 0 },
    { process: 1, type: "invoke", f: "read", value: null, timeNs: 5 * ms },
    { process: -1, type: "info", f: "cut", value: null, timeNs: 8 * ms },
    { process: 0, type: "ok", f: "write", value: 1, timeNs: 10 * ms },
    { process: 1, type: "ok", f: "read", value: 1, timeNs: 20 * ms },
    { process: -1, type: "info", f: "cut", value: null, timeNs: 21 * ms },
    { process: 1, type: "invoke", f: "write", value: 2, timeNs: 22 * ms },
    { process: 0, type: "invoke", f: "read", value: null, timeNs: 25 * ms },
    { process: 1, type: "info", f: "write", value: 2, timeNs: 30 * ms },
    { process: 0, type: "ok", f: "read", value: 1, timeNs: 40 * ms },
    { process: 2, type: "invoke", f: "read", value: null, timeNs: 41 * ms },
  ]);
  const faults = [{ id: "cut-1", what: "cut", intendedNs: 8 * ms, doneNs: 9 * ms, healedNs: 21 * ms }];

  test("counts by function and type, the evidence under faults and after the last of them", () => {
    const statistics = statisticsOf(history, faults);

    expect(statistics).toEqual({
      operations: 5,
      durationNs: 41 * ms,
      byFunction: [
        { f: "read", ok: 2, fail: 0, info: 0, open: 1 },
        { f: "write", ok: 1, fail: 0, info: 1, open: 0 },
      ],
      concurrencyMax: 2,
      duringFaults: 2,
      okAfterLastHeal: { read: 1 },
      latencyNs: { median: 15 * ms, p95: 15 * ms, p99: 15 * ms, max: 15 * ms },
    });
  });

  test("a fault that was never healed lasts to the end, so nothing is after it", () => {
    const statistics = statisticsOf(history, [{ id: "cut-1", what: "cut", intendedNs: 8 * ms, doneNs: 9 * ms }]);

    expect(statistics.duringFaults).toBe(4);
    expect(statistics.okAfterLastHeal).toEqual({});
  });

  test("a history without times or operations has no latency and is not refused", () => {
    expect(statisticsOf(historyOf([])).operations).toBe(0);
    expect(statisticsOf(historyOf([{ process: 0, type: "invoke", f: "read", value: null }, { process: 0, type: "ok", f: "read", value: 1 }])).latencyNs).toBeUndefined();
  });
});

describe("what runs prove", () => {
  test("rule of three where nothing was found, Wilson's interval where something was", () => {
    expect(trialsSentence({ runs: 3000, anomalous: 0 })).toMatch(/^3,000 runs, 0 anomalies: .* fewer than 0\.1 % .*does not prove/);
    expect(trialsSentence({ runs: 5, anomalous: 0 })).toContain("too few");
    expect(trialsSentence({ runs: 100, anomalous: 10 })).toBe("100 runs, 10 with an anomaly: 10 % of such runs (95 % interval 5.5 % to 17.4 %)");
    expect(trialsSentence({ runs: 0, anomalous: 0 })).toBe("no runs were made");
    expect(wilson(0, 10).low).toBe(0);
    expect(wilson(10, 10).high).toBe(1);
  });
});

describe("figures in words", () => {
  test.each([[0, "0 %"], [0.000001, "< 0.01 %"], [0.0031, "0.31 %"], [0.1234, "12.3 %"], [0.99999, "99.99 %"], [1, "100 %"]])("share %d is %s", (share, text) => {
    expect(percent(share)).toBe(text);
  });
  test.each([[999, "999 ns"], [1500, "1.5 µs"], [12 * ms, "12 ms"], [3.2e9, "3.2 s"], [125e9, "2 min 5 s"], [7260e9, "2 h 1 min"]])("%d ns is %s", (ns, text) => {
    expect(duration(ns)).toBe(text);
  });
  test("the first line of a long explanation", () => {
    expect(firstLine("one\n  two")).toBe("one");
    expect(firstLine("abcdef", 4)).toBe("abc…");
  });
  test("quantiles are elements of the list", () => {
    expect([0, 0.5, 0.95, 1].map((share) => quantile([1, 2, 3, 4], share))).toEqual([1, 2, 4, 4]);
  });
});
