import { describe, expect, it } from "vitest";
import { seed } from "../../../harness/ids.ts";
import { Random } from "../../../harness/random.ts";
import type { Attributes, Token, ToxicKind } from "./behaviour.ts";
import { EMPTY } from "./stage.ts";
import { bandwidth } from "./toxics/bandwidth.ts";
import { latency } from "./toxics/latency.ts";
import { sliceSizes, slicer } from "./toxics/slicer.ts";
import { toxicKinds } from "./toxics.ts";

/**
 * Drives a behaviour with a clock of its own: tokens that are all there at their `arrivedMs`, timers that are late by
 * `lateMs()`. What came out: `[ms, bytes]` per piece, or the act that ended it.
 */
function drive(kind: ToxicKind, attributes: Attributes, options: { tokens: readonly (readonly [atMs: number, bytes: number])[]; lateMs?: () => number; seed?: string }): (readonly [number, number | string])[] {
  const behaviour = kind.behave(attributes, { random: new Random(seed(options.seed ?? "drive")), memory: { passedBytes: 0 } });
  const out: (readonly [number, number | string])[] = [];
  let nowMs = 0;
  for (const [atMs, bytes] of options.tokens) {
    nowMs = Math.max(nowMs, atMs);
    const held: Token = { end: bytes < 0 ? "eof" : "no", data: bytes > 0 ? Buffer.alloc(bytes) : EMPTY, arrivedMs: atMs };
    for (let fresh = true, gone = false; !gone; fresh = false) {
      const action = behaviour.next(held, fresh, nowMs);
      switch (action.act) {
        case "wait":
          expect(action.untilMs).toBeGreaterThan(nowMs);
          nowMs = action.untilMs + (options.lateMs?.() ?? 0);
          break;
        case "slice":
          out.push([nowMs, action.bytes]);
          held.data = held.data.subarray(action.bytes);
          break;
        case "pass":
          out.push([nowMs, held.end === "no" ? held.data.length : "end"]);
          gone = true;
          break;
        default:
          out.push([nowMs, action.act]);
          if (action.act !== "drop") return out;
          gone = true;
      }
    }
  }
  return out;
}

describe("latency", () => {
  it("counts the time that a chunk has already waited", () => {
    const out = drive(latency, { latency: 100, jitter: 0 }, { tokens: [[0, 1], [10, 1], [500, 1]] });

    expect(out).toEqual([[100, 1], [110, 1], [600, 1]]);
  });

  it("keeps within latency ± jitter and uses both sides of it", () => {
    const tokens = Array.from({ length: 500 }, (_, i) => [i * 1000, 1] as const);
    const delays = drive(latency, { latency: 100, jitter: 50 }, { tokens }).map(([atMs], i) => atMs - i * 1000);

    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...delays)).toBeLessThan(150);
    expect(Math.min(...delays)).toBeLessThan(60);
    expect(Math.max(...delays)).toBeGreaterThan(140);
  });

  it("lets the end of the stream pass in its turn", () => {
    expect(drive(latency, { latency: 100, jitter: 0 }, { tokens: [[0, 1], [1, -1]] })).toEqual([[100, 1], [100, "end"]]);
  });
});

describe("bandwidth", () => {
  it("sends a long chunk in pieces of 100 ms", () => {
    const out = drive(bandwidth, { rate: 10 }, { tokens: [[0, 2500]] });

    expect(out).toEqual([[100, 1000], [200, 1000], [250, 500]]);
  });

  it("keeps its rate over ten thousand tiny chunks with late timers, neither faster nor noticeably slower", () => {
    const random = new Random(seed("late"));
    const tokens = Array.from({ length: 10_000 }, () => [0, 10] as const);

    const out = drive(bandwidth, { rate: 10 }, { tokens, lateMs: () => random.float() * 3 });

    // 10 bytes at 10 KB/s are 1 ms each: ten seconds in all. A piece may be early by the lateness owed, never the sum.
    out.forEach(([atMs], i) => expect(atMs).toBeGreaterThanOrEqual((i + 1) * 1 - 1e-6));
    expect(out.at(-1)![0]).toBeLessThan(10_010);
  });

  it("does not make up for an idle time with a burst", () => {
    const out = drive(bandwidth, { rate: 1 }, { tokens: [[0, 100], [10_000, 100], [10_000, 100]] });

    expect(out).toEqual([[100, 100], [10_100, 100], [10_200, 100]]);
  });

  it("does not make up for a stall of the process beyond a tenth of a second", () => {
    let stalled = false;
    const lateMs = (): number => (stalled ? 0 : ((stalled = true), 5000));
    const out = drive(bandwidth, { rate: 1 }, { tokens: [[0, 100], [0, 100], [0, 100]], lateMs });

    expect(out).toEqual([[5100, 100], [5100, 100], [5200, 100]]);
  });

  it("of zero or less blocks", () => {
    expect(drive(bandwidth, { rate: 0 }, { tokens: [[0, 1]] })).toEqual([[0, "block"]]);
    expect(drive(bandwidth, { rate: -3 }, { tokens: [[0, 1]] })).toEqual([[0, "block"]]);
  });
});

describe("slicer", () => {
  it("loses no byte, makes no empty slice, and keeps sizes near the average (5000 random cases)", () => {
    const random = new Random(seed("slices"));
    for (let round = 0; round < 5000; round++) {
      const length = random.between(0, 3000);
      const size = { averageBytes: random.between(-5, 400), variationBytes: random.between(-5, 500) };
      const sizes = sliceSizes(length, size, random);

      expect(sizes.reduce((sum, bytes) => sum + bytes, 0), JSON.stringify({ length, size })).toBe(length);
      if (length > 0) expect(Math.min(...sizes), JSON.stringify({ length, size })).toBeGreaterThan(0);
      if (size.averageBytes + size.variationBytes >= 1) expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.max(1, size.averageBytes + size.variationBytes));
    }
  });

  it("waits its microseconds after each slice, the last included", () => {
    const out = drive(slicer, { average_size: 2, size_variation: 0, delay: 10_000 }, { tokens: [[0, 8], [0, -1]] });

    expect(out).toEqual([[0, 2], [10, 2], [20, 2], [30, 2], [40, "end"]]);
  });

  it("keeps a delay below the grain of timers on average", () => {
    // 100 µs after each byte, timers late by a millisecond: a thousand bytes take 100 ms, not a thousand.
    const out = drive(slicer, { average_size: 1, size_variation: 0, delay: 100 }, { tokens: [[0, 1000]], lateMs: () => 1 });

    expect(out.length).toBe(1000);
    expect(out.at(-1)![0]).toBeGreaterThanOrEqual(99.9);
    expect(out.at(-1)![0]).toBeLessThan(105);
  });
});

describe("every toxic", () => {
  it("passes the end of a stream sooner or later, or resets", () => {
    for (const kind of toxicKinds.values()) {
      const out = drive(kind, Object.fromEntries(kind.attributes.map((name) => [name, 5])), { tokens: [[0, -1]] });
      expect(out.at(-1)![1]).toBe(kind.type === "reset_peer" ? "reset" : "end");
    }
  });
});
