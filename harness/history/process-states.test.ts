import { expect, it } from "vitest";
import { seed } from "../ids.ts";
import { Random } from "../random.ts";
import { ProcessStates } from "./process-states.ts";

it("says of each process what was said of it last, whatever the numbers", () => {
  const text = "process-states";
  const random = new Random(seed(text));
  const states = new ProcessStates();
  const expected = new Map<number, number | "ended">();
  const process = (step: number): number => random.pick([random.int(40), random.int(step + 1), random.int(1e9), 2 ** 40 + random.int(3), -2 - random.int(5), random.int(5) + 0.5]);

  for (let step = 0; step < 20_000; step++) {
    const one = process(step);
    switch (random.int(3)) {
      case 0:
        states.opened(one, step);
        expected.set(one, step);
        break;
      case 1:
        states.closed(one);
        expected.delete(one);
        break;
      case 2:
        states.ended(one);
        expected.set(one, "ended");
    }
    const asked = random.pick([one, process(step)]);
    const known = expected.get(asked);
    expect([states.openOf(asked), states.hasEnded(asked)], `seed ${text}, step ${step}, process ${asked}`).toEqual(known === "ended" ? [undefined, true] : [known, false]);
  }
});
