import { expect, it } from "vitest";
import { seed } from "../ids.ts";
import { Random } from "../random.ts";
import { monotonicMs, sleep, until } from "../time.ts";
import { Deadlines } from "./deadlines.ts";

const patient = { deadlineMs: 20_000, everyMs: 2 };

it("expires what did not end, oldest first, each once and none early", async () => {
  const expired: number[] = [];
  const early: number[] = [];
  const startedMs = new Map<number, number>();
  const deadlines = new Deadlines({
    threads: 100,
    periodMs: 30,
    clockMs: monotonicMs,
    expire: (thread) => {
      expired.push(thread);
      if (monotonicMs() < startedMs.get(thread)! + 30) early.push(thread);
    },
  });
  const random = new Random(seed("deadlines"));
  const started = random.shuffle(Array.from({ length: 100 }, (_, i) => i));
  const ended = new Set<number>();

  for (const [place, thread] of started.entries()) {
    startedMs.set(thread, monotonicMs());
    deadlines.start(thread, startedMs.get(thread)!);
    const open = started.slice(0, place + 1).filter((other) => !ended.has(other) && !expired.includes(other));
    if (random.chance(0.5) && open.length > 0) {
      const done = random.pick(open);
      deadlines.end(done);
      ended.add(done);
    }
    if (place % 25 === 0) await sleep(5);
  }

  const left = started.filter((thread) => !ended.has(thread));
  await until("all expiries", () => expired.length === left.length, patient);
  expect(expired).toEqual(left);
  expect(early).toEqual([]);
  deadlines.stop();
});

it("is used again and again by the same threads, which may start within an expiry", async () => {
  let rounds = 0;
  const deadlines = new Deadlines({
    threads: 2,
    periodMs: 3,
    clockMs: monotonicMs,
    expire: (thread) => {
      if (++rounds < 20) deadlines.start(thread, monotonicMs());
    },
  });

  deadlines.start(0, monotonicMs());
  deadlines.start(1, monotonicMs());

  await until("20 expiries", () => rounds >= 20, patient);
  await sleep(20);
  expect(rounds).toBe(21);
  deadlines.stop();
});

it("ending what was never started, or twice, does nothing", () => {
  const deadlines = new Deadlines({ threads: 3, periodMs: 1000, clockMs: monotonicMs, expire: () => {} });

  deadlines.end(1);
  deadlines.start(2, monotonicMs());
  deadlines.end(2);
  deadlines.end(2);
  deadlines.start(2, monotonicMs());
  deadlines.stop();
});
