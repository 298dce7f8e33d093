import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { PackedTable } from "./packed-table.ts";

/** Keys that crowd in few places, so that slots are shared, probes collide and the table grows. */
const shapes: readonly (readonly [what: string, loBits: number, hiBits: number])[] = [
  ["all neighbours", 7, 0],
  ["few neighbourhoods", 12, 3],
  ["many neighbourhoods", 8, 12],
  ["every state alone", 32, 31],
  ["words that differ in high bits only", 0, 31],
];

describe("a table of bit-field states", () => {
  it.each(shapes)("tells new from seen as a set of texts does: %s", (_, loBits, hiBits) => {
    const random = new Random(seed(`packed-table ${loBits} ${hiBits}`));
    const table = new PackedTable(4);
    const known = new Set<string>();

    const wrong = Array.from({ length: 20_000 }, () => [random.int(2 ** loBits) | 0, random.int(2 ** hiBits)] as const).filter(([lo, hi]) => {
      const isNew = !known.has(`${lo} ${hi}`);
      known.add(`${lo} ${hi}`);
      return table.insert(lo, hi) !== isNew;
    });

    expect(wrong).toEqual([]);
  });
});
