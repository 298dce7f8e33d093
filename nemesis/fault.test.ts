import { describe, expect, it } from "vitest";
import { HarnessError } from "../harness/errors.ts";
import { nodeId, seed } from "../harness/ids.ts";
import { parseSettings } from "../harness/options.ts";
import { Random } from "../harness/random.ts";
import { arm, checkCapabilities, type Plan } from "./fault.ts";
import { faultNamed, faults } from "./registry.ts";
import { type MemoryCluster, memoryCluster } from "./testing/memory-cluster.ts";

function planOf(name: string, options: { settings?: string[]; cluster?: MemoryCluster; seed?: string; injection?: number } = {}): Promise<Plan> {
  const fault = faultNamed(name);
  return fault.plan({
    cluster: options.cluster ?? memoryCluster(3),
    random: new Random(seed(options.seed ?? "1")),
    injection: options.injection ?? 0,
    settings: parseSettings(options.settings ?? [], fault.options, name),
    signal: new AbortController().signal,
  });
}
function describePlan(plan: Plan): string {
  return `${plan.what} = ${plan.disturbances.map((disturbance) => disturbance.description).join(" + ")}`;
}

describe("a fault disturbs", () => {
  it.each([
    ["isolate", ["target=n2"], "isolate n2 = cut n1>n2 n3>n2 n2>n1 n2>n3"],
    ["isolate", ["target=n1+n2"], "isolate n1, n2 = cut n2>n1 n3>n1 n1>n2 n3>n2 n1>n3 n2>n3"],
    ["one-way", ["target=n2", "direction=send"], "one-way n2 cannot send = cut n2>n1 n2>n3"],
    ["one-way", ["target=n2", "direction=hear"], "one-way n2 cannot hear = cut n1>n2 n3>n2"],
    ["one-way", ["target=n1+n2", "direction=send"], "one-way n1, n2 cannot send = cut n1>n2 n1>n3 n2>n1 n2>n3"],
    ["one-link", ["target=n1+n3"], "one-link n1 – n3 = cut n3>n1 n1>n3"],
    ["clients-cut", ["target=n3"], "clients-cut n3 = cut clients>n3 n3>clients"],
    ["latency", [], "latency 100 ± 50 ms on node links of every node = delay 100±50 n1>n2 n1>n3 n2>n1 n2>n3 n3>n1 n3>n2"],
    ["latency", ["target=n1", "links=all", "latencyMs=7", "jitterMs=0"], "latency 7 ± 0 ms on all links of n1 = delay 7±0 n1>n2 n1>n3 n2>n1 n3>n1 clients>n1 n1>clients"],
    ["latency", ["target=n1", "links=clients"], "latency 100 ± 50 ms on client links of n1 = delay 100±50 clients>n1 n1>clients"],
    ["slow", ["target=n1", "rateKBs=20"], 'slow 20 KB/s on node links of n1 = bandwidth {"rate":20} n1>n2 n1>n3 n2>n1 n3>n1'],
    ["reset", ["target=n1"], 'reset node links of n1 = reset_peer {"timeout":0} n1>n2 n1>n3 n2>n1 n3>n1'],
    ["flaky", ["target=n1"], 'flaky 16 bytes every 2 ms on node links of n1 = slicer {"average_size":16,"size_variation":8,"delay":2000} n1>n2 n1>n3 n2>n1 n3>n1'],
    ["pause", ["target=all"], "pause n1, n2, n3 = pause n1 + pause n2 + pause n3"],
    ["kill", ["target=n2"], "kill n2 = kill n2"],
    ["kill", ["target=all"], "kill n1, n2, n3 = kill n1 + kill n2 + kill n3"],
    ["clock-jump", ["target=n1+n3", "offsetMs=-500"], 'clock-jump by -500 ms, realtime, on n1, n3 = skew n1 {"offsetMs":-500,"rate":1,"clocks":"realtime"} + skew n3 {"offsetMs":-500,"rate":1,"clocks":"realtime"}'],
    ["clock-strobe", ["target=n2", "clocks=all"], 'clock-strobe by +4000 ms every 100 ms, all clocks, on n2 = skew n2 {"offsetMs":0,"rate":1,"strobe":{"offsetMs":4000,"periodMs":100},"clocks":"all"}'],
    ["clock-drift", ["target=n2", "process=etcd"], 'clock-drift at 0.9 of the true rate, all clocks, on etcd on n2 = skew etcd on n2 {"offsetMs":0,"rate":0.9,"clocks":"all"}'],
    ["outrun", ["target=n3", "writeMs=5"], "outrun n3 = cut n1>n3 n2>n3 n3>n1 n3>n2 + after 5 ms kill n1 and start + after 5 ms kill n2 and start"],
    ["shrink", ["target=n2"], "shrink by n2 = remove n2"],
    ["power-loss", ["target=all", "lossMs=500"], "power-loss n1, n2, n3 with the writes of 500 ms = lose 500 ms n1 n2 n3"],
  ])("%s %j", async (name, settings, expected) => {
    expect(describePlan(await planOf(name, { settings }))).toBe(expected);
  });

  it("the same targets for the same seed, and others for others", async () => {
    for (const { name } of faults) {
      const plans = await Promise.all(Array.from({ length: 20 }, async (_, i) => describePlan(await planOf(name, { seed: String(i), cluster: memoryCluster(5) }))));
      const again = await Promise.all(Array.from({ length: 20 }, async (_, i) => describePlan(await planOf(name, { seed: String(i), cluster: memoryCluster(5) }))));
      expect(again).toEqual(plans);
      if (name !== "latency") expect(new Set(plans).size, name).toBeGreaterThan(3);
    }
  });

  it("nothing while it is planned", async () => {
    const cluster = memoryCluster(5);
    for (const { name } of faults) await planOf(name, { cluster });
    expect(cluster.calls).toEqual([]);
  });
});

