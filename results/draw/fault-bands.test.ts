import { describe, expect, test } from "vitest";
import type { ProcessLinesDiagram } from "../../harness/diagram.ts";
import { historyOf } from "../../harness/history.ts";
import { whenSentence, withFaultBands } from "./fault-bands.ts";

// process 0  |-- write 1 --|
// process 1                    |-- read null --|
// cut                   [============]
const history = historyOf([
  { process: 0, type: "invoke", f: "write", value: 1, timeNs: 10e6 },
  { process: 0, type: "ok", f: "write", value: 1, timeNs: 20e6 },
  { process: 1, type: "invoke", f: "read", value: null, timeNs: 30e6 },
  { process: 1, type: "ok", f: "read", value: null, timeNs: 40e6 },
]);
const diagram: ProcessLinesDiagram = {
  kind: "process-lines",
  title: "stale",
  lanes: [
    { label: "process 0", bars: [{ start: 0, end: 1, label: "write 1", mark: "linearized", operation: 0 }] },
    { label: "process 1", bars: [{ start: 2, end: 3, label: "read → null", mark: "impossible", operation: 2 }] },
  ],
};
const cut = (fromNs: number, toNs?: number): Parameters<typeof withFaultBands>[2][number] => ({ id: "cut-1", what: "cut n1", intendedNs: fromNs, doneNs: fromNs, ...(toNs !== undefined && { healedNs: toNs }) });

describe("faults behind an anomaly", () => {
  test.each<[string, number, number | undefined, number, number]>([
    ["between two events", 15e6, 35e6, 0.5, 2.5],
    ["around everything", 0, 90e6, -0.5, 3.5],
    ["never healed", 25e6, undefined, 1.5, 3.5],
  ])("a fault %s lies at its place among the ranks", (_name, fromNs, toNs, start, end) => {
    expect(withFaultBands(diagram, history, [cut(fromNs, toNs)]).bands).toEqual([{ label: "cut n1", start, end }]);
  });

  test("a fault at another time is not drawn, and a diagram with bands of its own keeps them", () => {
    expect(withFaultBands(diagram, history, [cut(50e6, 60e6)])).toBe(diagram);
    expect(withFaultBands(diagram, history, [])).toBe(diagram);
    const own = { ...diagram, bands: [{ label: "own", start: 0, end: 1 }] };
    expect(withFaultBands(own, history, [cut(0)])).toBe(own);
  });

  test("in words: when it came about, and what was on", () => {
    const anomaly = { name: "nonlinearizable", operations: [0, 3], explanation: "" };

    expect(whenSentence(anomaly, history, [cut(15e6, 35e6)])).toBe("It took from 10 ms to 40 ms, while cut n1 (15 ms to 35 ms) was on.");
    expect(whenSentence(anomaly, history, [cut(50e6, 60e6)])).toBe("It took from 10 ms to 40 ms, while no fault was on.");
    expect(whenSentence({ ...anomaly, operations: [99] }, history, [])).toBeUndefined();
  });
});
