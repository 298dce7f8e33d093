import { expect } from "vitest";
import { unlimited } from "../../../harness/budget.ts";
import { seed } from "../../../harness/ids.ts";
import { Random } from "../../../harness/random.ts";
import { randomHistory } from "../../linearizability/testing/random-history.ts";
import type { Fuzzed } from "../../linearizability/testing/shapes.ts";
import { checkSequential } from "../sequential.ts";
import { sequentialByBruteForce } from "./sequential-brute-force.ts";

/** Random histories of the object, judged by the checker and by brute force. */
export function expectSequentialAgrees({ name, spec, call }: Fuzzed, { base, count }: { base: string; count: number }): void {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed(`${base}/sequential/${name}/${i}`));
    const shape = { spec, call, operations: 2 + random.int(5), clients: 2 + random.int(2), crashRatio: random.pick([0, 0.2]), lies: random.int(4), busy: false };
    const history = randomHistory(shape, random);

    const verdict = checkSequential(history, spec, { budget: unlimited() }).verdict;

    expect(verdict, `seed ${base}/sequential/${name}/${i}`).toBe(sequentialByBruteForce(history, spec) ? "valid" : "invalid");
  }
}
