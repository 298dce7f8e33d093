import { expect, it } from "vitest";
import { historyOf, type OpInput } from "../harness/history.ts";
import type { Json } from "../harness/json.ts";
import type { LedgerLine } from "../harness/ledger/entries.ts";
import { faultTimeline, ineffective } from "./timeline.ts";

/** An op of the nemesis: begun at `from`, ended at `to`. */
function op(f: string, from: number, to: number, value: Json, error?: string): OpInput[] {
  const end = { process: -1, type: "info" as const, f, value, timeNs: to };
  return [{ process: -1, type: "info", f, value: null, timeNs: from }, error === undefined ? end : { ...end, error }];
}
const injected = (id: string, effective: boolean): Json => ({ id, fault: "x", what: `what ${id}`, targets: ["n2"], effective, evidence: `seen ${id}`, unhealthyBefore: [] });
const healed = (id: string, effective: boolean): Json => ({ healed: [{ id, what: id, effective, evidence: `seen ${id} again` }], failed: [], unhealthyAfter: [] });
const reads: OpInput[] = [
  { process: 0, type: "invoke", f: "read", value: null, timeNs: 1 },
  { process: 0, type: "ok", f: "read", value: 1, timeNs: 2 },
];

it("a fault lasts from the begin of its injection to the end of its heal, clients or not", () => {
  const history = historyOf([...reads, ...op("isolate", 10, 12, injected("isolate-1", true)), ...op("heal-isolate", 20, 25, healed("isolate-1", true))]);

  expect(faultTimeline(history)).toEqual([
    { id: "isolate-1", name: "isolate", what: "what isolate-1", targets: ["n2"], fromNs: 10, toNs: 25, effective: true, evidence: ["seen isolate-1", "seen isolate-1 again"] },
  ]);
});

it("a fault that was seen to act only before its heal did act; one that never was, did not", () => {
  const history = historyOf([
    ...op("isolate", 10, 12, injected("isolate-1", false)),
    ...op("pause", 13, 14, injected("pause-1", false)),
    ...op("heal", 20, 25, { healed: [...objects(healed("pause-1", false)), ...objects(healed("isolate-1", true))], failed: [], unhealthyAfter: [], converged: true }),
  ]);

  const spans = faultTimeline(history);

  expect(spans.map((span) => [span.name, span.effective, span.toNs])).toEqual([
    ["isolate", true, 25],
    ["pause", false, 25],
  ]);
  expect(ineffective(spans).map((span) => span.id)).toEqual(["pause-1"]);
});
function objects(value: Json): Json[] {
  return (value as { healed: Json[] }).healed;
}

it("a fault that could not be injected, and one that could not be healed, say why", () => {
  const history = historyOf([
    ...op("kill", 1, 2, null, "there is no n9"),
    ...op("pause", 3, 4, { ...(injected("pause-1", false) as object), takenBack: true }, "no pause today"),
    ...op("isolate", 10, 12, injected("isolate-1", true)),
    ...op("heal-isolate", 20, 25, { healed: [], failed: [{ id: "isolate-1", what: "x", error: "no heal today" }], unhealthyAfter: [] }, "no heal today"),
  ]);

  expect(faultTimeline(history).map(({ name, fromNs, toNs, effective, error }) => ({ name, fromNs, toNs, effective, error }))).toEqual([
    { name: "kill", fromNs: 1, toNs: 2, effective: false, error: "there is no n9" },
    { name: "pause", fromNs: 3, toNs: 4, effective: false, error: "no pause today" },
    { name: "isolate", fromNs: 10, toNs: undefined, effective: true, error: "no heal today" },
  ]);
});

it("the ledger tells of what the history of a killed run does not, and a heal by others has no time in the run", () => {
  const history = historyOf([...op("isolate", 10, 12, injected("isolate-1", true)), { process: -1, type: "info", f: "pause", value: null, timeNs: 30 }]);
  const lines: LedgerLine[] = [
    { event: "owner", pid: 1, startTicks: 1 },
    { event: "intent", id: "node-1", what: "process n1", kind: "resource", undo: [], timeNs: 1 },
    { event: "intent", id: "isolate-1", what: "x", kind: "fault", undo: [], timeNs: 11 },
    { event: "done", id: "isolate-1", evidence: { effective: true, seen: "seen isolate-1" }, timeNs: 12 },
    { event: "intent", id: "pause-1", what: "pause n3", kind: "fault", undo: [], timeNs: 31 },
    { event: "done", id: "pause-1", evidence: { effective: true, seen: "n3 is stopped" }, timeNs: 32 },
    { event: "healed", id: "pause-1", evidence: { effective: true, seen: "SIGCONT sent" }, by: "watchdog", timeNs: -1 },
    { event: "healed", id: "node-1", by: "watchdog", timeNs: -1 },
  ];

  expect(faultTimeline(history, lines)).toEqual([
    { id: "isolate-1", name: "isolate", what: "what isolate-1", targets: ["n2"], fromNs: 10, effective: true, evidence: ["seen isolate-1"] },
    { id: "pause-1", name: "pause", what: "pause n3", targets: [], fromNs: 31, effective: true, evidence: ["n3 is stopped", "SIGCONT sent"] },
  ]);
});

it("a heal after the last op of the nemesis is in the ledger only", () => {
  const history = historyOf(op("isolate", 10, 12, injected("isolate-1", false)));
  const lines: LedgerLine[] = [
    { event: "intent", id: "isolate-1", what: "x", kind: "fault", undo: [], timeNs: 11 },
    { event: "healed", id: "isolate-1", evidence: { effective: true, seen: "9 frames held" }, by: "run", timeNs: 40 },
  ];

  expect(faultTimeline(history, lines)).toMatchObject([{ id: "isolate-1", fromNs: 10, toNs: 40, effective: true, evidence: ["seen isolate-1", "9 frames held"] }]);
});

it("a run without faults has none", () => {
  expect(faultTimeline(historyOf(reads))).toEqual([]);
});
