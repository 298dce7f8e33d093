import { expect } from "vitest";
import { steps, unlimited } from "../../../harness/budget.ts";
import { seed } from "../../../harness/ids.ts";
import { Random } from "../../../harness/random.ts";
import { linearizableByBruteForce } from "../brute-force.ts";
import { decide, problemOf, search } from "../decide.ts";
import { genericProblem } from "../generic-problem.ts";
import { checkLinearizable } from "../linearizability.ts";
import { partsOf } from "../parts.ts";
import { Search } from "../search.ts";
import { expectMonitorsAreRight, type MonitorAnswers } from "./monitor-agreement.ts";
import { randomHistory } from "./random-history.ts";
import type { Fuzzed } from "./shapes.ts";

/**
 * Every engine gives the verdict of brute force on small random histories: the checker, monitors, the search with what
 * it knows of the object, the search that knows only the spec, and both where they turn back all the time. A failure names seed and history.
 */
export function expectAgreement({ name, spec, call, made = spec }: Fuzzed, run: { readonly base: string; readonly count: number; readonly answers: MonitorAnswers }): void {
  const random = new Random(seed(`${run.base}/${name}`));
  const counts = { valid: 0, invalid: 0 };
  for (let i = 0; i < run.count; i++) {
    const one = random.fork(String(i));
    const shape = {
      spec: made,
      call,
      operations: 3 + one.int(7),
      clients: 2 + one.int(3),
      crashRatio: one.pick([0, 0.1, 0.4]),
      lies: one.int(5),
      busy: one.chance(0.5),
    };
    const example = randomHistory(shape, one);
    const expected = linearizableByBruteForce(example, spec) ? "valid" : "invalid";
    const label = `seed ${run.base}/${name}, history ${i}: ${[...example].map((op) => `${op.process} ${op.type} ${op.f} ${JSON.stringify(op.value)}`).join("; ")}`;

    // Comparing first is cheaper than an assertion with a message each time.
    const verdict = checkLinearizable(example, spec, { budget: unlimited(), explain: false }).verdict;
    if (verdict !== expected) expect(verdict, label).toBe(expected);
    for (const part of partsOf(example, spec)) {
      const outcome = search(part, unlimited()).outcome;
      const others = [decide(part, unlimited()).outcome, ...[1, 4096].map((patience) => new Search(genericProblem(part), { patience }).run(unlimited())), new Search(problemOf(part), { patience: 1 }).run(unlimited())];
      if (others.some((other) => other !== outcome)) expect(others, label).toEqual(others.map(() => outcome));
      expectMonitorsAreRight(part, { history: example, spec, truth: outcome === "linearizable", label, answers: run.answers });
    }
    counts[expected]++;
  }
  expect(counts.valid).toBeGreaterThan(run.count / 10);
  expect(counts.invalid).toBeGreaterThan(run.count / 200);
}

/** Larger histories than brute force can take: the engines that know nothing, something and everything of the object agree. */
export function expectEnginesAgree({ name, spec, call, made = spec }: Fuzzed, run: { readonly base: string; readonly count: number; readonly operations: number }): void {
  for (let i = 0; i < run.count; i++) {
    const random = new Random(seed(`${run.base}/large/${name}/${i}`));
    const shape = {
      spec: made,
      call,
      operations: random.between(10, run.operations),
      clients: 2 + random.int(4),
      crashRatio: random.pick([0, 0.05, 0.3]),
      lies: random.int(6),
      liesFrom: random.pick([0, 0.7]),
      busy: random.chance(0.5),
    };
    for (const part of partsOf(randomHistory(shape, random), spec)) {
      const outcomes = [decide(part, steps(20_000)).outcome, search(part, steps(20_000)).outcome, new Search(genericProblem(part), { patience: 8 }).run(steps(20_000)), new Search(problemOf(part), { patience: 8 }).run(steps(20_000))];
      const certain = outcomes.filter((outcome) => outcome !== "unknown");
      expect(new Set(certain).size, `seed ${run.base}/large/${name}/${i}: ${outcomes.join(", ")}`).toBeLessThan(2);
    }
  }
}
