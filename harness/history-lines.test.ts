import { describe, expect, it } from "vitest";
import { encodeOp, HistoryLines } from "./history-lines.ts";
import { NEMESIS, processId, seed } from "./ids.ts";
import type { Json } from "./json.ts";
import type { Op } from "./op.ts";
import { Random } from "./random.ts";

/** What the line is by definition. */
function asJson(op: Op): string {
  const { index, process, type, f, value, timeNs } = op;
  const error = type === "invoke" || op.error === undefined ? {} : { error: op.error };
  return `${JSON.stringify({ index, process: process === NEMESIS ? "nemesis" : process, type, f, value, timeNs, ...error })}\n`;
}

const opOf = (value: Json, index = 0): Op => ({ index, process: processId(1), type: "ok", f: "read", value, timeNs: 5 });

describe("a line", () => {
  it.each([0, -0, 9, 10, 99, 100, 999_999_999, 1e9, 1e9 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 5e9, 123_000_000_007, 2 ** 53 - 1, 2 ** 53, 1e21, 1e300, 5e-324, -1, -2.5e-9, 0.1, Number.NaN, Number.POSITIVE_INFINITY])("holds %d as JSON does, as value and as time", (number) => {
    expect(encodeOp(opOf(number))).toBe(asJson(opOf(number)));
    expect(encodeOp({ ...opOf(null), timeNs: number })).toBe(asJson({ ...opOf(null), timeNs: number }));
  });

  it("of random ops is what JSON makes of them, one after the other", () => {
    const text = "lines";
    const random = new Random(seed(text));
    const scalar = (): Json => random.pick([null, true, false, random.int(10), random.int(1e9), random.int(1e9) * 1e6, -random.int(1e9), random.float(), `key ${random.int(9)}`, "\"\\\n\u2028é€𝄞\ud800"]);
    const any = (depth: number): Json => {
      if (depth === 0 || random.chance(0.4)) return scalar();
      const members = Array.from({ length: random.int(4) }, () => any(depth - 1));
      return random.chance(0.7) ? members : Object.fromEntries(members.map((member, i) => [`m${i}`, member]));
    };
    const ops = Array.from({ length: 5000 }, (_, index): Op => {
      const common = { index, process: random.pick([NEMESIS, processId(random.int(2000))]), f: random.pick(["read", "wr\"ite", "ä"]), value: any(3), timeNs: random.pick([-1, random.int(1e9), random.int(1e9) * 1000]) };
      return random.chance(0.3) ? { ...common, type: "invoke" } : { ...common, type: random.pick(["ok", "fail", "info"]), ...(random.chance(0.3) ? { error: any(2) } : {}) };
    });
    const lines = new HistoryLines();

    for (const op of ops) lines.append(op);

    expect(lines.bytes.toString("utf8"), `seed ${text}`).toBe(ops.map(asJson).join(""));
  });

  it("longer than the buffer is whole", () => {
    const lines = new HistoryLines();
    const ops = [opOf("é".repeat(300_000)), opOf(Array.from({ length: 100_000 }, (_, i) => i), 1)];

    for (const op of ops) lines.append(op);
    expect(lines.bytes.toString("utf8")).toBe(ops.map(asJson).join(""));

    lines.clear();
    expect(lines.length).toBe(0);
    lines.append(opOf(7));
    expect(lines.bytes.toString("utf8")).toBe(asJson(opOf(7)));
  });

  it("that cannot be made leaves nothing of itself", () => {
    const lines = new HistoryLines();
    lines.append(opOf(1));

    expect(() => lines.append(opOf([1, 7n as unknown as Json], 1))).toThrow("BigInt");

    expect(lines.bytes.toString("utf8")).toBe(asJson(opOf(1)));
  });
});
