/**
 * An object of your own, judged: what a user writes in a test of a project of theirs (with "rashomon" and
 * "rashomon/vitest" in place of the relative paths).
 */
import { expect, test } from "vitest";
import { historyOf, type SequentialSpec } from "../entries/index.ts";
import { toBeLinearizable } from "../entries/vitest.ts";

/** A ticket machine: every `take` returns the next number. Ten lines are a specification. */
const ticketMachine: SequentialSpec<number> = {
  name: "ticket machine",
  initial: 1,
  apply: (next) => [{ state: next + 1, ret: next }],
  describeState: (next) => `the next ticket is ${next}`,
};

test("tickets that overlap may come in either order", () => {
  const history = historyOf([
    { process: 0, type: "invoke", f: "take", value: null },
    { process: 1, type: "invoke", f: "take", value: null },
    { process: 0, type: "ok", f: "take", value: 2 },
    { process: 1, type: "ok", f: "take", value: 1 },
  ]);

  expect(toBeLinearizable(history, ticketMachine).pass).toBe(true);
});

test("a ticket that was given out twice has no explanation", () => {
  const history = historyOf([
    { process: 0, type: "invoke", f: "take", value: null },
    { process: 0, type: "ok", f: "take", value: 1 },
    { process: 1, type: "invoke", f: "take", value: null },
    { process: 1, type: "ok", f: "take", value: 1 },
  ]);

  const result = toBeLinearizable(history, ticketMachine);

  expect(result.pass).toBe(false);
  expect(result.message()).toMatch(/take/);
});
