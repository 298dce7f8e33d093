import { expect, it } from "vitest";
import { type Disturbance, together } from "./disturbance.ts";

const signal = new AbortController().signal;

/** Writes down what is asked of it; each step ends when `gate` does. */
function part(name: string, calls: string[], { gate = Promise.resolve(), effective = true }: { readonly gate?: Promise<void>; readonly effective?: boolean } = {}): Disturbance {
  const step = async (what: string): Promise<void> => {
    calls.push(`${what} ${name}`);
    await gate;
  };
  return { description: name, undo: [{ undo: "argv", argv: [name] }], apply: () => step("apply"), revert: () => step("revert"), evidence: async () => ({ effective, seen: `${name} seen` }) };
}

it("none of several waits for another: two that can only end together do", async () => {
  const calls: string[] = [];
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const last: Disturbance = { ...part("b", calls), revert: async () => release() };

  await together([part("a", calls, { gate: released }), last]).revert(signal);

  expect(calls).toEqual(["revert a"]);
});

it("one that fails fails them all, once all have ended", async () => {
  const calls: string[] = [];
  const failing: Disturbance = { ...part("a", calls), apply: () => Promise.reject(new Error("no a today")) };
  const slow: Disturbance = { ...part("b", calls), apply: async () => void (await Promise.resolve().then(() => calls.push("applied b"))) };

  await expect(together([failing, slow]).apply(signal)).rejects.toThrow("no a today");
  await expect(together([failing, failing]).apply(signal)).rejects.toThrow("no a today; Error: no a today");

  expect(calls).toEqual(["applied b"]);
});

it("they are effective when each is, told one after the other, and undone last first", async () => {
  const both = together([part("a", []), part("b", [], { effective: false })]);

  expect(await both.evidence(signal)).toEqual({ effective: false, seen: "a seen; b seen" });
  expect(both.description).toBe("a + b");
  expect(both.undo).toEqual([{ undo: "argv", argv: ["b"] }, { undo: "argv", argv: ["a"] }]);
});
