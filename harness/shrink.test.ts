import { describe, expect, it } from "vitest";
import { seed } from "./ids.ts";
import { Random } from "./random.ts";
import { shrink } from "./shrink.ts";

describe("shrink", () => {
  it("keeps exactly what a failure needs", () => {
    const list = Array.from({ length: 100 }, (_, i) => i);

    expect(shrink(list, (candidate) => candidate.includes(17) && candidate.includes(63))).toEqual([17, 63]);
  });

  it.each([1, 2, 3, 4, 5])("ends where no single element can be left out (seed %i)", (n) => {
    const random = new Random(seed(n));
    const needed = Array.from({ length: 5 }, () => random.shuffle(Array.from({ length: 40 }, (_, i) => i)).slice(0, 3));
    const fails = (list: readonly number[]): boolean => needed.some((all) => all.every((i) => list.includes(i)));

    const small = shrink(Array.from({ length: 40 }, (_, i) => i), fails);

    expect(fails(small)).toBe(true);
    for (let i = 0; i < small.length; i++) expect(fails([...small.slice(0, i), ...small.slice(i + 1)])).toBe(false);
  });
});
