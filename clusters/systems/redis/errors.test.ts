import { describe, expect, it } from "vitest";
import { knownRedisError, redisErrors } from "./errors.ts";

describe("redis' errors", () => {
  it.each(redisErrors.map((row) => [row.code, row] as const))("%s is known by its first word", (code, row) => {
    expect(knownRedisError(`${code} and what was the matter`)).toBe(row);
    expect(knownRedisError(code)).toBe(row);
  });

  it.each(["ERR unknown command", "READONLYISH no", "", "no READONLY"])("an answer that no row knows (%j) may mean anything", (said) => {
    expect(knownRedisError(said)).toMatchObject({ effect: "unknown", class: "server-error" });
  });
});
