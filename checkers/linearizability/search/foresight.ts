import { NEVER } from "../parts.ts";
import type { Doom, SearchProblem } from "../search-problem.ts";
import type { Configuration } from "./configuration.ts";

/** The rules that look ahead of the present configuration, whose `waiting` operations must be listed. O(those) a question. */
export class Foresight {
  readonly #problem: SearchProblem;
  readonly #here: Configuration;

  constructor(problem: SearchProblem, here: Configuration) {
    this.#problem = problem;
    this.#here = here;
  }

  /** Whether leaving the present state by anything but operation `except` (-1: by anything) strands an operation that needs it. */
  mustStay(except: number): boolean {
    const { part, classes, lookahead } = this.#problem;
    if (lookahead === undefined) return false;
    const { state, front, waiting, waitingCount, crashed } = this.#here;
    let deadline = lookahead.nextNeed(state, front);
    for (let at = 0; at < waitingCount; at++) {
      const operation = waiting[at]!;
      if (operation === except) continue;
      const id = classes[operation]!;
      if (lookahead.produces(id, state)) return false;
      if (part.returns[operation]! < deadline && lookahead.consumes(id, state)) deadline = part.returns[operation]!;
    }
    if (deadline === NEVER || lookahead.nextSource(state, front) < deadline) return false;
    for (const index of crashed.leadingTo(state)) if (crashed.isLeft(index) && lookahead.produces(crashed.classes[index]!, state)) return false;
    return true;
  }

  /** Whether from `state` on an answer that must come can no longer come, and nothing resets the object in time and to the purpose. */
  isDoomed(state: number): boolean {
    const { doom } = this.#problem;
    if (doom === undefined) return false;
    const { front, waiting, waitingCount } = this.#here;
    const next = doom.nextNeed(front);
    if (next >= 0 && this.#strands(doom, next, state)) return true;
    for (let at = 0; at < waitingCount; at++) if (this.#strands(doom, waiting[at]!, state)) return true;
    return false;
  }

  /** Whether the operation is stuck from `state` on, and nothing open, crashed, or called before its return makes it possible again. */
  #strands(doom: Doom, operation: number, state: number): boolean {
    const { part, classes } = this.#problem;
    const { front, waiting, waitingCount, crashed } = this.#here;
    const id = classes[operation]!;
    if (!doom.stuck(id, state) || doom.nextRescue(id, front) < part.returns[operation]!) return false;
    for (let at = 0; at < waitingCount; at++) if (doom.rescues(classes[waiting[at]!]!, id)) return false;
    return !crashed.classes.some((other, index) => crashed.isLeft(index) && doom.rescues(other, id));
  }
}
