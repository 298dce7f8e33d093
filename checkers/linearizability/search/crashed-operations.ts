import { NEVER } from "../parts.ts";
import type { SearchProblem } from "../search-problem.ts";

/**
 * Operations that never returned, as a counter for each class: one may take effect at any time after its call, or never,
 * and those of a class cannot be told apart.
 */
export class CrashedOperations {
  /** The classes that crashed operations have; elsewhere here a class is named by its index in this list. */
  readonly classes: readonly number[];
  /** By operation: index of its class, -1 for one that returned or cannot matter. */
  readonly indexOf: Int32Array;
  /** By class: how many were called before the front. */
  readonly called: Int32Array;
  /** By class: how many of those took effect. */
  readonly used: Int32Array;
  /** Classes whose target is a state that some crashed class needs: they may lead on to it. */
  readonly links: readonly number[];
  /** By state, for objects with lookahead: the classes that lead to it. */
  readonly #leading: number[][] = [];

  constructor({ part, classes, lookahead }: SearchProblem) {
    this.indexOf = new Int32Array(part.count).fill(-1);
    const found: number[] = [];
    const known = new Map<number, number>();
    for (let i = 0; i < part.count; i++) {
      if (part.returns[i] !== NEVER || classes[i]! < 0) continue;
      let index = known.get(classes[i]!);
      if (index === undefined) {
        index = found.push(classes[i]!) - 1;
        known.set(classes[i]!, index);
      }
      this.indexOf[i] = index;
    }
    this.classes = found;
    this.called = new Int32Array(found.length);
    this.used = new Int32Array(found.length);
    const links = new Set<number>();
    if (lookahead !== undefined) {
      found.forEach((id, index) => {
        const target = lookahead.target(id);
        while (this.#leading.length <= target) this.#leading.push([]);
        this.#leading[target]?.push(index);
      });
      for (const id of found) for (const index of this.leadingTo(lookahead.needed(id))) links.add(index);
    }
    this.links = [...links];
  }

  /** Whether one of the class was called and has not taken effect. */
  isLeft(index: number): boolean {
    return this.called[index]! > this.used[index]!;
  }

  /** Classes that lead to `state` whatever the state was; known for objects with lookahead. */
  leadingTo(state: number): readonly number[] {
    return state >= 0 && state < this.#leading.length ? this.#leading[state]! : none;
  }

  /** A log in which `-1 - index` stands for any operation of that class, with operations instead: those called first. */
  named(log: readonly number[]): number[] {
    const queues: number[][] = this.classes.map(() => []);
    for (let i = 0; i < this.indexOf.length; i++) if (this.indexOf[i]! >= 0) queues[this.indexOf[i]!]!.push(i);
    const taken = new Int32Array(queues.length);
    return log.map((entry) => (entry >= 0 ? entry : queues[-1 - entry]![taken[-1 - entry]!++]!));
  }
}

const none: readonly number[] = [];
