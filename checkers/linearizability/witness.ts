import { type Budget, steps } from "../../harness/budget.ts";
import { NEVER, type Part } from "./parts.ts";
import { canForgetThePast, explainable, returnedWithin } from "./window.ts";

/**
 * A small proof that a part is not linearizable.
 *
 * Simply deleting operations proves nothing: a read of 4 is wrong in any history from which the write of 4 was deleted
 * (see `deletion.ts`). So an operation is not deleted but *forgotten*: if it changed nothing (a read, a refused cas) it is
 * left out, otherwise it may have taken effect at any time after its call, or never.
 * And what lies before the proof's window is forgotten altogether: the object may hold anything when the window opens,
 * and calls still open there are forgotten ones. Whatever was linearizable stays so when something is forgotten; hence
 * if the rest is not linearizable, the whole was not, and operations may be forgotten in any order:
 *
 *     1. cut the end: the shortest prefix that is wrong (its last return is the impossible operation)
 *     2. cut the beginning: the latest window that is still wrong
 *     3. forget operations, in halves and then one by one, while the rest is still wrong
 *
 * Forgetting only ever adds explanations, so an operation that was needed once stays needed, and one pass in which every
 * question is answered is enough for the result to be 1-minimal: forget any one operation of it and the window can be
 * explained. An operation whose question was too long for its share of the work is asked again at the end, with more.
 */
export interface Witness {
  readonly part: Part;
  /** The window, in events of the part: from `from` up to but not including `to`. */
  readonly from: number;
  readonly to: number;
  /** Operations of the part that are kept, ascending; the last return among them is at `to - 1`. */
  readonly kept: readonly number[];
  /** The operation that cannot be placed: the last to return. */
  readonly impossible: number;
  /** Whether each operation kept is known to be needed. False when the budget ended before: still a proof, perhaps not a smallest one. */
  readonly minimal: boolean;
}

/**
 * Work that one question may cost at first, in configurations: a tenth where the spec itself must be asked, more where
 * deciding the whole took more. All questions together may cost forty times as much.
 */
const questionSteps = 50_000;

/** What is known of a part that is not linearizable, from deciding it. */
export interface Known {
  /** An event up to which the part could be explained; not used where there is a hint. */
  readonly reached: number;
  /** Configurations that deciding took. */
  readonly configurations?: number;
  /** Operations that contradict each other, where a monitor found them. */
  readonly hint?: readonly number[];
}

/** Shrinks a part that is known not to be linearizable. Every question to the search is paid from `budget`. */
export function shrink(part: Part, known: Known, budget: Budget): Witness {
  const integers = part.spec.behavesAs === "register" || part.spec.behavesAs === "kv-key";
  const question = Math.max(integers ? questionSteps : questionSteps / 10, 2 * (known.configurations ?? 0));
  const asker = new Asker(part, budget, { question, all: 40 * question });
  // The shortest wrong prefix makes the plainer story; a monitor's operations spare the search where it would take long.
  const hint = integers && part.count <= 20_000 ? undefined : known.hint;
  const start = asker.fromHint(hint) ?? asker.fromScratch(known.hint === undefined ? known.reached : 0);
  const forgotten = asker.forget(start);
  let { kept } = forgotten;
  let { from } = start;
  const to = Math.max(...kept.map((operation) => part.returns[operation]!)) + 1;
  const impossible = part.events[to - 1]! >> 1;
  const later = asker.latestWindow(to, kept);
  if (later > from) {
    from = later;
    kept = kept.filter((operation) => part.calls[operation]! >= from);
  }
  return { part, from, to, kept, impossible, minimal: forgotten.minimal };
}

/** Where shrinking begins. */
interface Start {
  readonly from: number;
  readonly to: number;
  readonly kept: readonly number[];
  /** An operation that is known to be needed, or -1. */
  readonly needed: number;
}

class Asker {
  readonly #part: Part;
  readonly #budget: Budget;
  #questionSteps: number;
  #stepsLeft: number;

  constructor(part: Part, budget: Budget, bounds: { question: number; all: number }) {
    this.#part = part;
    this.#budget = budget;
    this.#questionSteps = bounds.question;
    this.#stepsLeft = bounds.all;
  }

