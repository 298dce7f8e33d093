import { describe, expect, it } from "vitest";
import type { OpGenerator } from "../generator.ts";
import { seed } from "../ids.ts";
import type { Call, Op } from "../op.ts";
import { Random } from "../random.ts";
import { any, shortestAny } from "./any.ts";
import { calls, callsOf } from "./calls.ts";
import { beside, clients, nemesis } from "./clients.ts";
import { concurrencyLimit } from "./concurrency-limit.ts";
import { cycle } from "./cycle.ts";
import { delay } from "./delay.ts";
import { eachThread } from "./each-thread.ts";
import { filter } from "./filter.ts";
import { flipFlop } from "./flip-flop.ts";
import { concurrentKeys } from "./keys.ts";
import { limit } from "./limit.ts";
import { map } from "./map.ts";
import { mix } from "./mix.ts";
import { always, once } from "./once.ts";
import { phases } from "./phases.ts";
import { processLimit } from "./process-limit.ts";
import { repeat } from "./repeat.ts";
import { reserve } from "./reserve.ts";
import { sequence, sequenceBy } from "./sequence.ts";
import { imperfect, invocations, perfect, perfectInfo, simulate, type Simulation } from "./simulate.ts";
import { sleep } from "./sleep.ts";
import { stagger } from "./stagger.ts";
import { synchronize } from "./synchronize.ts";
import { timeLimit } from "./time-limit.ts";
import { untilOk } from "./until.ts";

const write = (value: number): Call => ({ f: "write", value });
const read: Call = { f: "read", value: null };
const numbered = (label = "w"): OpGenerator => calls(label, (index) => write(index));

/** `time thread f value` of each invocation; clients' threads as numbers. */
function schedule(generator: OpGenerator, options: Simulation): string[] {
  return invocations(simulate(generator, options)).map(
    (op) => `${op.timeNs} ${op.process < 0 ? "nemesis" : op.process % options.concurrency} ${op.f}${op.value === null ? "" : ` ${JSON.stringify(op.value)}`}`,
  );
}
const one: Simulation = { concurrency: 1 };
/** The same without the thread, where it is a matter of placement. */
const times = (generator: OpGenerator, options: Simulation): string[] => schedule(generator, options).map((line) => line.replace(/ \S+/, ""));
const values = (generator: OpGenerator, options: Simulation): number[] => invocations(simulate(generator, options)).map((op) => Number(op.value));

describe("sources", () => {
  it("once gives one op and is done", () => {
    expect(schedule(once(write(1)), one)).toEqual(["0 0 write 1"]);
  });

  it("always gives the same op for ever, one at a time per thread", () => {
    expect(schedule(limit(3, always(read)), one)).toEqual(["0 0 read", "10 0 read", "20 0 read"]);
  });

  it("calls numbers its ops and ends at null", () => {
    expect(schedule(calls("w", (index) => (index < 3 ? write(index) : null)), one)).toEqual(["0 0 write 0", "10 0 write 1", "20 0 write 2"]);
  });

  it("callsOf gives its list", () => {
    expect(schedule(callsOf([write(5), read]), one)).toEqual(["0 0 write 5", "10 0 read"]);
  });

  it("draws the same values whatever the number of threads and the answers' times", () => {
    const drawn = calls("v", (_, random) => write(random.int(1000)));

    const alone = values(limit(50, drawn), one);

    expect(values(limit(50, drawn), { concurrency: 7, complete: perfect(1234) })).toEqual(alone);
    expect(values(limit(50, drawn), { concurrency: 3, complete: imperfect(55) })).toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(40);
  });
});

