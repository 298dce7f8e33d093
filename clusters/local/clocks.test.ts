import { describe, expect, it } from "vitest";
import { nodeId } from "../../harness/ids.ts";
import { isObject } from "../../harness/json.ts";
import { until } from "../../harness/time.ts";
import type { Evidence } from "../../harness/disturbance.ts";
import { clocksSupported } from "../clock/process-clock.ts";
import { patience, stage } from "./testing/stage.ts";

const minute = 60_000;

/** How far ahead of ours a node said that its clocks are, when it was asked for evidence. */
function offsetsInMinutes({ data = null }: Evidence): { readonly [family: string]: number } {
  const offsets = isObject(data) ? data["offsetsMs"] : undefined;
  return offsets !== undefined && isObject(offsets) ? Object.fromEntries(Object.entries(offsets).map(([family, ms]) => [family, Math.round(Number(ms) / minute) + 0])) : {};
}

describe.runIf(clocksSupported())("The clocks of a local node", () => {
  it("are skewed by several faults at once, in its next life too, and when the last is over tell the right date again", async () => {
    await using on = stage();
    await using cluster = await on.start();
    const [n2, signal] = [nodeId("n2"), patience()];
    const ahead = cluster.clocks!.skew(n2, { offsetMs: 10 * minute, rate: 1, clocks: "all" });
    const behind = cluster.clocks!.skew(n2, { offsetMs: -minute, rate: 1, clocks: "realtime" });
    const told = async (): Promise<object> => offsetsInMinutes(await ahead.evidence(signal));

    await ahead.apply(signal);
    expect(await told()).toEqual({ realtime: 10, monotonic: 10 });
    await behind.apply(signal);
    expect(await told()).toEqual({ realtime: 9, monotonic: 10 });
    expect((await behind.evidence(signal)).effective).toBe(true);

    const kill = cluster.processes.kill(n2);
    await kill.apply(signal);
    expect(await ahead.evidence(signal)).toMatchObject({ effective: false, seen: "n2 has no running process" });
    await kill.revert(signal);
    await until("the skew in its next life", async () => (await ahead.evidence(signal)).effective, { deadlineMs: 20_000, everyMs: 50 });
    expect(await told()).toEqual({ realtime: 9, monotonic: 10 });

    await ahead.revert(signal);
    await behind.revert(signal);
    await behind.revert(signal);
    expect(await ahead.evidence(signal)).toMatchObject({ effective: false });
    const none = cluster.clocks!.skew(n2, { offsetMs: 0, rate: 1, clocks: "all" });
    await none.apply(signal);
    // What counts durations never goes back.
    expect(offsetsInMinutes(await none.evidence(signal))).toEqual({ realtime: 0, monotonic: 10 });
    await none.revert(signal);
    await cluster.converged(signal);
  });
});