  /** The window of the operations that a monitor named, unless they alone can be explained. */
  fromHint(hint: readonly number[] | undefined): Start | undefined {
    const kept = hint?.filter((operation) => this.#part.returns[operation] !== NEVER) ?? [];
    if (kept.length === 0) return undefined;
    const to = Math.max(...kept.map((operation) => this.#part.returns[operation]!)) + 1;
    return this.#ask(0, to, kept) === true ? undefined : { from: 0, to, kept, needed: -1 };
  }

  /** The shortest wrong prefix and the latest window of it that is wrong. */
  fromScratch(reached: number): Start {
    const { to, certain } = this.shortestPrefix(reached);
    const from = this.latestWindow(to, undefined);
    return { from, to, kept: returnedWithin(this.#part, from, to), needed: certain ? this.#part.events[to - 1]! >> 1 : -1 };
  }

  /** Least `to` such that the events before it are wrong; `certain`: without the return at `to - 1` they are not. */
  shortestPrefix(reached: number): { to: number; certain: boolean } {
    const part = this.#part;
    const returns = [...part.returns].filter((event) => event !== NEVER).sort((a, b) => a - b);
    let low = returns.findIndex((event) => event >= reached);
    if (low < 0) low = returns.length - 1;
    let explained = this.#ask(0, returns[low]! + 1, undefined);
    if (explained === false) return { to: returns[low]! + 1, certain: true };
    let high = returns.length - 1;
    // The whole is wrong; a prefix that cannot be decided is taken as right, which only makes the proof longer.
    for (low++; low < high; ) {
      const middle = (low + high) >>> 1;
      const answer = this.#ask(0, returns[middle]! + 1, undefined);
      if (answer === false) high = middle;
      else {
        low = middle + 1;
        explained = answer;
      }
    }
    return { to: returns[high]! + 1, certain: explained === true };
  }

  /** Greatest `from` such that the window is wrong whatever was before; 0 (with the true beginning) if there is none. */
  latestWindow(to: number, kept: readonly number[] | undefined): number {
    if (!canForgetThePast(this.#part)) return 0;
    let right = to - 1;
    let wrong = 0;
    for (let width = 4; ; width *= 2) {
      const from = to - width;
      if (from <= 0) break;
      if (this.#wrong(from, to, kept)) {
        wrong = from;
        break;
      }
      right = from;
    }
    while (right - wrong > 1) {
      const middle = (wrong + right) >>> 1;
      if (this.#wrong(middle, to, kept)) wrong = middle;
      else right = middle;
    }
    return wrong;
  }

  /** Forgets chunks, then single operations, as long as the rest is wrong; `minimal`: every one left is known to be needed. */
  forget({ from, to, kept: given, needed }: Start): { kept: readonly number[]; minimal: boolean } {
    let kept = given;
    let undecided: number[] = [];
    for (let size = Math.max(1, kept.length >>> 1); size >= 1; size >>>= 1) {
      undecided = [];
      for (let start = 0; start < kept.length; ) {
        const chunk = kept.slice(start, start + size);
        const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
        const explained = chunk.includes(needed) ? true : this.#ask(from, to, rest);
        if (explained === false) kept = rest;
        else start += size;
        if (explained === undefined) undecided.push(...chunk);
      }
    }
    while (undecided.length > 0 && this.#stepsLeft > 0) {
      this.#questionSteps *= 4;
      const asked = undecided;
      undecided = [];
      for (const operation of asked) {
        const rest = kept.filter((other) => other !== operation);
        const explained = this.#ask(from, to, rest);
        if (explained === false) kept = rest;
        else if (explained === undefined) undecided.push(operation);
      }
    }
    return { kept, minimal: undecided.length === 0 };
  }

  #wrong(from: number, to: number, kept: readonly number[] | undefined): boolean {
    return this.#ask(from, to, kept) === false;
  }

  /** Whether the window can be explained; undefined: not within the work of one question. */
  #ask(from: number, to: number, kept: readonly number[] | undefined): boolean | undefined {
    if (this.#stepsLeft <= 0) return undefined;
    const budget = steps(Math.min(this.#questionSteps, this.#stepsLeft));
    const answer = explainable(this.#part, { from, to, kept: kept ?? returnedWithin(this.#part, from, to) }, budget);
    this.#stepsLeft -= Math.max(1, budget.spent);
    if (!this.#budget.spend(budget.spent)) this.#stepsLeft = 0;
    return answer;
  }
}
