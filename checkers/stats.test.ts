import { expect, it } from "vitest";
import { unlimited } from "../harness/budget.ts";
import { historyOf } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";
import { stats } from "./stats.ts";
import { unhandledErrors } from "./unhandled-errors.ts";

const history = historyOf([
  { process: 0, type: "invoke", f: "read", value: null },
  { process: 1, type: "invoke", f: "write", value: 1 },
  { process: NEMESIS, type: "info", f: "isolate", value: null },
  { process: NEMESIS, type: "info", f: "isolate", value: null, error: "no such node" },
  { process: 0, type: "ok", f: "read", value: null },
  { process: 1, type: "info", f: "write", value: 1, error: { class: "thrown", code: "ECONNRESET", message: "socket hang up" } },
  { process: 2, type: "invoke", f: "write", value: 2 },
  { process: 3, type: "invoke", f: "write", value: 3 },
  { process: 2, type: "fail", f: "write", value: 2, error: ["deadline", "no answer"] },
  { process: 4, type: "invoke", f: "write", value: 4 },
  { process: 4, type: "fail", f: "write", value: 4, error: ["deadline", "no answer"] },
]);

it("stats counts every outcome, the open ones too, and leaves the nemesis out", async () => {
  const verdict = await stats.check(history, { budget: unlimited() });

  expect(verdict.details).toEqual({ functions: { read: { operations: 1, ok: 1, fail: 0, info: 0, open: 0 }, write: { operations: 4, ok: 0, fail: 2, info: 1, open: 1 } } });
});

it("stats is unknown when a function never succeeded, and valid when each did", async () => {
  expect(await stats.check(history, { budget: unlimited() })).toMatchObject({ verdict: "unknown", reason: "none of 4 write operations ended in ok" });
  expect(await stats.check(history.filter(({ invocation }) => invocation.f === "read"), { budget: unlimited() })).toMatchObject({ verdict: "valid" });
});

it("unhandled errors are grouped by class, those that no client knows first", async () => {
  const verdict = await unhandledErrors.check(history, { budget: unlimited() });

  expect(verdict).toEqual({
    verdict: "valid",
    checker: "unhandled-errors",
    details: {
      unhandled: 1,
      classes: [
        { class: "thrown/ECONNRESET", type: "info", count: 1, example: 5, message: "socket hang up", unhandled: true },
        { class: "deadline", type: "fail", count: 2, example: 8, message: "no answer", unhandled: false },
      ],
    },
  });
});