describe("order", () => {
  it("sequence goes on to the next when one is exhausted", () => {
    expect(schedule(sequence([callsOf([write(1), write(2)]), once(read)]), one)).toEqual(["0 0 write 1", "10 0 write 2", "20 0 read"]);
  });

  it("sequence does not wait for open ops", () => {
    expect(times(sequence([once(write(1)), once(read)]), { concurrency: 2 })).toEqual(["0 write 1", "0 read"]);
  });

  it("sequenceBy may be endless and skips what is empty", () => {
    expect(values(limit(4, sequenceBy((index) => callsOf(index % 2 === 0 ? [] : [write(index)]))), one)).toEqual([1, 3, 5, 7]);
  });

  it("phases wait until all threads are idle", () => {
    const generator = phases(eachThread(once(write(1))), once(read));
    const slowFirst: Simulation = { concurrency: 2, nemesis: false, complete: (op, answered) => ({ outcome: { type: "ok", value: op.value }, latencyNs: answered === 0 ? 100 : 10 }) };

    expect(times(generator, slowFirst)).toEqual(["0 write 1", "0 write 1", "100 read"]);
  });

  it("synchronize under clients does not wait for the nemesis", () => {
    const generator = any(nemesis(once({ f: "isolate", value: null })), clients(sequence([once(write(1)), synchronize(once(read))])));
    const slowNemesis: Simulation = { concurrency: 1, complete: (op) => ({ outcome: { type: "ok", value: op.value }, latencyNs: op.process < 0 ? 1000 : 10 }) };

    expect(schedule(generator, slowNemesis)).toEqual(["0 nemesis isolate", "0 0 write 1", "10 0 read"]);
  });

  it("cycle begins again, each round with its own values", () => {
    const drawn = limit(2, calls("v", (_, random) => write(random.int(1_000_000))));

    const got = values(cycle(drawn, 3), one);

    expect(got).toHaveLength(6);
    expect(new Set(got).size).toBe(6);
    expect(schedule(cycle(callsOf([write(1), write(2)]), 2), one)).toEqual(["0 0 write 1", "10 0 write 2", "20 0 write 1", "30 0 write 2"]);
  });

  it("cycle of nothing is nothing", () => {
    expect(schedule(cycle(callsOf([])), one)).toEqual([]);
  });

  it("repeat gives the first op again", () => {
    expect(values(repeat(numbered(), 3), one)).toEqual([0, 0, 0]);
  });
});

describe("time", () => {
  it("delay spaces ops exactly", () => {
    expect(times(limit(3, delay(1, numbered())), { concurrency: 2 })).toEqual(["0 write 0", "1000000 write 1", "2000000 write 2"]);
  });

  it("delay makes up for a thread that was busy", () => {
    const slowFirst: Simulation = { concurrency: 1, complete: (op, answered) => ({ outcome: { type: "ok", value: op.value }, latencyNs: answered === 0 ? 2_500_000 : 10 }) };

    expect(times(limit(4, delay(1, numbered())), slowFirst)).toEqual(["0 write 0", "2500000 write 1", "2500010 write 2", "3000000 write 3"]);
  });

  it.each(["exponential", "uniform"] as const)("stagger (%s) has the mean it is given, over all threads", (shape) => {
    const history = invocations(simulate(limit(2000, stagger({ meanMs: 3, shape }, numbered())), { concurrency: 5 }));

    const meanMs = history.at(-1)!.timeNs / 1e6 / (history.length - 1);

    expect(meanMs).toBeGreaterThan(2.7);
    expect(meanMs).toBeLessThan(3.3);
  });

  it("stagger gives the same times for the same seed, and others for another", () => {
    const generator = limit(5, stagger({ meanMs: 1 }, numbered()));
    const at = (text: string): string[] => times(generator, { concurrency: 3, random: new Random(seed(text)) });

    expect(at("a")).toEqual(at("a"));
    expect(at("a")).not.toEqual(at("b"));
  });

  it("stagger drops a backlog instead of bursting after a long stall", () => {
    const stall: Simulation = { concurrency: 1, complete: (op, answered) => ({ outcome: { type: "ok", value: op.value }, latencyNs: answered === 0 ? 1e9 : 10 }) };

    const history = invocations(simulate(timeLimit(1010, stagger({ meanMs: 1 }, numbered())), stall));

    expect(history.length).toBeLessThan(60);
  });

  it("timeLimit ends at its time, counted from when it is first asked", () => {
    expect(times(timeLimit(2.5, delay(1, numbered())), one)).toEqual(["0 write 0", "1000000 write 1", "2000000 write 2"]);
    expect(times(sequence([sleep(1), timeLimit(1.5, delay(1, numbered()))]), one)).toEqual(["1000000 write 0", "2000000 write 1"]);
  });

  it("timeLimit ends a generator that only waits", () => {
    const stuck: Simulation = { concurrency: 1, complete: (op) => ({ outcome: { type: "ok", value: op.value }, latencyNs: 5_000_000 }) };

    expect(times(sequence([timeLimit(2, numbered()), once(read)]), { ...stuck, concurrency: 2, nemesis: false })).toEqual(["0 write 0", "0 write 1", "5000000 read"]);
  });

  it("sleep is a pause within a sequence", () => {
    expect(times(sequence([once(write(1)), sleep(2), once(read)]), { concurrency: 2 })).toEqual(["0 write 1", "2000000 read"]);
  });

  it("a schedule of faults is a cycle of sleeps and calls", () => {
    const faults = nemesis(cycle(sequence([sleep(5), once({ f: "isolate", value: null }), sleep(5), once({ f: "heal", value: null })])));

    expect(schedule(timeLimit(18, faults), one)).toEqual(["5000000 nemesis isolate", "10000000 nemesis heal", "15000000 nemesis isolate"]);
  });
});

