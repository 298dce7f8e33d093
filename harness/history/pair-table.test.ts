import { expect, it } from "vitest";
import { seed } from "../ids.ts";
import { Random } from "../random.ts";
import { PairTable } from "./pair-table.ts";

it("gives equal pairs one id and different pairs different ones", () => {
  const text = "pair-table";
  const random = new Random(seed(text));
  const table = new PairTable();
  const expected = new Map<string, number>();
  const number = (): number => random.pick([random.int(4), random.int(100), random.u32(), 0, 2 ** 32 - 1]);

  for (let step = 0; step < 20_000; step++) {
    const [first, second] = [number(), random.pick([number(), step])];
    const key = `${first} ${second}`;
    const known = expected.get(key) ?? expected.size;
    expect(table.idOf(first, second, expected.size), `seed ${text}, pair ${key}`).toBe(known);
    expected.set(key, known);
  }
});
