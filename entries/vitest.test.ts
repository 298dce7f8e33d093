import { expect, test } from "vitest";
import type { OpInput } from "../harness/history.ts";
import { register } from "../harness/objects/register.ts";
import { toBeLinearizable } from "./vitest.ts";

expect.extend({ toBeLinearizable });

const op = (process: number, type: OpInput["type"], f: string, value: OpInput["value"]): OpInput => ({ process, type, f, value });
const written = [op(0, "invoke", "write", 1), op(0, "ok", "write", 1), op(1, "invoke", "read", null)];

test("a history that some order explains passes", () => {
  expect(toBeLinearizable([...written, op(1, "ok", "read", 1)], register()).pass).toBe(true);
});

test("the matcher is one of expect's, for TypeScript too", () => {
  expect([...written, op(1, "ok", "read", 1)]).toBeLinearizable(register());
  expect([...written, op(1, "ok", "read", null)]).not.toBeLinearizable(register());
});

test("a stale read fails, and the message says which read and shows the picture", () => {
  const result = toBeLinearizable([...written, op(1, "ok", "read", null)], register());

  expect(result.pass).toBe(false);
  expect(result.message()).toMatch(/read/);
  expect(result.message()).toMatch(/write 1/);
});
