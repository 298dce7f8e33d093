import { describe, expect, it } from "vitest";
import { type History, historyOf, type OpInput } from "../harness/history.ts";
import { type EvidenceGates, judgeEvidence, type JudgedFault } from "./evidence.ts";

/** `count` operations of `f`, each 1 ns long, from `fromNs` on, ending in `type`. */
function some(count: number, of: { f: string; type: "ok" | "fail" | "info"; fromNs: number; process: number }): OpInput[] {
  return Array.from({ length: count }, (_, i) => {
    const process = of.type === "info" ? of.process + i : of.process;
    return [
      { process, type: "invoke" as const, f: of.f, value: null, timeNs: of.fromNs + 2 * i },
      { process, type: of.type, f: of.f, value: null, timeNs: of.fromNs + 2 * i + 1 },
    ];
  }).flat();
}
const writes = some(10, { f: "write", type: "ok", fromNs: 0, process: 0 });
const lateReads = some(3, { f: "read", type: "ok", fromNs: 1000, process: 1 });
const fault: JudgedFault = { what: "isolate n1", fromNs: 500, toNs: 900, effective: true };

const cases: readonly [title: string, history: History, faults: readonly JudgedFault[], gates: EvidenceGates, reasons: readonly string[]][] = [
  ["enough ok operations, and reads after the last fault, prove something", historyOf([...writes, ...lateReads]), [fault], {}, []],
  ["no faults asked for and none injected is fine", historyOf([...writes, ...lateReads]), [], {}, []],
  ["nothing at all proves nothing", historyOf([]), [], {}, ["only 0 of 0 operations ended in ok (at least 10 are needed)", "no read ended in ok, so nothing was observed"]],
  ["writes alone observe nothing", historyOf(writes), [], {}, ["no read ended in ok, so nothing was observed"]],
  [
    "failed and unknown reads observe nothing",
    historyOf([...writes, ...some(5, { f: "read", type: "fail", fromNs: 1000, process: 1 }), ...some(5, { f: "read", type: "info", fromNs: 2000, process: 2 })]),
    [fault],
    {},
    ["no read ended in ok, so nothing was observed"],
  ],
  [
    "reads before the heal do not count as reads after it",
    historyOf([...writes, ...some(3, { f: "read", type: "ok", fromNs: 600, process: 1 })]),
    [fault],
    {},
    ["only 0 reads ended in ok after the last fault was healed (at least 1 are needed)"],
  ],
  [
    "a read that began before the heal does not count, though it ended after",
    historyOf([...writes, { process: 1, type: "invoke", f: "read", value: null, timeNs: 899 }, { process: 1, type: "ok", f: "read", value: null, timeNs: 901 }]),
    [fault],
    {},
    ["only 0 reads ended in ok after the last fault was healed (at least 1 are needed)"],
  ],
  ["a fault without effect makes the run vacuous", historyOf([...writes, ...lateReads]), [fault, { ...fault, what: "pause n2", effective: false }], {}, ['the fault "pause n2" had no effect that was seen']],
  [
    "a fault that was never healed leaves no time after it",
    historyOf([...writes, ...lateReads]),
    [{ what: "kill n1", fromNs: 5, effective: true }],
    {},
    ["only 0 reads ended in ok after the last fault was healed (at least 1 are needed)", 'the fault "kill n1" was not healed'],
  ],
  ["faults that were asked for must come", historyOf([...writes, ...lateReads]), [], { faultsExpected: true }, ["no fault was injected, though faults were asked for"]],
  ["the workload says what a read is", historyOf([...writes, ...some(3, { f: "get", type: "ok", fromNs: 1000, process: 1 })]), [fault], { reads: ["poll"] }, ["no read ended in ok, so nothing was observed"]],
];

describe("judgeEvidence", () => {
  it.each(cases)("%s", (_, history, faults, gates, reasons) => {
    expect(judgeEvidence(history, faults, gates)).toEqual({ vacuous: reasons.length > 0, reasons });
  });
});