describe("threads", () => {
  it("eachThread gives every thread its own copy, with its own values", () => {
    const drawn = limit(2, calls("v", (_, random) => write(random.int(1_000_000))));

    const lines = schedule(clients(eachThread(drawn)), { concurrency: 3 });

    expect(lines.map((line) => line.split(" ").slice(0, 2).join(" ")).sort()).toEqual(["0 0", "0 1", "0 2", "10 0", "10 1", "10 2"]);
    expect(new Set(lines.map((line) => line.split(" ")[3])).size).toBe(6);
  });

  it("reserve keeps threads apart", () => {
    const history = schedule(limit(60, clients(reserve([[2, always(write(1))], [1, always({ f: "cas", value: [1, 2] })]], always(read)))), { concurrency: 5 });

    const roles = new Map(history.map((line) => [line.split(" ")[1], line.split(" ")[2]]));
    expect(Object.fromEntries(roles)).toEqual({ 0: "write", 1: "write", 2: "cas", 3: "read", 4: "read" });
  });

  it("reserve refuses to share out more threads than there are", () => {
    expect(() => schedule(clients(reserve([[3, always(write(1))]], always(read))), { concurrency: 2 })).toThrow(expect.objectContaining({ code: "BAD_OPTION", message: expect.stringContaining("3 threads are reserved of 2") }));
  });

  it("beside routes clients and nemesis apart", () => {
    const generator = beside({ clients: limit(2, always(read)), nemesis: callsOf([{ f: "cut", value: null }]) });

    expect(schedule(generator, one).sort()).toEqual(["0 0 read", "0 nemesis cut", "10 0 read"]);
  });

  it("an unrouted op never goes to the nemesis", () => {
    expect(schedule(limit(3, always(read)), one).every((line) => line.split(" ")[1] === "0")).toBe(true);
  });

  it("spreads ops over free threads", () => {
    const used = new Set(schedule(limit(1000, delay(1, always(read))), { concurrency: 40 }).map((line) => line.split(" ")[1]));

    expect(used.size).toBe(40);
  });

  it("a thread gets a new process after an info, and keeps its place", () => {
    const processes = invocations(simulate(limit(4, always(read)), { concurrency: 1, complete: perfectInfo() })).map((op) => op.process);

    expect(processes).toEqual([0, 1, 2, 3]);
  });

  it("threads of more than one word are all used and restricted exactly", () => {
    const history = invocations(simulate(clients(reserve([[70, eachThread(once(write(1)))]], eachThread(once(read)))), { concurrency: 100 }));

    const writers = history.filter((op) => op.f === "write").map((op) => op.process as number);
    expect(writers.sort((a, b) => a - b)).toEqual(Array.from({ length: 70 }, (_, i) => i));
    expect(history.filter((op) => op.f === "read")).toHaveLength(30);
  });
});

