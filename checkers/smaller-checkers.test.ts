import { describe, expect, it } from "vitest";
import { unlimited } from "../harness/budget.ts";
import { historyOf } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";
import { stats } from "./stats.ts";
import { errorGroups, unhandledErrors } from "./unhandled-errors.ts";

const mixed = historyOf([
  { process: 0, type: "invoke", f: "write", value: 1 },
  { process: 0, type: "ok", f: "write", value: 1 },
  { process: 0, type: "invoke", f: "cas", value: [1, 2] },
  { process: 0, type: "fail", f: "cas", value: [1, 2], error: "connection 17 refused" },
  { process: NEMESIS, type: "info", f: "isolate", value: "n1", error: "not of a client" },
  { process: 0, type: "invoke", f: "cas", value: [1, 3] },
  { process: 0, type: "info", f: "cas", value: [1, 3], error: "connection 18 refused" },
  { process: 1, type: "invoke", f: "write", value: 4 },
  { process: 2, type: "invoke", f: "write", value: 5 },
  { process: 2, type: "info", f: "write", value: 5, error: { class: "timeout", afterMs: 1000 } },
]);

describe("stats", () => {
  it("counts by function, and does not know what a function does that never ended in ok", async () => {
    expect(await stats.check(mixed, { budget: unlimited() })).toEqual({
      verdict: "unknown",
      checker: "stats",
      reason: "never ended in ok: cas (1 fail, 1 unknown); what they do was not tested",
      details: {
        total: { ok: 1, fail: 1, info: 2, open: 1 },
        byFunction: { cas: { ok: 0, fail: 1, info: 1, open: 0 }, write: { ok: 1, fail: 0, info: 1, open: 1 } },
      },
    });
  });

  it("is valid when every function ended in ok at least once", async () => {
    const verdict = await stats.check(mixed.filter(({ invocation }) => invocation.f === "write"), { budget: unlimited() });

    expect(verdict.verdict).toBe("valid");
  });

  it("does not know anything about an empty history", async () => {
    expect((await stats.check(historyOf([]), { budget: unlimited() })).verdict).toBe("unknown");
  });
});

describe("unhandled errors", () => {
  it("groups by class or by text without numbers, leaves the nemesis out, and is never invalid", async () => {
    expect(errorGroups(mixed)).toEqual([
      { class: "connection # refused", count: 2, fail: 1, info: 1, first: 3, example: "connection 17 refused" },
      { class: "timeout", count: 1, fail: 0, info: 1, first: 9, example: { class: "timeout", afterMs: 1000 } },
    ]);
    expect((await unhandledErrors.check(mixed, { budget: unlimited() })).verdict).toBe("valid");
  });
});
