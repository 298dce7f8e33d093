import { describe, expect, it } from "vitest";
import { cutsBetween } from "./cuts.ts";

describe("cuts", () => {
  it("of two servers: both ways, or one of the two", () => {
    expect(cutsBetween(2)).toEqual([
      { name: "n1 | n2", links: [{ from: 0, to: 1 }, { from: 1, to: 0 }] },
      { name: "n1 -> others", links: [{ from: 0, to: 1 }] },
      { name: "n2 -> others", links: [{ from: 1, to: 0 }] },
    ]);
  });

  it("of four: each alone, all halves, each mute, each deaf", () => {
    expect(cutsBetween(4).map(({ name }) => name).filter((name) => name.includes("|"))).toEqual(["n1 | n2 n3 n4", "n2 | n1 n3 n4", "n1 n2 | n3 n4", "n3 | n1 n2 n4", "n1 n3 | n2 n4", "n2 n3 | n1 n4", "n1 n2 n3 | n4"]);
    expect(cutsBetween(4)).toHaveLength(7 + 4 + 4);
  });

  it("of one server there is none", () => {
    expect(cutsBetween(1)).toEqual([]);
  });
});
