import { describe, expect, test } from "vitest";
import { HistoryBuilder } from "../harness/history.ts";
import { NEMESIS, processId } from "../harness/ids.ts";
import type { Json } from "../harness/json.ts";
import { finalPhaseOf, finalPhaseText } from "./final-phase.ts";

const cluster = { nodes: ["n1", "n2"], concurrency: 4, reads: ["read"] };

/** A history of nemesis entries and of reads by process number, one millisecond apart. */
function history(...entries: readonly ({ readonly nemesis: string; readonly error?: Json } | { readonly reads: number; readonly answered: "ok" | "fail" })[]) {
  const builder = new HistoryBuilder();
  let timeNs = 0;
  for (const entry of entries) {
    if ("nemesis" in entry) builder.push({ type: "info", process: NEMESIS, f: entry.nemesis, value: null, timeNs: (timeNs += 1e6), ...(entry.error === undefined ? {} : { error: entry.error }) });
    else for (const type of ["invoke", entry.answered] as const) builder.push({ type, process: processId(entry.reads), f: "read", value: null, timeNs: (timeNs += 1e6) });
  }
  return builder.build();
}

describe("The final phase", () => {
  test("lasts from the heal until all agree, and counts the nodes that are read then", () => {
    const phase = finalPhaseOf(history({ reads: 1, answered: "ok" }, { nemesis: "recover" }, { nemesis: "recover" }, { reads: 4, answered: "ok" }, { reads: 5, answered: "ok" }), cluster);

    expect(phase).toEqual({ converged: true, durationNs: 1e6, nodesRead: ["n1", "n2"], nodesUnread: [] });
    expect(finalPhaseText(phase!)).toBe("all nodes agreed 0.0 s after the last heal; every node was read then");
  });

  test("names a node of which no read was answered", () => {
    const phase = finalPhaseOf(history({ nemesis: "recover" }, { nemesis: "recover" }, { reads: 0, answered: "ok" }, { reads: 3, answered: "fail" }), cluster);

    expect(finalPhaseText(phase!)).toMatch(/no final read of n2 was answered/);
  });

  test("says so when the nodes never agreed", () => {
    const phase = finalPhaseOf(history({ nemesis: "recover" }, { nemesis: "recover", error: ["nemesis", "n2 lags behind"] }), cluster);

    expect(phase).toMatchObject({ converged: false, why: "n2 lags behind" });
    expect(finalPhaseText(phase!)).toMatch(/never agreed.*may be late, not lost/);
  });

  test("is none where nothing had to be healed", () => {
    expect(finalPhaseOf(history({ reads: 0, answered: "ok" }), cluster)).toBeUndefined();
  });
});
