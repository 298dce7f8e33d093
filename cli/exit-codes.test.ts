import { expect, test } from "vitest";
import { HarnessError } from "../harness/errors.ts";
import { exitOfError, exitOfVerdict, worstExit } from "./exit-codes.ts";

test("over several the worst is 255, 254, 130, 4, 1, 3, 2, 0, in that order", () => {
  expect(worstExit([0, 2, 3, 1, 4, 254, 255])).toBe(255);
  expect(worstExit([0, 2, 3, 1, 4, 254])).toBe(254);
  expect(worstExit([0, 2, 3, 1, 4, 130])).toBe(130);
  expect(worstExit([0, 2, 3, 1, 4])).toBe(4);
  expect(worstExit([0, 2, 3, 1])).toBe(1);
  expect(worstExit([0, 2, 3])).toBe(3);
  expect(worstExit([0, 2])).toBe(2);
  expect(worstExit([])).toBe(0);
});

test("verdicts map to 0, 1, 2, 3", () => {
  expect((["valid", "invalid", "unknown", "vacuous"] as const).map(exitOfVerdict)).toEqual([0, 1, 2, 3]);
});

test("a wrong option is usage, a missing engine infrastructure, an interrupt what shells make of it, a bug a crash", () => {
  const next = { nextStep: "x" };
  expect(exitOfError(new HarnessError("BAD_OPTION", "x", next))).toBe(254);
  expect(exitOfError(new HarnessError("ENGINE_MISSING", "x", next))).toBe(4);
  expect(exitOfError(new HarnessError("INTERRUPTED", "x", next))).toBe(130);
  expect(exitOfError(new TypeError("x"))).toBe(255);
});
