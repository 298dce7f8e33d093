import { describe, expect, it } from "vitest";
import { unlimited } from "../harness/budget.ts";
import { clients } from "../harness/generator/clients.ts";
import { limit } from "../harness/generator/limit.ts";
import { phases } from "../harness/generator/phases.ts";
import { type Completer, simulate } from "../harness/generator/simulate.ts";
import { historyOf } from "../harness/history.ts";
import type { Json } from "../harness/json.ts";
import type { Op } from "../harness/op.ts";
import { parseSettings } from "../harness/options.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { findWorkload } from "./registry.ts";
import { openLoad, type Workload, type WorkloadPlan } from "./workload.ts";

function planOf(workload: Workload, ...texts: readonly string[]): WorkloadPlan {
  return workload.make(parseSettings(texts, workload.options, workload.name));
}

/** Answers as the object itself, one call after the other: what a perfect system does. */
function atomic(spec: SequentialSpec): Completer {
  let state: Json = spec.initial;
  return (invocation) => {
    const [result] = spec.apply(state, invocation);
    state = result!.state;
    return { outcome: { type: "ok", value: result!.ret }, latencyNs: 1000 };
  };
}

/** Answers every read with the first value ever written. */
function stale(spec: SequentialSpec, reads: readonly string[]): Completer {
  const honest = atomic(spec);
  let first: Json;
  return (invocation, answered) => {
    const { outcome, latencyNs } = honest(invocation, answered);
    if (!reads.includes(invocation.f)) return { outcome, latencyNs };
    if (outcome.value !== null) first ??= outcome.value;
    return { outcome: { type: "ok", value: first ?? null }, latencyNs };
  };
}

const play = (plan: WorkloadPlan, complete: Completer, ops = 400): Op[] =>
  simulate(phases(clients(limit(ops, plan.generator)), clients(plan.finalGenerator)), { concurrency: 4, complete, opsMax: 100_000 });

describe.each(["register", "kv"])("workload %s", (name) => {
  const workload = findWorkload(name);
  const small = workload.name === "kv" ? ["keys=2"] : [];

  it("is judged valid on a perfect object, by every checker", async () => {
    for (const texts of [small, [...small, "cas-share=0.3"], [...small, "cas-share=0.3", "values=small"]]) {
      const plan = planOf(workload, ...texts);
      const history = historyOf(play(plan, atomic(plan.spec)));

      for (const checker of plan.checkers) expect(await checker.check(history, { budget: unlimited() })).toMatchObject({ verdict: "valid" });
    }
  });

  it("is judged invalid on an object whose reads are stale", async () => {
    const plan = planOf(workload, ...small);

    const [linearizability] = plan.checkers;
    const verdict = await linearizability!.check(historyOf(play(plan, stale(plan.spec, plan.reads), 40)), { budget: unlimited() });

    expect(verdict.verdict).toBe("invalid");
  });

  it("calls only the functions that it names", () => {
    const plan = planOf(workload, "cas-share=0.2");

    const used = new Set(play(plan, atomic(plan.spec)).map((op) => op.f));

    expect([...used].sort()).toEqual([...plan.functions].sort());
  });

  it("ends its final reads by itself, even when nothing answers", () => {
    const plan = planOf(workload, ...small);

    const history = simulate(clients(plan.finalGenerator), { concurrency: 3, complete: (op) => ({ outcome: { type: "fail", value: op.value }, latencyNs: 10 }) });

    expect(history.every((op) => plan.reads.includes(op.f))).toBe(true);
    expect(history.length).toBe(2 * 5 * 3 * (small.length === 0 ? 1 : 2));
  });

  it("arrives at the rate that it is given", () => {
    const plan = planOf(workload);

    const history = simulate(clients(limit(1000, openLoad(plan, { ratePerSecond: 200 }))), { concurrency: 10, complete: atomic(plan.spec) });

    const ratePerSecond = 1000 / (history.at(-1)!.timeNs / 1e9);
    expect(ratePerSecond).toBeGreaterThan(180);
    expect(ratePerSecond).toBeLessThan(220);
  });
});

describe("the register workload", () => {
  const register = findWorkload("register");

  it("never writes a unique value twice, compare-and-sets included", () => {
    const plan = planOf(register, "cas-share=0.4", "read-share=0.1");

    const written = play(plan, atomic(plan.spec), 1000)
      .filter((op) => op.type === "invoke" && op.f !== "read")
      .map((op) => (op.f === "cas" ? (op.value as Json[])[1] : op.value));

    expect(new Set(written).size).toBe(written.length);
    expect(written.length).toBeGreaterThan(800);
  });

  it.each(["values=unique", "values=small"])("compare-and-sets succeed often enough to matter (%s)", (values) => {
    const plan = planOf(register, "cas-share=0.3", "read-share=0.4", values);

    const answers = play(plan, atomic(plan.spec), 1000).filter((op) => op.type === "ok" && op.f === "cas").map((op) => op.value);

    expect(answers.filter((value) => value === true).length / answers.length).toBeGreaterThan(0.1);
    expect(answers.filter((value) => value === false).length / answers.length).toBeGreaterThan(0.1);
  });

  it("keeps the shares that it is given", () => {
    const plan = planOf(register, "cas-share=0.2", "read-share=0.5");

    const used = play(plan, atomic(plan.spec), 2000).filter((op) => op.type === "invoke");

    const share = (f: string): number => used.filter((op) => op.f === f).length / used.length;
    expect(share("read")).toBeCloseTo(0.5, 1);
    expect(share("cas")).toBeCloseTo(0.2, 1);
  });
});

it("an unknown workload is an error that lists those that exist", () => {
  expect(() => findWorkload("regsiter")).toThrow('no workload "regsiter" (there are register, kv, ');
});

describe("the set and queue workloads", () => {
  /** Hands an element back to whoever asks next; forgets those that `loses` says. */
  function store(loses: (value: Json) => boolean): Completer {
    const held: Json[] = [];
    return ({ f, value }) => {
      if ((f === "add" || f === "enqueue") && !loses(value)) held.push(value);
      const answer = f === "read" ? [...held] : f === "dequeue" ? (held.shift() ?? null) : value;
      return { outcome: { type: "ok", value: answer }, latencyNs: 1000 };
    };
  }

  it.each(["set", "queue"])("%s is judged valid on a store that keeps everything, by every checker", async (name) => {
    const plan = planOf(findWorkload(name));
    const history = historyOf(play(plan, store(() => false)));

    for (const checker of plan.checkers) expect(await checker.check(history, { budget: unlimited() })).toMatchObject({ verdict: "valid" });
  });

  it.each(["set", "queue"])("%s is judged invalid when one acknowledged element is lost", async (name) => {
    const plan = planOf(findWorkload(name));
    const history = historyOf(play(plan, store((value) => value === 7)));

    expect(await plan.checkers[0]!.check(history, { budget: unlimited() })).toMatchObject({ verdict: "invalid", anomalies: [{ name: "lost", details: { elements: [7] } }] });
  });

  it("the queue is drained by every thread until it is empty, and left when nothing answers", () => {
    const plan = planOf(findWorkload("queue"));

    const history = simulate(clients(plan.finalGenerator), { concurrency: 2, complete: (op) => ({ outcome: { type: "fail", value: op.value }, latencyNs: 1e9 }), opsMax: 10_000 });

    expect(history.every(({ f }) => f === "dequeue")).toBe(true);
    expect(history.length).toBeLessThan(200);
  });
});
