import { expect, test } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { sleep, until } from "../../harness/time.ts";
import { FifoDelay } from "./fifo-delay.ts";

test.each([1, 2, 3, 4, 5])("a slow link keeps its order (seed %i)", async (number) => {
  const random = new Random(seed(number));
  const link = new FifoDelay({ random, delayMsMax: 12 });
  const seen: number[] = [];

  for (let i = 0; i < 60; i++) {
    link.push(() => seen.push(i));
    if (i % 7 === 0) await sleep(random.float() * 4);
  }

  await until("all frames", () => seen.length === 60, { deadlineMs: 20_000, everyMs: 5 });
  expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i));
});

test("what a link still holds when it ends is gone", async () => {
  const link = new FifoDelay({ random: new Random(seed(1)), delayMsMax: 20 });
  const seen: number[] = [];
  link.push(() => seen.push(1));

  link.end();

  await sleep(60);
  expect(seen).toEqual([]);
});
