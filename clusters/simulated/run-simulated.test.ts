import { describe, expect, it } from "vitest";
import { linearizability } from "../../checkers/linearizability/linearizability.ts";
import type { SystemDefinition } from "../../harness/actor.ts";
import { steps } from "../../harness/budget.ts";
import type { History } from "../../harness/history.ts";
import { NEMESIS, seed } from "../../harness/ids.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { register } from "../../harness/objects/register.ts";
import { parseSettings } from "../../harness/options.ts";
import { Random } from "../../harness/random.ts";
import type { RunResult } from "../../harness/runner.ts";
import type { Truth } from "../../harness/verdict.ts";
import { arm, type ArmedFault } from "../../nemesis/fault.ts";
import { isolate } from "../../nemesis/fault/isolate.ts";
import { kill } from "../../nemesis/fault/kill.ts";
import { latency } from "../../nemesis/fault/latency.ts";
import { pause } from "../../nemesis/fault/pause.ts";
import { makeNemesis } from "../../nemesis/nemesis.ts";
import { faultSchedule } from "../../nemesis/schedule.ts";
import { register as registerWorkload } from "../../workloads/register.ts";
import { openLoad } from "../../workloads/workload.ts";
import { abd, abdAmnesia, abdFastRead } from "../systems/abd/definition.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";

describe("an open workload in virtual time", () => {
  it("is linearizable on abd under isolation, latency, pauses and kills, and ends with everything healed", async () => {
    const result = await play(abd, { seed: "1" });

    expect(await verdictOn(result.history)).toBe("valid");
    expect(result.counts.ok).toBeGreaterThan(1_000);
    expect(result.problems).toEqual([]);
    expect(result.endNs).toBeGreaterThan(20e9);
    expect([...result.history].some((op) => op.process === NEMESIS && op.f === "kill")).toBe(true);
  });

  it("catches the stale reads of abd-fast-read", async () => {
    const { history } = await play(abdFastRead, { seed: "1" });

    expect(await verdictOn(history)).toBe("invalid");
  });

  it("catches that abd-amnesia forgets, by a power failure that abd survives", async () => {
    const powerFailure = [arm(kill, { target: "all" })];

    expect(await verdictOn((await play(abdAmnesia, { seed: "1", faults: powerFailure })).history)).toBe("invalid");
    expect(await verdictOn((await play(abd, { seed: "1", faults: powerFailure })).history)).toBe("valid");
  });

  it("gives the same history, to the nanosecond, for the same seed, and another for another", async () => {
    const [one, again, other] = await Promise.all(["7", "7", "8"].map((which) => play(abd, { seed: which, seconds: 5 })));

    expect([...one!.history]).toEqual([...again!.history]);
    expect([...one!.history]).not.toEqual([...other!.history]);
  });
});

async function play(definition: SystemDefinition, options: { readonly seed: string; readonly faults?: readonly ArmedFault[]; readonly seconds?: number }): Promise<RunResult> {
  const system = definition.make(parseSettings([], definition.options, definition.name));
  const random = new Random(seed(options.seed));
  const cluster = new SimulatedCluster({ system, random });
  const armed = options.faults ?? [isolate, latency, pause, kill].map((fault) => arm(fault));
  const nemesis = makeNemesis({ cluster, faults: armed, ledger: memoryLedger(), random: random.fork("nemesis") });
  const plan = registerWorkload.make(parseSettings([], registerWorkload.options, registerWorkload.name));
  return runSimulated({
    cluster,
    concurrency: 6,
    generator: openLoad(plan, { ratePerSecond: 100 }),
    faults: { nemesis, generator: faultSchedule({ faults: armed.map(({ fault }) => fault.name), everyMs: 2_000, durationMs: 1_000, seed: random.seed }) },
    finalGenerator: plan.finalGenerator,
    timeLimitMs: (options.seconds ?? 20) * 1_000,
    limits: { operationMs: 2_000 },
    random,
  });
}

/** The verdict of the workload's own checker. */
async function verdictOn(history: History): Promise<Truth> {
  return (await linearizability(() => register(null)).check(history, { budget: steps(50_000_000) })).verdict;
}

/** Nothing of a simulated run needs undoing after a crash of the harness. */
function memoryLedger(): Ledger {
  let count = 0;
  return {
    path: "",
    freshId: (fault) => `${fault}-${count++}`,
    intend: () => undefined,
    done: () => undefined,
    healed: () => undefined,
  };
}
