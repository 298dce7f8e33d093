import { expect, test } from "vitest";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { FrameReader, frameBytesMax } from "./wire.ts";

function framed(frames: readonly Json[]): Buffer {
  return Buffer.concat(
    frames.map((frame) => {
      const text = Buffer.from(JSON.stringify(frame));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return Buffer.concat([length, text]);
    }),
  );
}

test.each(Array.from({ length: 50 }, (_, i) => i))("frames come out whole and in order however the stream is cut (seed %i)", (number) => {
  const random = new Random(seed(number));
  const frames = Array.from({ length: random.between(1, 40) }, (_, i): Json => ({ i, text: "é".repeat(random.int(random.pick([5, 5000]))) }));
  const bytes = framed(frames);
  const reader = new FrameReader();
  const seen: Json[] = [];

  for (let at = 0; at < bytes.length; ) {
    const size = random.between(1, random.pick([3, 50, 20_000]));
    seen.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }

  expect(seen).toEqual(frames);
});

test("a length that no sender writes is refused before its bytes are waited for", () => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(frameBytesMax + 1);

  expect(() => new FrameReader().push(bytes)).toThrow("16777217 bytes");
});
