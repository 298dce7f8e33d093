import { describe, expect, it } from "vitest";
import { seed } from "./ids.ts";
import { Random } from "./random.ts";
import { TimerZone, type ZoneOperation, type ZoneTimer } from "./timer-zone.ts";

describe("a zone of timers", () => {
  it.each([
    ["a longer timer cannot fire before a shorter one that was set with it", [at(10)], [at(20)], false],
    ["it can where clocks drift far enough", [at(10, 25)], [at(20, 40)], true],
    ["ties go either way", [at(10)], [at(10)], true],
  ] as const)("%s", (_claim, [one], [other], possible) => {
    const both = TimerZone.empty.after([set("a", one), set("b", other)])!;

    expect(both.after([{ op: "fire", name: "a" }])).toBeDefined();
    expect(both.after([{ op: "fire", name: "b" }]) !== undefined).toBe(possible);
  });

  it("a timer set again begins anew", () => {
    const begun = TimerZone.empty.after([set("a", at(10)), set("b", at(15))])!;

    expect(begun.after([{ op: "fire", name: "a" }, set("a", at(10))])!.after([{ op: "fire", name: "a" }])).toBeUndefined();
    expect(begun.after([set("a", at(16))])!.after([{ op: "fire", name: "a" }])).toBeUndefined();
  });

  it("is the same whatever led to it", () => {
    const one = TimerZone.empty.after([set("a", at(10)), set("b", at(10, 15))])!;
    const other = TimerZone.empty.after([set("c", at(3)), set("b", at(10, 15)), set("a", at(10)), { op: "forget", prefix: "c" }])!;

    expect(other.key).toBe(one.key);
  });

  it.each(Array.from({ length: 60 }, (_, i) => i))("allows exactly what some whole numbers of time units allow (seed %i)", (number) => {
    // Bounds are closed and whole, so whatever is possible is possible with whole delays: those are all tried.
    const random = new Random(seed(`zones ${number}`));
    let zone = TimerZone.empty;
    let ages = new Set(["[]"]);
    for (let step = 0; step < 12; step++) {
      const timers = (JSON.parse([...ages][0]!) as Aged[]).map(({ timer }) => timer);
      const sets = timers.length === 0 || (timers.length < 3 && random.chance(0.6));
      const operation = sets ? set(random.pick(["a", "b", "c"]), drawn(random)) : { op: "fire" as const, name: random.pick(timers).name };
      const expected = stepped(ages, operation);
      const after = zone.after([operation]);
      expect(after !== undefined).toBe(expected.size > 0);
      if (after === undefined) continue;
      zone = after;
      ages = expected;
    }
  });
});

/** One possible set of ages. */
interface Aged {
  readonly timer: ZoneTimer;
  readonly age: number;
}

/** The oracle: all whole ages after the operation, and then after any whole time. */
function stepped(before: ReadonlySet<string>, operation: ZoneOperation): Set<string> {
  const after = new Set<string>();
  for (const text of before) {
    const ages = JSON.parse(text) as Aged[];
    if (operation.op === "fire" && !ages.some(({ timer, age }) => timer.name === operation.name && age >= timer.leastNs)) continue;
    const name = operation.op === "set" ? operation.timer.name : operation.op === "fire" ? operation.name : "";
    const left = ages.filter(({ timer }) => timer.name !== name);
    if (operation.op === "set") left.push({ timer: operation.timer, age: 0 });
    for (let time = 0; time <= 20 && left.every(({ timer, age }) => age + time <= timer.mostNs); time++) {
      after.add(JSON.stringify(left.map(({ timer, age }) => ({ timer, age: age + time }))));
      if (left.length === 0) break;
    }
  }
  return after;
}

type Duration = Pick<ZoneTimer, "leastNs" | "mostNs">;

function at(leastNs: number, mostNs: number = leastNs): Duration {
  return { leastNs, mostNs };
}

function drawn(random: Random): Duration {
  const leastNs = random.int(8);
  return { leastNs, mostNs: leastNs + random.int(5) };
}

function set(name: string, duration: Duration): ZoneOperation {
  return { op: "set", timer: { name, ...duration } };
}
