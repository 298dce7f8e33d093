import { assert } from "../assert.ts";
import { type Draw, earlier, exhausted, type GeneratorContext, type OpGenerator, pending } from "../generator.ts";
import type { Op } from "../op.ts";
import type { Random } from "../random.ts";
import { updateAll } from "./any.ts";
import { NumberedForks } from "./numbered-forks.ts";

/** One of several, by weight: `[3, reads]` comes three times as often as `[1, writes]`. */
export type Weighted = readonly [weight: number, generator: OpGenerator];

/**
 * For each op one of the generators, chosen by weight from label and index. A chosen one that has nothing now gives way
 * to the next in a draw without replacement, so a waiting member never blocks the others.
 * Members that are exhausted leave; exhausted when all are. Events go to all.
 */
export function mix(label: string, members: readonly Weighted[]): OpGenerator {
  assert(members.every(([weight]) => weight > 0), `the weights of mix ${label} are positive`);
  return new Mix({ lots: new NumberedForks(label), index: 0, weights: members.map(([weight]) => weight), members: members.map(([, generator]) => generator) });
}

interface MixState {
  readonly lots: NumberedForks;
  /** Of the next op. */
  readonly index: number;
  readonly weights: readonly number[];
  readonly members: readonly OpGenerator[];
}
/** Members after a draw; undefined in the place of one that is exhausted. */
type Left = readonly (OpGenerator | undefined)[];

class Mix implements OpGenerator {
  readonly #state: MixState;

  constructor(state: MixState) {
    this.#state = state;
  }

  draw(context: GeneratorContext): Draw {
    const { lots, index, weights, members } = this.#state;
    // With nobody free every member can only wait or be exhausted, in whatever order they are asked.
    const random = context.pick() === undefined ? undefined : lots.of(context.random, index);
    let left: Left = members;
    let remaining = weights;
    let later: (Draw & { kind: "op" }) | undefined;
    let laterPlace = -1;
    let untilNs: number | undefined;
    for (let tries = 0; tries < members.length; tries++) {
      const place = random === undefined ? tries : choose(random, remaining);
      const draw = members[place]!.draw(context);
      if (draw.kind === "op" && draw.op.timeNs <= context.timeNs) return this.#take(draw, place, left);
      remaining = remaining.with(place, 0);
      if (draw.kind === "exhausted") left = left.with(place, undefined);
      else if (draw.kind === "pending") {
        left = replaced(left, place, draw.next);
        untilNs = earlier(untilNs, draw.untilNs);
      } else if (later === undefined || draw.op.timeNs < later.op.timeNs) {
        later = draw;
        laterPlace = place;
      }
    }
    if (left.every((member) => member === undefined)) return exhausted;
    if (later === undefined || (untilNs !== undefined && untilNs < later.op.timeNs)) return pending(this.#keep(index, left), untilNs);
    return this.#take(later, laterPlace, left);
  }

  update(context: GeneratorContext, event: Op): OpGenerator {
    const { members } = this.#state;
    const next = updateAll(members, (member) => member.update(context, event));
    return next === members ? this : new Mix({ ...this.#state, members: next });
  }

  #take(draw: Draw & { kind: "op" }, place: number, left: Left): Draw {
    return { kind: "op", op: draw.op, next: this.#keep(this.#state.index + 1, replaced(left, place, draw.next)) };
  }

  #keep(index: number, left: Left): OpGenerator {
    const { lots, weights, members } = this.#state;
    if (left === members && index === this.#state.index) return this;
    if (left.every((member) => member !== undefined)) return new Mix({ lots, index, weights, members: left });
    return new Mix({ lots, index, weights: weights.filter((_, place) => left[place] !== undefined), members: left.filter((member) => member !== undefined) });
  }
}

/** The same list where it would not change. */
function replaced(list: Left, place: number, next: OpGenerator): Left {
  return list[place] === next ? list : list.with(place, next);
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
