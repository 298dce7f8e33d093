import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import type { ClockSkew } from "../../harness/cluster.ts";
import { processState, startTicks } from "../../harness/process-identity.ts";
import { readClocks, sleep, until } from "../../harness/time.ts";
import { lookAtClock, resetClock, setClock } from "./process-clock.ts";
import { type AllWords, combine, noSkew, skewed } from "./skew.ts";
import { type Bracketed, nodeChild, shellChild } from "./testing/clock-child.ts";

const hour = 3_600_000;
const still: ClockSkew = { offsetMs: 0, rate: 1, clocks: "all" };

function words(skew: Partial<ClockSkew>): AllWords {
  return combine([{ skew: { ...still, ...skew }, since: readClocks() }]);
}

const slackNs = 2_000_000n;

/** Is what the child read what these words make of some moment between our own readings? */
function expectWithin({ before, child, after }: Bracketed, by: AllWords): void {
  for (const family of ["realtime", "monotonic"] as const) {
    expect(child[family], family).toBeGreaterThanOrEqual(skewed(by[family], before[family] - slackNs));
    expect(child[family], family).toBeLessThanOrEqual(skewed(by[family], after[family] + slackNs));
  }
}

describe.runIf(process.platform === "linux" && process.arch === "x64")("A process's clocks", () => {
  it.each<[string, Partial<ClockSkew>]>([
    ["are true with words that change nothing", {}],
    ["are an hour ahead", { offsetMs: hour }],
    ["are a day behind, realtime alone", { offsetMs: -24 * hour, clocks: "realtime" }],
    ["run half as fast", { rate: 0.5 }],
    ["run a hundred times as fast", { rate: 100 }],
    ["stand still, durations too", { rate: 0 }],
    ["are ahead and slow", { offsetMs: 5_000, rate: 0.9 }],
    ["are behind their own zero: then they show that", { offsetMs: -(10 ** 12) * 9 }],
  ])("%s", async (_, skew) => {
    using child = nodeChild();
    await child.read();
    const set = words(skew);

    await setClock(child.id, set);
    expectWithin(await child.read(), set);
    expect(lookAtClock(child.id)).toEqual({ state: "skewed", words: set });

    await sleep(30);
    expectWithin(await child.read(), set);
  });

  it("go back and forth between two offsets with a strobe, without anybody who writes", async () => {
    using child = nodeChild();
    await child.read();
    const set = words({ strobe: { offsetMs: hour, periodMs: 20 }, clocks: "realtime" });
    await setClock(child.id, set);

    const seen = new Set<boolean>();
    for (let i = 0; i < 500 && seen.size < 2; i++) {
      const { before, child: told } = await child.read();
      seen.add(told.realtime - before.realtime > BigInt(hour) * 500_000n);
      await sleep(3);
    }

    expect(seen).toEqual(new Set([false, true]));
  });

  it("change at once from one skew to the next, and are the machine's again after a reset, as often as one likes", async () => {
    using child = nodeChild();
    await child.read();
    for (const offsetMs of [hour, -hour, 7]) {
      const set = words({ offsetMs });
      await setClock(child.id, set);
      expectWithin(await child.read(), set);
    }
    for (let round = 0; round < 3; round++) {
      await resetClock(child.id);
      expectWithin(await child.read(), noSkew);
      expect(lookAtClock(child.id)).toEqual({ state: "true" });
      const set = words({ offsetMs: 60_000 });
      await setClock(child.id, set);
      expectWithin(await child.read(), set);
    }
  });

  it("are changed for `time` and `gettimeofday`, too", async () => {
    using child = shellChild();
    await child.read();
    const set = words({ offsetMs: -hour, clocks: "realtime" });

    await setClock(child.id, set);
    const { before, child: told, after } = await child.read();

    const truth = { before: before.realtime - BigInt(hour) * 1_000_000n, after: after.realtime - BigInt(hour) * 1_000_000n };
    expect(told.realtime).toBeGreaterThan(truth.before - 1_000_000_000n);
    expect(told.realtime).toBeLessThanOrEqual(truth.after + 1_000_000n);
    expect(told.monotonic).toBeGreaterThanOrEqual(truth.before - 1_000_000n);
    expect(told.monotonic).toBeLessThanOrEqual(truth.after + 1_000_000n);
  });

  it("are changed and reset ten times while four threads do nothing but read them, and ours never move", async () => {
    const own = (): bigint => readClocks().realtime - readClocks().monotonic;
    const apart = own();
    using child = nodeChild({ hammer: 4 });
    let readings = BigInt((await child.read()).rest[0]!);
    for (let round = 0; round < 10; round++) {
      const set = words({ offsetMs: round * 1_000, rate: 1 + round / 10 });
      await setClock(child.id, set);
      const seen = await child.read();
      expectWithin(seen, set);
      await resetClock(child.id);
      expect(BigInt(seen.rest[0]!)).toBeGreaterThanOrEqual(readings);
      readings = BigInt(seen.rest[0]!);
    }
    expectWithin(await child.read(), noSkew);
    expect(readings).toBeGreaterThan(0n);
    expect(own() - apart).toBeLessThan(20_000_000n);
    expect(own() - apart).toBeGreaterThan(-20_000_000n);
    expect(lookAtClock({ pid: process.pid, startTicks: startTicks(process.pid)! })).toEqual({ state: "true" });
  });

  it("are left alone when the process is gone, or its pid is another's now", async () => {
    using child = nodeChild();
    const other = { ...child.id, startTicks: child.id.startTicks + 1 };

    await setClock(other, words({ offsetMs: hour }));
    await resetClock(other);

    expect(lookAtClock(other)).toEqual({ state: "gone" });
    expectWithin(await child.read(), noSkew);
  });

  it("of a process that is stopped are changed, and it stays stopped", async () => {
    using child = nodeChild();
    await child.read();
    process.kill(child.id.pid, "SIGSTOP");
    await until("state T", () => processState(child.id.pid) === "T", { deadlineMs: 5_000, everyMs: 1 });
    const set = words({ offsetMs: hour });

    await setClock(child.id, set);
    const reading = child.read();
    expect(await Promise.race([reading.then(() => "answered"), sleep(100).then(() => "silent")])).toBe("silent");
    process.kill(child.id.pid, "SIGCONT");

    expectWithin(await reading, set);
  });

  it("are inherited by a child that it forks, and fresh in a program that it executes", async () => {
    const told = (program: string): Promise<number[]> =>
      new Promise((resolve) => {
        const shell = spawn("bash", ["-c", `echo ready; read -r line; ${program}`]);
        const lines = createInterface({ input: shell.stdout });
        // Before that it may still be what it was forked from.
        lines.once("line", () => {
          lines.once("line", (text) => resolve(text.split(/\s+/).map(Number)));
          void setClock({ pid: shell.pid!, startTicks: startTicks(shell.pid!)! }, words({ offsetMs: hour, clocks: "realtime" })).then(() => shell.stdin.write("\n"));
        });
      });
    const now = Number(readClocks().realtime / 1_000_000_000n);

    expect((await told('echo "$EPOCHSECONDS $(echo $EPOCHSECONDS)"')).map((seconds) => Math.round((seconds - now) / 3600))).toEqual([1, 1]);
    expect((await told('exec date +%s')).map((seconds) => Math.round((seconds - now) / 3600))).toEqual([0]);
  });
});
