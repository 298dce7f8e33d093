import { describe, expect, it } from "vitest";
import { assemble, far, label, long, near, op } from "./assembler.ts";
import { combine, type HeldSkew, noSkew, sameWords, skewed } from "./skew.ts";
import { decodeSet, encodeSet, setBytes, stub } from "./stub.ts";
import { planPatch } from "./vdso.ts";

describe("The stub", () => {
  /** The listing of `stub.ts`, assembled by GNU as 2.40. */
  const byGnu =
    "b8e40000000f0585c00f858900000083ff070f878000000089ff488d0dcf0000000fb60c3980f9ff746e4c8d0dcf0000004c030dc00000004901c94c" +
    "690600ca9a3b4c0346084d89c24d2b51004c89d049f76908480facd0204901c04d034110498b49184885c974104c89d0489948f7f9a80174044d0341" +
    "2031c04d85c04c0f48c04c89c031d2b900ca9a3b48f7f14889064889560831c0c34885f6740748c706000000004885ff741e574889fe31ffe84bffff" +
    "ff5f488b470831d2b9e803000048f7f14889470831c0c3574883ec104889e631ffe826ffffff488b04244883c4105f4885ff7403488907c300000000";

  it("is what another assembler makes of its listing", () => {
    expect(stub.code.subarray(0, stub.at("families")).toString("hex")).toBe(byGnu);
    expect(["clock_gettime", "gettimeofday", "time", "families", "inForce", "sets"].map(stub.at)).toEqual([0, 153, 203, 240, 248, 256]);
    expect(stub.code).toHaveLength(stub.at("sets") + 2 * setBytes);
  });

  it("keeps words as they were given", () => {
    const words = combine([held({ offsetMs: -5, rate: 0.25, strobe: { offsetMs: -7, periodMs: 3 }, clocks: "all" }, 9n)]);

    expect(decodeSet(encodeSet(words))).toEqual(words);
    expect(decodeSet(stub.code.subarray(stub.at("sets")))).toEqual(noSkew);
  });
});

describe("The assembler", () => {
  it("counts distances from the end of an instruction, forwards and backwards, and pads with zeros", () => {
    const { code } = assemble([label("a"), op("jmp b", 0xeb, near("b")), op("call a", 0xe8, far("a")), label("b"), op("mov", long(-2)), { align: 8 }, op("end", 1), { align: 4 }]);

    expect(code.toString("hex")).toBe("eb05e8f9fffffffeffffff0000000000" + "01000000");
  });
});

describe("Skews of one node", () => {
  const s = 1_000_000_000n;

  it("add up, each drift from its own beginning, and leave durations alone unless they are for all clocks", () => {
    const ahead = held({ offsetMs: 60_000, rate: 1, clocks: "realtime" }, 100n * s);
    const slow = held({ offsetMs: 0, rate: 0.5, clocks: "all" }, 200n * s);
    const fast = held({ offsetMs: 0, rate: 1.25, clocks: "realtime" }, 300n * s);

    const { realtime, monotonic } = combine([ahead, slow, fast]);

    expect(skewed(realtime, 400n * s)).toBe(400n * s + 60n * s - 100n * s + 25n * s);
    expect(skewed(monotonic, 400n * s)).toBe(300n * s);
    expect(sameWords(combine([ahead]), combine([ahead, slow]))).toBe(false);
    expect(sameWords(combine([]), noSkew)).toBe(true);
  });

  it("never show a time before the clock's zero", () => {
    expect(skewed(combine([held({ offsetMs: -5_000, rate: 1, clocks: "all" }, 0n)]).monotonic, 3n * s)).toBe(0n);
  });
});

describe("A kernel's vDSO", () => {
  it.each([
    ["that is none", Buffer.alloc(8192), "no library for x86-64"],
    ["that is nothing", Buffer.alloc(0), "no library for x86-64"],
  ])("%s is refused", (_, image, why) => {
    expect(() => planPatch(image)).toThrow(expect.objectContaining({ code: "CAPABILITY_MISSING", message: expect.stringContaining(why) }));
  });
});

function held(skew: HeldSkew["skew"], since: bigint): HeldSkew {
  return { skew, since: { realtime: since, monotonic: since, boottime: since } };
}
