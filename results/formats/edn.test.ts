import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { EdnError, parseEdn } from "./edn.ts";

describe("EDN becomes plain data", () => {
  it.each<[string, Json]>([
    ["nil", null],
    ["true", true],
    ["-17", -17],
    ["+3", 3],
    ["-0", 0],
    ["2.5", 2.5],
    ["1e3", 1000],
    ["42N", 42],
    ["1.5M", 1.5],
    ["9007199254740993", "9007199254740993"],
    ["22/7", "22/7"],
    [":append", "append"],
    [":jepsen/op", "jepsen/op"],
    ["some-symbol", "some-symbol"],
    ["-", "-"],
    ['"a\\"b\\n\\u00e9"', 'a"b\né'],
    ['"grün"', "grün"],
    ["\\a", "a"],
    ["\\newline", "\n"],
    ["[1 [2, 3] ()]", [1, [2, 3], []]],
    ["#{1 2}", [1, 2]],
    ["{:a 1, \"b\" [2], 3 4}", { a: 1, b: [2], "3": 4 }],
    ["{:__proto__ 1}", JSON.parse('{"__proto__":1}') as Json],
    ['#inst "2020-01-01"', "2020-01-01"],
    ["#jepsen.history.Op{:f :read}", { f: "read" }],
    ["[1 #_ 2 #_[x] 3] ; rest", [1, 3]],
    ["##Inf", "##Inf"],
    ["{:a 1 ; why\n :b 2}", { a: 1, b: 2 }],
  ])("%s", (text, value) => {
    expect(parseEdn(text)).toEqual(value);
  });

  it.each<[string, boolean]>([
    ["[1 2", true],
    ["{:a 1 :b", true],
    ["{:a 1 :b}", false],
    ["[1 2)", false],
    ["]", false],
    ['"abc', true],
    ['"\\q"', false],
    ["{:a 1 :a 2}", false],
    ["1 2", false],
    ["12x", false],
    [": ", false],
    ["#", true],
    ["", true],
  ])("%j is refused", (text, cut) => {
    let caught: unknown;
    try {
      parseEdn(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(EdnError);
    expect((caught as EdnError).cut).toBe(cut);
  });

  it("deep nesting ends in an error, not in a crash", () => {
    expect(() => parseEdn("[".repeat(100_000))).toThrow(/nested/);
  });

  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it(`random data survives the way there and back (seed ${base})`, () => {
    const random = new Random(seed(`${base}/edn`));
    for (let i = 0; i < 2000; i++) {
      const value = randomJson(random.fork(String(i)), 4);
      expect(parseEdn(toEdn(value))).toEqual(value);
    }
  });
});

function randomJson(random: Random, depth: number): Json {
  const kind = random.int(depth === 0 ? 5 : 7);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.between(-1000, 1_000_000);
  if (kind === 3) return random.between(-1000, 1000) / 8;
  if (kind === 4) return Array.from({ length: random.int(30) }, () => random.pick(["a", "é", '"', "\\", "\n", "😀", " "])).join("");
  if (kind === 5) return Array.from({ length: random.int(5) }, () => randomJson(random, depth - 1));
  return Object.fromEntries(Array.from({ length: random.int(4) }, (_, i) => [`k${i}`, randomJson(random, depth - 1)]));
}

function toEdn(value: Json): string {
  if (value === null) return "nil";
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(toEdn).join(" ")}]`;
  return `{${Object.entries(value).map(([key, member]) => `:${key} ${toEdn(member as Json)}`).join(", ")}}`;
}
