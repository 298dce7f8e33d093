import { assert } from "../assert.ts";
import { type Draw, earlier, exhausted, type GeneratorContext, type OpGenerator, pending, type PlannedOp, type ThreadSet } from "../generator.ts";
import type { Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { Random } from "../random.ts";
import { threadSet } from "./threads.ts";

/**
 * Many independent objects in one run. Linearizability is local (Herlihy and Wing, 1990): a history of many keys is
 * linearizable when each key's is, so keys that live briefly keep the checker's work small however long the run is.
 * After jepsen.independent.
 *
 *     threads 0 1   key 0 ────────┤ key 3 ───┤ key 5 …
 *     threads 2 3   key 1 ───┤ key 2 ───────────┤ key 4 …
 */
export interface KeyedOptions {
  /** The key of that index; undefined when there are no more. Pure. */
  readonly key: (index: number) => Json | undefined;
  /** What is done with a key: must end by itself (`limit`, `processLimit`, `timeLimit`). Each key has its own values. */
  readonly generator: (key: Json) => OpGenerator;
  /** How a call says its key: `(key, { f, value }) => ({ f, value: [key, value] })`. */
  readonly word: (key: Json, op: PlannedOp) => Call;
}

/** Groups of `threadsPerKey` threads work on one key each; a group goes on to the next key when its own is done. Threads left over rest. */
export function concurrentKeys(threadsPerKey: number, options: KeyedOptions): OpGenerator {
  const self: OpGenerator = {
    draw: (context) => start(context).draw(context),
    update: (context, event) => start(context).update(context, event),
  };
  return self;

  function start(context: GeneratorContext): OpGenerator {
    const threads = context.threads.filter((thread) => thread !== "nemesis");
    const count = Math.floor(threads.length / threadsPerKey);
    assert(count >= 1, `there are the ${threadsPerKey} threads that work on one key (there are ${threads.length})`);
    const sets = Array.from({ length: count }, (_, i) => threadSet(threads.slice(i * threadsPerKey, (i + 1) * threadsPerKey), false));
    let nextKey = 0;
    const groups = sets.map((set) => begin(context, set, nextKey++));
    return working(groups, { nextKey, turn: 0 });
  }

  /** A group at the key of that index; undefined when there is none. */
  function begin(context: GeneratorContext, set: ThreadSet, index: number): Group | undefined {
    const key = options.key(index);
    return key === undefined ? undefined : { set, key, random: context.random.fork(`key-${index}`), generator: options.generator(key) };
  }

  /** `nextKey`: the first index that no group has had. Groups without a key are undefined. */
  function working(groups: readonly (Group | undefined)[], state: { readonly nextKey: number; readonly turn: number }): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const now = [...groups];
        let { nextKey } = state;
        let best: (Draw & { kind: "op" }) | undefined;
        let bestPlace = -1;
        let untilNs: number | undefined;
        for (let step = 0; step < groups.length; step++) {
          const place = (state.turn + step) % groups.length;
          for (let group = now[place]; group !== undefined; group = now[place]) {
            const draw = group.generator.draw(context.only(group.set).under(group.random));
            if (draw.kind === "exhausted") {
              now[place] = begin(context, group.set, nextKey++);
              assert(nextKey - state.nextKey < emptyKeysMax, `one of ${emptyKeysMax} keys in a row has an op`);
              continue;
            }
            if (draw.kind === "pending") {
              now[place] = { ...group, generator: draw.next };
              untilNs = earlier(untilNs, draw.untilNs);
            } else if (best === undefined || draw.op.timeNs < best.op.timeNs) {
              best = draw;
              bestPlace = place;
            }
            break;
          }
          if (best !== undefined && best.op.timeNs <= context.timeNs) break;
        }
        if (now.every((group) => group === undefined)) return exhausted;
        if (best === undefined || (untilNs !== undefined && untilNs < best.op.timeNs)) return pending(working(now, { nextKey, turn: state.turn }), untilNs);
        const group = now[bestPlace]!;
        now[bestPlace] = { ...group, generator: best.next };
        const { f, value } = options.word(group.key, best.op);
        return { kind: "op", op: { ...best.op, f, value }, next: working(now, { nextKey, turn: (bestPlace + 1) % groups.length }) };
      },
      update(context, event) {
        const thread = context.threadOf(event.process);
        const place = groups.findIndex((group) => group !== undefined && context.only(group.set).has(thread));
        const group = groups[place];
        if (group === undefined) return self;
        const next = group.generator.update(context.only(group.set).under(group.random), event);
        return next === group.generator ? self : working(groups.with(place, { ...group, generator: next }), state);
      },
    };
    return self;
  }
}

const emptyKeysMax = 100_000;

interface Group {
  readonly set: ThreadSet;
  readonly key: Json;
  readonly random: Random;
  readonly generator: OpGenerator;
}
