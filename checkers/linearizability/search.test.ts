import { expect, it } from "vitest";
import { steps } from "../../harness/budget.ts";
import { historyOf, type OpInput } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { dequeue, enqueue, queue } from "../../harness/objects/queue.ts";
import { casRegister } from "../../harness/objects/register.ts";
import { Random } from "../../harness/random.ts";
import { checkLinearizable } from "./linearizability.ts";
import { randomHistory } from "./testing/random-history.ts";

it("a thousand crashed writes of distinct values cost about one configuration an operation", () => {
  const random = new Random(seed("crashed writes"));
  const ops: OpInput[] = [];
  let held = 0;
  let crashed = 0;
  const completed = (f: string, value: OpInput["value"], answer: OpInput["value"]): void => {
    ops.push({ process: 0, type: "invoke", f, value }, { process: 0, type: "ok", f, value: answer });
  };
  for (let serial = 1; serial <= 4000; serial++) {
    const kind = random.int(8);
    if (kind < 2) {
      ops.push({ process: 1 + crashed++, type: "invoke", f: "write", value: serial });
      if (random.chance(0.3)) held = serial;
    } else if (kind < 4) {
      completed("write", serial, null);
      held = serial;
    } else if (kind < 6) {
      const from = random.chance(0.5) ? held : random.int(serial);
      completed("cas", [from, serial], from === held);
      if (from === held) held = serial;
    } else completed("read", null, held);
  }

  const verdict = checkLinearizable(historyOf(ops), casRegister(0), { budget: steps(3 * ops.length), explain: false });

  expect(crashed).toBeGreaterThan(900);
  expect(verdict.verdict).toBe("valid");
});

it.each([
  [500, 5, 0, "valid"],
  [200, 3, 5, "invalid"],
] as const)("a queue of three values, %i operations of %i clients with %i lies: %s within 5,000 configurations", (operations, clients, lies, verdict) => {
  const call = (random: Random): ReturnType<typeof dequeue> => (random.chance(0.5) ? enqueue(random.int(3)) : dequeue());
  const shape = { spec: queue(), call, operations, clients, crashRatio: 0, lies, liesFrom: 0.5, busy: true };

  const history = randomHistory(shape, new Random(seed("repeated values")));

  expect(checkLinearizable(history, queue(), { budget: steps(5000), explain: false }).verdict).toBe(verdict);
});
