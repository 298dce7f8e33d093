import { assert } from "../assert.ts";
import { type Draw, earlier, exhausted, type OpGenerator, pending } from "../generator.ts";
import type { Random } from "../random.ts";
import { updateAll } from "./any.ts";

/** One of several, by weight: `[3, reads]` comes three times as often as `[1, writes]`. */
export type Weighted = readonly [weight: number, generator: OpGenerator];

/**
 * For each op one of the generators, chosen by weight from label and index. A chosen one that has nothing now gives way
 * to the next in a draw without replacement, so a waiting member never blocks the others.
 * Members that are exhausted leave; exhausted when all are. Events go to all.
 */
export function mix(label: string, members: readonly Weighted[]): OpGenerator {
  assert(members.every(([weight]) => weight > 0), `the weights of mix ${label} are positive`);
  return at(0, members.map(([weight]) => weight), members.map(([, generator]) => generator));

  function at(index: number, weights: readonly number[], generators: readonly OpGenerator[]): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        // With nobody free every member can only wait or be exhausted, in whatever order they are asked.
        const random = context.pick() === undefined ? undefined : context.random.fork(`${label}/${index}`);
        const left: (OpGenerator | undefined)[] = [...generators];
        const remaining = [...weights];
        let later: (Draw & { kind: "op" }) | undefined;
        let laterPlace = -1;
        let untilNs: number | undefined;
        for (let tries = 0; tries < generators.length; tries++) {
          const place = random === undefined ? tries : choose(random, remaining);
          remaining[place] = 0;
          const draw = generators[place]!.draw(context);
          if (draw.kind === "exhausted") left[place] = undefined;
          else if (draw.kind === "pending") {
            left[place] = draw.next;
            untilNs = earlier(untilNs, draw.untilNs);
          } else if (draw.op.timeNs <= context.timeNs) return take(draw, place, left);
          else if (later === undefined || draw.op.timeNs < later.op.timeNs) {
            later = draw;
            laterPlace = place;
          }
        }
        if (left.every((member) => member === undefined)) return exhausted;
        if (later === undefined || (untilNs !== undefined && untilNs < later.op.timeNs)) return pending(keep(index, left), untilNs);
        return take(later, laterPlace, left);
      },
      update(context, event) {
        const next = updateAll(generators, (member) => member.update(context, event));
        return next === generators ? self : at(index, weights, next);
      },
    };
    return self;

    function take(draw: Draw & { kind: "op" }, place: number, left: (OpGenerator | undefined)[]): Draw {
      left[place] = draw.next;
      return { kind: "op", op: draw.op, next: keep(index + 1, left) };
    }

    function keep(next: number, left: readonly (OpGenerator | undefined)[]): OpGenerator {
      if (left.every((member) => member !== undefined)) return at(next, weights, left);
      return at(next, weights.filter((_, place) => left[place] !== undefined), left.filter((member) => member !== undefined));
    }
  }
}

/** An index with probability proportional to its weight; at least one weight is above 0. */
function choose(random: Random, weights: readonly number[]): number {
  let total = 0;
  for (const weight of weights) total += weight;
  let rest = random.float() * total;
  let last = -1;
  for (let place = 0; place < weights.length; place++) {
    const weight = weights[place]!;
    if (weight === 0) continue;
    last = place;
    if (rest < weight) return place;
    rest -= weight;
  }
  return last;
}
