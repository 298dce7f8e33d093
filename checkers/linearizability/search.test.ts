import { expect, it } from "vitest";
import { steps } from "../../harness/budget.ts";
import { historyOf, type OpInput } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { casRegister } from "../../harness/objects/register.ts";
import { Random } from "../../harness/random.ts";
import { checkLinearizable } from "./linearizability.ts";

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
