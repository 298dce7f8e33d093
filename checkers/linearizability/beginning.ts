import type { Budget } from "../../harness/budget.ts";
import type { Json } from "../../harness/json.ts";
import { NEVER, type Part } from "./parts.ts";
import { Search } from "./search.ts";
import { canBeginAnywhere, explainable, partProblem, type Window, windowPart } from "./window.ts";

/**
 * A later beginning of a proof: operations of it that returned before any other was called, and that leave the object in
 * one single state, are replaced by that state.
 *
 *     C0  |- write 4 -|                                       the register holds 4
 *     C1                 |- cas 4 to 0 -|               →     C1  |- cas 4 to 0 -|
 *     C2                                  |- read → 4 -|      C2                   |- read → 4 -|
 *
 * Nothing is lost and nothing gained: real time puts them first in every order. An operation that never returned, or was
 * forgotten, may be needed among them; where every way to that state uses it up, it is gone, too. Then what is left can be
 * deleted one by one without leaving somebody behind who saw what was deleted (see `deletion.ts`).
 */
export interface Beginning {
  /** What the object holds. */
  readonly value: Json;
  /** Operations of the proof that are replaced, ascending. */
  readonly replaced: readonly number[];
  /** Operations outside the proof that took effect among them. */
  readonly used: readonly number[];
}

/**
 * The earliest beginning from which deleting any one of the operations left makes the rest explainable; undefined: none, or
 * not found within the budget. At most `kept.length` beginnings, with as many questions to the search each.
 */
export function deletableBeginning(part: Part, proof: Window, budget: Budget): Beginning | undefined {
  for (const beginning of beginnings(part, proof, budget)) {
    const window = begunWindow(proof, beginning);
    const isNeeded = (operation: number): boolean => {
      const kept = window.kept.filter((other) => other !== operation);
      return explainable(part, { ...window, kept, deleted: [...window.deleted, operation] }, budget) === true;
    };
    if (window.kept.every(isNeeded)) return beginning;
  }
  return undefined;
}

/** Every later beginning of a window, the earliest first. */
export function* beginnings(part: Part, window: Window, budget: Budget): Generator<Beginning> {
  if (!canBeginAnywhere(part)) return;
  const { kept } = window;
  for (const first of kept) {
    const cut = part.calls[first]!;
    const replaced = kept.filter((operation) => part.calls[operation]! < cut);
    if (replaced.length === 0 || replaced.some((operation) => part.returns[operation]! > cut)) continue;
    const beginning = onlyEnd(part, { from: window.from, to: cut, kept: replaced }, budget);
    if (beginning !== undefined) yield beginning;
  }
}

/** The window with that beginning. */
export function begunWindow(window: Window, { value, replaced, used }: Beginning): Window & { readonly deleted: readonly number[] } {
  const gone = [...replaced, ...used];
  return { ...window, kept: window.kept.filter((operation) => !gone.includes(operation)), deleted: gone, initial: value };
}

/** What a window leads to, if that is one single state, with no choice of what was used up that matters. */
function onlyEnd(part: Part, window: Window, budget: Budget): Beginning | undefined {
  const sub = windowPart(part, window);
  const problem = partProblem(part, sub, { keepValues: true, initialUnknown: window.from > 0 });
  const search = new Search(problem);
  const ends = search.ends(budget) ?? [];
  // Whatever can follow an end can follow one in the same state that used up less.
  const least = ends.find((end) => ends.every((other) => other.state === end.state && other.used.every((count, index) => end.used[index]! <= count)));
  const values = least === undefined ? undefined : problem.machine.values(least.state);
  if (least === undefined || values?.length !== 1) return undefined;
  const used = least.used.flatMap((count, index) => {
    const id = search.crashedClasses[index];
    return Array.from(sub.invocations.keys())
      .filter((i) => problem.classes[i] === id && sub.returns[i] === NEVER)
      .slice(0, count)
      .map((i) => part.invocations.indexOf(sub.invocations[i]!));
  });
  return { value: values[0]!, replaced: window.kept, used };
}
