import { describe, expect, it } from "vitest";
import { unlimited } from "../harness/budget.ts";
import { clients } from "../harness/generator/clients.ts";
import { limit } from "../harness/generator/limit.ts";
import { phases } from "../harness/generator/phases.ts";
import { type Completer, simulate } from "../harness/generator/simulate.ts";
import { historyOf } from "../harness/history.ts";
import { equalJson, isArray, type Json } from "../harness/json.ts";
import { microOperations } from "../harness/objects/transactions.ts";
import type { Op } from "../harness/op.ts";
import { parseSettings } from "../harness/options.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { worst } from "../harness/verdict.ts";
import { findWorkload } from "./registry.ts";
import type { WorkloadPlan } from "./workload.ts";

const plan = (name: string, ...texts: readonly string[]): WorkloadPlan => {
  const workload = findWorkload(name);
  return workload.make(parseSettings(texts, workload.options, name));
};
const play = (one: WorkloadPlan, complete: Completer, operations = 300): Op[] =>
  simulate(phases(clients(limit(operations, one.generator)), clients(one.finalGenerator)), { concurrency: 5, complete, opsMax: 100_000 });
const judge = async (one: WorkloadPlan, ops: readonly Op[]): Promise<string> => worst((await Promise.all(one.checkers.map((checker) => checker.check(historyOf(ops), { budget: unlimited() })))).map(({ verdict }) => verdict));
const asked = (ops: readonly Op[]): ReturnType<typeof microOperations>[] => ops.filter((op) => op.type === "invoke").map((op) => microOperations(op.value));

/** One transaction after the other; every `lag`-th that only reads sees the state of five transactions before. */
function store(spec: SequentialSpec, options: { readonly lagEvery: number }): Completer {
  const states: Json[] = [spec.initial];
  let count = 0;
  return (invocation) => {
    const stale = ++count % options.lagEvery === 0 && spec.readOnly!(invocation);
    const [result] = spec.apply(stale ? states.at(-6) ?? spec.initial : states.at(-1)!, invocation);
    states.push(stale ? states.at(-1)! : result!.state);
    return { outcome: { type: "ok", value: result!.ret }, latencyNs: 1000 };
  };
}

describe.each(["list-append", "rw-register", "long-fork"])("the %s workload", (name) => {
  it("is judged valid on a store that does one transaction after the other", async () => {
    for (const texts of [[], ["consistency=serializable"], ["consistency=read-atomic"]]) {
      const one = plan(name, ...texts);

      expect(await judge(one, play(one, store(one.spec, { lagEvery: Number.POSITIVE_INFINITY })))).toBe("valid");
    }
  });

  it("is judged by the model that `consistency` names: old snapshots are serializable, but not strictly", async () => {
    const strict = plan(name, "consistency=strict-serializable", "read-share=0.7");
    const ops = play(strict, store(strict.spec, { lagEvery: 2 }));

    expect(await judge(strict, ops)).toBe("invalid");
    expect(await judge(plan(name, "consistency=serializable"), ops)).toBe("valid");
  });

  it("writes every value once per key, in calls that its object understands", () => {
    const one = plan(name);
    const writes = asked(play(one, store(one.spec, { lagEvery: 3 }), 1000)).flat().filter(([f]) => f !== "r");

    expect(new Set(writes.map(([, key, value]) => `${key}/${JSON.stringify(value)}`)).size).toBe(writes.length);
    expect(writes.length).toBeGreaterThan(300);
  });

  it("gives the same transactions for the same seed", () => {
    const [a, b] = [plan(name), plan(name)].map((one) => asked(play(one, store(one.spec, { lagEvery: 3 }))));

    expect(equalJson(a as unknown as Json, b as unknown as Json)).toBe(true);
  });
});

describe("random transactions", () => {
  const of = (...texts: readonly string[]): ReturnType<typeof microOperations>[] => {
    const one = plan("list-append", ...texts);
    return asked(simulate(clients(limit(2000, one.generator)), { concurrency: 5, complete: store(one.spec, { lagEvery: 3 }), opsMax: 100_000 }));
  };

  it("have the lengths and the share of reads that they are given", () => {
    const made = of("txn-length-min=2", "txn-length-max=5", "read-share=0.25");
    const micro = made.flat();

    expect([...new Set(made.map(({ length }) => length))].sort()).toEqual([2, 3, 4, 5]);
    expect(micro.filter(([f]) => f === "r").length / micro.length).toBeCloseTo(0.25, 1);
  });

  it("read different keys only, or write once, where they are asked to, and read in the share that they are given", () => {
    const made = of("txn-kinds=reads-or-one-write", "txn-length-min=2", "txn-length-max=9", "key-count=3", "read-share=0.7");
    const readers = made.filter((micro) => micro.every(([f]) => f === "r"));

    expect(made.filter((micro) => !readers.includes(micro)).every(({ length }) => length === 1)).toBe(true);
    expect([...new Set(readers.map(({ length }) => length))].sort()).toEqual([2, 3]);
    expect(readers.every((micro) => new Set(micro.map(([, key]) => key)).size === micro.length)).toBe(true);
    expect(readers.length / made.length).toBeCloseTo(0.7, 1);
  });

  it("write no key more often than asked, and go on with a new one", () => {
    const writes = new Map<number, number>();
    for (const [f, key] of of("writes-per-key=8", "key-count=3").flat()) if (f !== "r") writes.set(key, (writes.get(key) ?? 0) + 1);

    expect(Math.max(...writes.values())).toBe(8);
    expect([...writes.values()].filter((count) => count < 8).length).toBeLessThanOrEqual(3);
  });

  it.each([
    ["uniform", 0.25],
    ["exponential", 8 / 15],
  ])("choose keys as the %s distribution says", (distribution, share) => {
    const micro = of("key-count=4", `key-distribution=${distribution}`, "writes-per-key=100000").flat();

    expect(micro.filter(([, key]) => key === 0).length / micro.length).toBeCloseTo(share, 1);
  });

  it("are read at the end by whole keys of the beginning", () => {
    const one = plan("list-append", "key-count=2");
    const ops = simulate(clients(one.finalGenerator), { concurrency: 1, complete: store(one.spec, { lagEvery: 3 }) });

    expect(asked(ops)).toEqual([[["r", 0, null]], [["r", 1, null]]]);
    expect(ops.every((op) => isArray(op.value))).toBe(true);
  });
});
