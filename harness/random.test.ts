import { describe, expect, it } from "vitest";
import { seed } from "./ids.ts";
import { hash32, Random } from "./random.ts";

const drawn = (random: Random): number[] => Array.from({ length: 5 }, () => random.u32());

describe("a fork", () => {
  it.each([
    ["a label", new Random(seed("7")).fork("reads"), "7/reads"],
    ["a number", new Random(seed("7")).fork(12), "7/12"],
    ["a fork", new Random(seed("7")).fork("reads").fork(12).fork("key é"), "7/reads/12/key é"],
  ])("of %s draws as its seed's own text does", (_, fork, text) => {
    expect(fork.seed).toBe(text);
    expect(drawn(fork)).toEqual(drawn(new Random(seed(text))));
  });

  it("draws the same whatever its parent and its siblings have drawn", () => {
    const parent = new Random(seed("parent"));
    const before = drawn(parent.fork("a"));

    drawn(parent);
    drawn(parent.fork("b"));

    expect(drawn(parent.fork("a"))).toEqual(before);
    expect(drawn(parent.fork("b"))).not.toEqual(before);
  });
});

it("a seed's draws are the same for ever: runs of old are played again", () => {
  expect(drawn(new Random(seed("rashomon")))).toEqual([3840034467, 3411174492, 1966414579, 3711318759, 3686895913]);
  expect(drawn(new Random(seed("rashomon")).fork("workload").fork("operations/3"))).toEqual([1726471107, 461848170, 4262583413, 854898929, 1970407801]);
  expect(hash32("rashomon", 7)).toBe(1464454861);
});