describe("a target", () => {
  it("each is every node in turn", async () => {
    const targets = await Promise.all([0, 1, 2, 3].map((injection) => planOf("pause", { settings: ["target=each"], injection })));
    expect(targets.flatMap((plan) => plan.targets)).toEqual(["n1", "n2", "n3", "n1"]);
  });

  it.each([
    ["minority", 3, 1],
    ["minority", 5, 2],
    ["minority", 4, 1],
    ["minority", 1, 1],
    ["majority", 3, 2],
    ["majority", 4, 3],
    ["majority", 5, 3],
    ["all", 4, 4],
    ["any", 4, 1],
  ])("%s of %i nodes is %i", async (target, nodes, count) => {
    const plan = await planOf("kill", { settings: [`target=${target}`], cluster: memoryCluster(nodes) });
    expect(plan.targets).toHaveLength(count);
  });

  it("leader is who leads now, and somebody when nobody is known to", async () => {
    const cluster = memoryCluster(3);
    cluster.leaders = [nodeId("n2")];
    expect((await planOf("isolate", { settings: ["target=leader"], cluster })).what).toBe("isolate n2 (leader)");

    cluster.leaders = [];
    expect((await planOf("isolate", { settings: ["target=leader"], cluster })).what).toMatch(/^isolate n[123] \(no leader known\)$/);
  });
});

describe("capabilities are asked for before the run", () => {
  const codeAndText = (work: () => void): string => {
    try {
      work();
      return "fine";
    } catch (error) {
      return error instanceof HarnessError ? `${error.code}: ${error.message}; next: ${error.nextStep}` : String(error);
    }
  };

  it("and what is missing is said all at once, with what can be done instead", () => {
    const armed = ["isolate", "slow", "pause"].map((name) => arm(faultNamed(name)));
    expect(codeAndText(() => checkCapabilities(armed, memoryCluster(3)))).toBe("fine");
    expect(codeAndText(() => checkCapabilities(armed, memoryCluster(3, ["toxic", "processes"])))).toBe(
      "CAPABILITY_MISSING: cluster 'memory' cannot do this: do more to links than cut and delay them (for slow); act on processes (for pause); next: use a cluster that can, or run with --nemesis isolate",
    );
  });

  it.each([
    ["bridge", [], 2, "it has 2 node(s) where 3 are needed (for bridge)"],
    ["isolate", ["target=n7"], 3, "it has no node n7 (its nodes: n1, n2, n3) (for isolate)"],
    ["isolate", ["target=n1+leader"], 3, "it has no node leader (its nodes: n1, n2, n3) (for isolate)"],
    ["shrink", ["target=minority"], 5, "it does this to 1 node(s) at a time, not to minority (for shrink)"],
    ["shrink", ["target=n1+n2"], 5, "it does this to 1 node(s) at a time, not to n1+n2 (for shrink)"],
    ["isolate", ["target=leader"], 3, 'its nodes have no roles such as "leader" (for isolate)'],
  ])("%s %j on %i nodes", (name, settings, nodes, problem) => {
    const fault = faultNamed(name);
    const armed = arm(fault, parseSettings(settings, fault.options, name));
    expect(codeAndText(() => checkCapabilities([armed], memoryCluster(nodes, ["roles"])))).toContain(problem);
  });

  it("no member leaves a cluster that would not keep a majority of serving members", async () => {
    const cluster = memoryCluster(5);
    cluster.on.push("remove n1", "kill n2");
    expect((await planOf("shrink", { cluster: memoryCluster(3), settings: ["target=n3"] })).targets).toEqual(["n3"]);
    await expect(planOf("shrink", { cluster, settings: ["target=n3"] })).rejects.toThrow("n3 cannot leave: members are n2, n3, n4, n5, and without it 2 of 5 nodes are members that serve");
    cluster.on.length = 0;
    cluster.on.push("remove n3");
    await expect(planOf("shrink", { cluster, settings: ["target=n3"] })).rejects.toThrow("n3 cannot leave");
  });

  it("a member whose role nobody else can take is refused by name and by role, and never drawn", async () => {
    const cluster = memoryCluster(3);
    const [n1] = cluster.nodes;
    const fixed = { ...cluster, membership: { ...cluster.membership!, fixed: { nodes: [n1!], roles: ["leader"] } } };
    const refusal = (target: string): string => codeAndText(() => checkCapabilities([arm(faultNamed("shrink"), { target })], fixed));

    for (const target of ["n1", "leader"]) expect(refusal(target)).toContain(`n1 is its leader for good and cannot leave, so ${target} cannot be the target (for shrink)`);
    for (const target of ["n2", "replica", "any", "each"]) expect(refusal(target)).toBe("fine");
    const drawn = await Promise.all(["any", "replica", "each"].flatMap((target) => [0, 1, 2, 3].map((injection) => planOf("shrink", { settings: [`target=${target}`], injection, seed: String(injection), cluster: fixed }))));
    expect(new Set(drawn.flatMap(({ targets }) => targets))).toEqual(new Set(["n2", "n3"]));
  });

  it("a fault without any link to act on says so", async () => {
    await expect(planOf("latency", { cluster: memoryCluster(1) })).rejects.toThrow("has no links");
  });

  it("an unknown fault is an error that names those that exist", () => {
    expect(codeAndText(() => void faultNamed("partition"))).toContain("next: use one of isolate, halves, majorities-ring");
  });
});

describe("the registry", () => {
  it("has every name once, and every option with a reason", () => {
    expect(new Set(faults.map((fault) => fault.name)).size).toBe(faults.length);
    for (const fault of faults) for (const option of fault.options) expect(option.reason.length).toBeGreaterThan(5);
  });
});
