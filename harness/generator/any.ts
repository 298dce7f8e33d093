import { type Draw, earlier, exhausted, type OpGenerator, pending } from "../generator.ts";

/**
 * Whatever comes first of several generators that run beside each other. Ties go around in turn, so none starves.
 * Events go to all; exhausted when all are.
 */
export function any(...generators: readonly OpGenerator[]): OpGenerator {
  return soonest(generators, { turn: 0, ends: "last" });
}

/** The same, but exhausted as soon as one is. */
export function shortestAny(...generators: readonly OpGenerator[]): OpGenerator {
  return soonest(generators, { turn: 0, ends: "first" });
}

function soonest(members: readonly OpGenerator[], state: { readonly turn: number; readonly ends: "first" | "last" }): OpGenerator {
  if (members.length === 1) return members[0]!;
  const self: OpGenerator = {
    draw(context) {
      const left: OpGenerator[] = [];
      let best: (Draw & { kind: "op" }) | undefined;
      let bestPlace = -1;
      let untilNs: number | undefined;
      // Members that only wait move on to what they said; of those with an op only the chosen one does.
      for (let step = 0; step < members.length; step++) {
        const place = (state.turn + step) % members.length;
        const member = members[place]!;
        const draw = member.draw(context);
        switch (draw.kind) {
          case "exhausted":
            if (state.ends === "first") return exhausted;
            break;
          case "pending":
            left.push(draw.next);
            untilNs = earlier(untilNs, draw.untilNs);
            break;
          case "op":
            if (best === undefined || draw.op.timeNs < best.op.timeNs) {
              best = draw;
              bestPlace = left.length;
            }
            left.push(member);
        }
      }
      if (left.length === 0) return exhausted;
      // `left` begins with the member whose turn it was: the next turn is its second.
      if (best === undefined) return pending(soonest(left, { turn: 0, ends: state.ends }), untilNs);
      if (untilNs !== undefined && untilNs < best.op.timeNs) return pending(soonest(left, { turn: 0, ends: state.ends }), untilNs);
      left[bestPlace] = best.next;
      return { kind: "op", op: best.op, next: soonest(left, { turn: (bestPlace + 1) % left.length, ends: state.ends }) };
    },
    update(context, event) {
      const next = updateAll(members, (member) => member.update(context, event));
      return next === members ? self : soonest(next, state);
    },
  };
  return self;
}

/** Every member updated; the same list when none changed. */
export function updateAll(members: readonly OpGenerator[], update: (member: OpGenerator) => OpGenerator): readonly OpGenerator[] {
  let changed: OpGenerator[] | undefined;
  for (let i = 0; i < members.length; i++) {
    const member = members[i]!;
    const next = update(member);
    if (next === member) continue;
    changed ??= [...members];
    changed[i] = next;
  }
  return changed ?? members;
}
