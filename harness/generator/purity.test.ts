import { describe, expect, it } from "vitest";
import type { Draw, GeneratorContext, OpGenerator } from "../generator.ts";
import { seed } from "../ids.ts";
import type { Op } from "../op.ts";
import { Random } from "../random.ts";
import { any, shortestAny } from "./any.ts";
import { calls, callsOf } from "./calls.ts";
import { clients, nemesis } from "./clients.ts";
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
import { sequence } from "./sequence.ts";
import { imperfect, simulate } from "./simulate.ts";
import { sleep } from "./sleep.ts";
import { stagger } from "./stagger.ts";
import { synchronize } from "./synchronize.ts";
import { timeLimit } from "./time-limit.ts";
import { untilOk } from "./until.ts";

/**
 * What every generator promises, held on random trees of combinators: a draw that is not taken leaves no trace, so the
 * same question has the same answer; an op is for a thread that is free and allowed, and not in the past; what is
 * bounded ends; a wait ends by itself or with an op that is open.
 */
const makers: readonly ((random: Random, child: () => OpGenerator) => OpGenerator)[] = [
  (random, child) => limit(random.int(20), child()),
  (_, child) => sequence([child(), child()]),
  (_, child) => phases(child(), child()),
  (_, child) => any(child(), child()),
  (_, child) => shortestAny(child(), child()),
  (random, child) => mix(`mix-${random.int(9)}`, [[1, child()], [2, child()], [3, child()]]),
  (random, child) => stagger({ meanMs: random.int(3), shape: random.pick(["exponential", "uniform"]) }, child()),
  (random, child) => delay(random.int(3), child()),
  (random, child) => timeLimit(random.int(30), child()),
  (_, child) => eachThread(child()),
  (_, child) => synchronize(child()),
  (_, child) => untilOk(child()),
  (_, child) => filter((op) => op.f !== "b", child()),
  (_, child) => map((op) => ({ f: op.f, value: [op.value] }), child()),
  (random, child) => repeat(child(), random.int(5)),
  (random, child) => cycle(child(), random.int(4)),
  (_, child) => flipFlop(child(), child()),
  (random, child) => concurrencyLimit(1 + random.int(3), child()),
  (random, child) => processLimit(1 + random.int(8), child()),
  (random, child) => sequence([sleep(random.int(5)), child()]),
];
const leaves: readonly ((random: Random) => OpGenerator)[] = [
  () => once({ f: "a", value: 1 }),
  (random) => limit(1 + random.int(30), always({ f: "c", value: null })),
  (random) => callsOf(["a", "b", "c"].slice(random.int(3)).map((f) => ({ f, value: null }))),
  (random) => limit(random.int(20), calls(`calls-${random.int(9)}`, (index, source) => (index > 25 ? null : { f: source.pick(["a", "b", "c"]), value: source.int(1000) }))),
];

function tree(random: Random, depth: number): OpGenerator {
  if (depth === 0 || random.chance(0.15)) return random.pick(leaves)(random);
  return random.pick(makers)(random, () => tree(random, depth - 1));
}

/** Asks everything twice, and looks at every answer. */
function watched(inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw(context) {
      const first = inner.draw(context);
      expect(shown(inner.draw(context))).toEqual(shown(first));
      if (first.kind === "op") {
        expect(context.isFree(first.op.thread)).toBe(true);
        expect(first.op.timeNs).toBeGreaterThanOrEqual(context.timeNs);
        return { ...first, next: watched(first.next) };
      }
      if (first.kind === "pending" && first.untilNs !== undefined) expect(first.untilNs).toBeGreaterThan(context.timeNs);
      return first.kind === "pending" ? { ...first, next: watched(first.next) } : first;
    },
    update: (context: GeneratorContext, event: Op) => watched(inner.update(context, event)),
  };
  return self;
}

function shown(draw: Draw): unknown {
  return draw.kind === "op" ? draw.op : draw.kind === "pending" ? draw.untilNs : draw.kind;
}

const text = "purity-1";
describe(`random trees of combinators (seed ${text})`, () => {
  const random = new Random(seed(text));

  it.each(Array.from({ length: 12 }, (_, batch) => batch))("batch %i keeps every promise", (batch) => {
    for (let number = 0; number < 25; number++) {
      const own = random.fork(`${batch}/${number}`);
      const inner = limit(3, tree(own, 3));
      const keyed = concurrentKeys(1 + own.int(2), { key: (index) => (index < 5 ? index : undefined), generator: () => inner, word: (_key, { f, value }) => ({ f, value }) });
      const top = own.pick([() => tree(own, 4), () => reserve([[1, tree(own, 3)], [2, keyed]], tree(own, 3)), () => keyed])();
      const generator = any(clients(top), nemesis(limit(3, tree(own, 2))));
      const concurrency = 3 + own.int(5);
      const options = { concurrency, complete: imperfect(own.int(2_000_000)), opsMax: 600, random: own.fork("values") };

      const history = simulate(watched(generator), options);

      expect(simulate(generator, options), `tree ${batch}/${number}`).toEqual(history);
      const times = history.map((op) => op.timeNs);
      expect(times, `tree ${batch}/${number}`).toEqual(times.toSorted((a, b) => a - b));
    }
  });
});
