import { describe, expect, it } from "vitest";
import { entryFile } from "./entry.ts";
import { historyOf } from "./history.ts";
import { type Isolated, isolate, type IsolateOptions, sharedColumns } from "./isolate.ts";
import { after } from "./time.ts";

const module = entryFile(import.meta.url, "./testing/isolated-calls");
const call = <T>(name: string, options: Partial<IsolateOptions> = {}, input: unknown = null): Promise<Isolated<T>> => isolate({ module, export: name, input }, { deadlineMs: 60_000, ...options });

describe("an isolated call", () => {
  it("gets a history as shared columns and returns plain data", async () => {
    const history = historyOf([
      { process: 0, type: "invoke", f: "write", value: [1, "x"] },
      { process: 0, type: "info", f: "write", value: [1, "x"], error: "timeout" },
    ]);

    expect(await call("count", {}, sharedColumns(history))).toEqual({ outcome: "returned", value: { operations: 1, last: history.at(1) } });
  });

  it("that ends itself at its deadline keeps what it knows", async () => {
    expect(await call("search", { deadlineMs: 5000 })).toEqual({ outcome: "returned", value: { ended: "5 s", some: true } });
  });

  it("that does not end is killed, and unknown", async () => {
    expect(await call("spin", { deadlineMs: 300 })).toEqual({ outcome: "unknown", reason: "no answer after 0.3 s" });
  });

  it.each(["fillHeap", "fillArrays"])("that takes too much memory (%s) is killed, and unknown", async (name) => {
    expect(await call(name, { memoryMb: 128 })).toEqual({ outcome: "unknown", reason: "more than 128 MB of memory" });
  });

  it("is killed by an abort", async () => {
    const stop = new AbortController();
    const timer = after(200, () => stop.abort());

    expect(await call("spin", { signal: stop.signal })).toEqual({ outcome: "unknown", reason: "interrupted" });
    timer.cancel();
    expect(await call("spin", { signal: AbortSignal.abort() })).toEqual({ outcome: "unknown", reason: "interrupted" });
  });

  it("that refuses its input is the same error here", async () => {
    await expect(call("refuse")).rejects.toMatchObject({ name: "HarnessError", code: "HISTORY_MALFORMED", message: "op 7 has no value", nextStep: "give it one" });
  });

  it("that has a bug is an error, never a verdict", async () => {
    await expect(call("crash")).rejects.toThrow("two and two are four");
    await expect(call("nobody")).rejects.toThrow("exports the function nobody");
    await expect(call("leave")).rejects.toMatchObject({ code: "WORKER_FAILED" });
  });
});
