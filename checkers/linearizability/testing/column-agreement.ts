import { expect } from "vitest";
import { seed } from "../../../harness/ids.ts";
import { read, register, write } from "../../../harness/objects/register.ts";
import { Random } from "../../../harness/random.ts";
import { linearizableByBruteForce } from "../brute-force.ts";
import { surelyUniqueRegister } from "../register-columns.ts";
import { randomHistory } from "./random-history.ts";

/**
 * Of a register of unique values the columns alone say
 * `linearizable` exactly where brute force does. A failure names seed and history.
 */
export function expectColumnsAreExact(run: { readonly base: string; readonly count: number }): void {
  const random = new Random(seed(`${run.base}/columns`));
  const counts = { valid: 0, invalid: 0 };
  for (let i = 0; i < run.count; i++) {
    const one = random.fork(String(i));
    const readRatio = one.pick([0.4, 0.7]);
    const shape = {
      spec: register(one.pick([0, null])),
      call: (random: Random, serial: number) => (random.chance(readRatio) ? read() : write(serial + 1)),
      operations: 3 + one.int(7),
      clients: 2 + one.int(4),
      crashRatio: one.pick([0, 0.1, 0.4]),
      lies: one.int(4),
      busy: one.chance(0.5),
    };
    const history = randomHistory(shape, one);
    const written = [...history].filter(({ type, f }) => type === "invoke" && f === "write").map(({ value }) => value);
    if (new Set(written).size < written.length) continue; // A lie about what was written.
    const truth = linearizableByBruteForce(history, shape.spec);
    if (surelyUniqueRegister(history, shape.spec) !== truth) {
      const text = [...history].map((op) => `${op.process} ${op.type} ${op.f} ${JSON.stringify(op.value)}`).join("; ");
      expect(!truth, `seed ${run.base}/columns, history ${i}: ${text}`).toBe(truth);
    }
    counts[truth ? "valid" : "invalid"]++;
  }
  expect(counts.valid).toBeGreaterThan(run.count / 10);
  expect(counts.invalid).toBeGreaterThan(run.count / 10);
}