describe("choice", () => {
  it("mix chooses by weight, the same for the same seed", () => {
    const generator = limit(4000, mix("ops", [[3, always(read)], [1, numbered()]]));

    const reads = simulate(generator, { concurrency: 1 }).filter((op: Op) => op.type === "invoke" && op.f === "read").length;

    expect(reads).toBeGreaterThan(2800);
    expect(reads).toBeLessThan(3200);
    expect(schedule(generator, one)).toEqual(schedule(generator, one));
  });

  it("mix goes on with the others when one is exhausted or waits", () => {
    const generator = mix("ops", [[1, limit(2, always(read))], [1, limit(3, numbered())], [5, sleep(1)]]);

    expect(schedule(generator, one).map((line) => line.split(" ")[2]).sort()).toEqual(["read", "read", "write", "write", "write"]);
  });

  it("any takes what comes first, in turn when they tie", () => {
    const generator = limit(4, any(always(write(1)), always(read)));

    expect(schedule(generator, one).map((line) => line.split(" ")[2])).toEqual(["write", "read", "write", "read"]);
  });

  it("any wakes a member that sleeps although another has an op for later", () => {
    const generator = any(delay(10, callsOf([write(1), write(2)])), sequence([sleep(3), once(read)]));

    expect(times(generator, one)).toEqual(["0 write 1", "3000000 read", "10000000 write 2"]);
  });

  it("shortestAny ends with its first member", () => {
    expect(schedule(shortestAny(limit(2, always(read)), sequence([sleep(5), always(write(1))])), one)).toEqual(["0 0 read", "10 0 read"]);
  });

  it("filter skips, map changes", () => {
    const generator = map((op) => ({ f: "put", value: Number(op.value) * 10 }), filter((op) => Number(op.value) % 2 === 1, numbered()));

    expect(schedule(limit(3, generator), one)).toEqual(["0 0 put 10", "10 0 put 30", "20 0 put 50"]);
  });

  it("limit bounds the number of ops", () => {
    expect(values(limit(2, numbered()), { concurrency: 5 })).toEqual([0, 1]);
    expect(schedule(limit(0, numbered()), one)).toEqual([]);
  });

  it("untilOk goes on through fail and info and stops at ok", () => {
    const types = simulate(untilOk(always(read)), { concurrency: 1, nemesis: false, complete: imperfect() }).map((op) => op.type);

    expect(types).toEqual(["invoke", "fail", "invoke", "info", "invoke", "ok"]);
  });

  it("untilOk does not take another generator's ok for its own", () => {
    const own = untilOk(always(read));
    const complete: Simulation["complete"] = (op, answered) => ({ outcome: { type: op.f === "read" && answered < 6 ? "fail" : "ok", value: op.value }, latencyNs: 10 });

    const history = simulate(any(own, limit(3, numbered())), { concurrency: 1, nemesis: false, complete });

    expect(history.filter((op) => op.f === "read" && op.type === "ok")).toHaveLength(1);
    expect(history.at(-1)).toMatchObject({ f: "read", type: "ok" });
  });

  it("a generator that waits for ever is an error, not a hang", () => {
    const stuck: OpGenerator = { draw: () => ({ kind: "pending", next: stuck }), update: () => stuck };

    expect(() => simulate(stuck, one)).toThrow("waits for ever at 0 ns");
  });

  it("flipFlop alternates and ends with the first that ends", () => {
    expect(schedule(flipFlop(numbered(), callsOf([read, read])), one)).toEqual(["0 0 write 0", "10 0 read", "20 0 write 1", "30 0 read", "40 0 write 2"]);
  });

  it("concurrencyLimit bounds how many of its ops are open", () => {
    expect(times(limit(5, concurrencyLimit(2, numbered())), { concurrency: 10 })).toEqual(["0 write 0", "0 write 1", "10 write 2", "10 write 3", "20 write 4"]);
  });

  it("an op that was drawn but skipped counts for none of them", () => {
    const odd = (inner: OpGenerator): OpGenerator => filter((op) => Number(op.value) % 2 === 1, inner);

    expect(times(limit(3, odd(concurrencyLimit(1, numbered()))), { concurrency: 4 })).toEqual(["0 write 1", "10 write 3", "20 write 5"]);
    expect(values(limit(20, odd(processLimit(4, numbered()))), { concurrency: 4 })).toHaveLength(20);
  });

  it("processLimit ends when crashes would bring in one process too many", () => {
    expect(invocations(simulate(processLimit(5, always(read)), { concurrency: 2, complete: perfectInfo() }))).toHaveLength(5);
    expect(invocations(simulate(limit(50, processLimit(5, always(read))), { concurrency: 2 }))).toHaveLength(50);
  });
});

describe("keys", () => {
  const keyed = (keys: number, perKey: number): OpGenerator =>
    concurrentKeys(2, {
      key: (index) => (index < keys ? `k${index}` : undefined),
      generator: () => limit(perKey, calls("v", (_, random) => write(random.int(1_000_000)))),
      word: (key, { f, value }) => ({ f, value: [key, value] }),
    });
  const keyAndThread = (op: Op): [key: string, thread: number] => [String((op.value as string[])[0]), op.process % 5];

  it("are worked on one by each group of threads, and by no one else", () => {
    const history = invocations(simulate(clients(keyed(7, 10)), { concurrency: 5 }));

    const groups = new Map<string, Set<number>>();
    for (const [key, thread] of history.map(keyAndThread)) groups.set(key, (groups.get(key) ?? new Set()).add(thread >> 1));
    expect(history).toHaveLength(70);
    expect([...groups.keys()].sort()).toEqual(["k0", "k1", "k2", "k3", "k4", "k5", "k6"]);
    expect([...groups.values()].every((of) => of.size === 1 && !of.has(2))).toBe(true);
  });

  it("each have their own values, the same for the same seed whatever the timing", () => {
    const valuesOf = (options: Simulation): string[] => invocations(simulate(clients(keyed(5, 4)), options)).map((op) => JSON.stringify(op.value)).sort();

    const fast = valuesOf({ concurrency: 4 });

    expect(new Set(fast).size).toBe(20);
    expect(valuesOf({ concurrency: 4, complete: imperfect(777) })).toEqual(fast);
  });

  it("of none is nothing", () => {
    expect(schedule(clients(keyed(0, 4)), { concurrency: 4 })).toEqual([]);
  });

  it("need as many threads as work on one", () => {
    expect(() => simulate(clients(keyed(1, 1)), one)).toThrow("there are the 2 threads that work on one key (there are 1)");
  });
});
