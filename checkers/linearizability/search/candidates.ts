import type { Pace, SearchProblem } from "../search-problem.ts";
import type { Configuration } from "./configuration.ts";
import { Foresight } from "./foresight.ts";
import type { TrialOrder } from "./trial-order.ts";

/**
 * What is worth trying from the present configuration, best first: of the open operations that are possible there one of
 * each class, then crashed ones, without those that the rules of `search.ts` (classes, crashed, ahead, doom, pace)
 * leave out.
 */
export class Candidates {
  /** The greatest number of candidates of one configuration. */
  readonly countMax: number;
  readonly foresight: Foresight;
  readonly #problem: SearchProblem;
  readonly #here: Configuration;
  readonly #order: TrialOrder;
  /** By class, and by crashed class: the number of the configuration that it is a candidate of; and its place among them. */
  readonly #classStamp: Int32Array;
  readonly #classPlace: Int32Array;
  readonly #crashedStamp: Int32Array;
  #stamp = 0;
  // What is being written: the list, its end so far, and the state that is not led to, as it is doomed.
  #list: Int32Array = new Int32Array(0);
  #end = 0;
  #bottom = NO_STATE;

  constructor(problem: SearchProblem, here: Configuration, order: TrialOrder) {
    this.#problem = problem;
    this.#here = here;
    this.#order = order;
    this.foresight = new Foresight(problem, here);
    this.countMax = here.words * 32 + here.crashed.classes.length;
    this.#classStamp = new Int32Array(problem.classCount);
    this.#classPlace = new Int32Array(problem.classCount);
    this.#crashedStamp = new Int32Array(here.crashed.classes.length);
  }

  /** Writes the candidates from `start` on; returns their end. What waits must be listed. */
  write(list: Int32Array, start: number): number {
    const { doom, pace } = this.#problem;
    this.#stamp++;
    this.#list = list;
    this.#end = start;
    // Operations that lead to the bottom need not be tried one by one where the bottom is doomed.
    this.#bottom = doom !== undefined && this.foresight.isDoomed(doom.bottom) ? doom.bottom : NO_STATE;
    const held = this.foresight.mustStay(-1);
    if (held) this.#addStaying();
    else this.#addWaiting();
    this.#order.sort(list, start, this.#end);
    if (held) return this.#end;
    if (this.#here.crashed.classes.length > 0) this.#addCrashed();
    if (pace !== undefined) this.#keepPace(pace, start);
    return this.#end;
  }

  /** What is open and possible. */
  #addWaiting(): void {
    const { classes, machine, doom } = this.#problem;
    const { state, waiting, waitingCount } = this.#here;
    for (let at = 0; at < waitingCount; at++) {
      const id = classes[waiting[at]!]!;
      const next = machine.step(state, id);
      if (next >= 0 && (next !== this.#bottom || doom!.resets(id))) this.#add(waiting[at]!, id);
    }
  }

  /** The same where the state must stay until all that need it but one are placed. */
  #addStaying(): void {
    const { classes, machine, lookahead } = this.#problem;
    const { state, waiting, waitingCount } = this.#here;
    for (let at = 0; at < waitingCount; at++) {
      const operation = waiting[at]!;
      const id = classes[operation]!;
      const next = machine.step(state, id);
      if (next === state || (next >= 0 && lookahead!.consumes(id, state) && !this.foresight.mustStay(operation))) this.#add(operation, id);
    }
  }

  /** Of each class the operation that returns first. */
  #add(operation: number, id: number): void {
    const { returns } = this.#problem.part;
    const list = this.#list;
    if (this.#classStamp[id] !== this.#stamp) {
      this.#classStamp[id] = this.#stamp;
      this.#classPlace[id] = this.#end;
      list[this.#end++] = operation;
    } else if (returns[operation]! < returns[list[this.#classPlace[id]!]!]!) list[this.#classPlace[id]!] = operation;
  }

  /** What crashed: all of it, or, where it is known who needs which state, what a waiting operation or a crashed one needs. */
  #addCrashed(): void {
    const { classes, machine, lookahead } = this.#problem;
    const { state, waiting, waitingCount, crashed } = this.#here;
    if (lookahead === undefined) {
      this.#addAllCrashed();
      return;
    }
    for (let at = 0; at < waitingCount; at++) {
      const id = classes[waiting[at]!]!;
      if (machine.step(state, id) >= 0) continue;
      const needed = lookahead.needed(id);
      if (needed < 0) this.#addAllCrashed();
      else for (const index of crashed.leadingTo(needed)) this.#addOneCrashed(index);
    }
    for (const index of crashed.links) this.#addOneCrashed(index);
  }

  #addAllCrashed(): void {
    const count = this.#here.crashed.classes.length;
    for (let index = 0; index < count; index++) this.#addOneCrashed(index);
  }

  /** A crashed class, once, where one of it is left and changes the state. */
  #addOneCrashed(index: number): void {
    const { machine, doom } = this.#problem;
    const { state, crashed } = this.#here;
    if (!crashed.isLeft(index) || this.#crashedStamp[index] === this.#stamp) return;
    this.#crashedStamp[index] = this.#stamp;
    const id = crashed.classes[index]!;
    const next = machine.step(state, id);
    if (next < 0 || next === state || (next === this.#bottom && doom?.resets(id) === false)) return;
    this.#list[this.#end++] = -1 - index;
  }

  /** Leaves out what comes too early or too late; what is due leaves no room for others to be put in. */
  #keepPace(pace: Pace, start: number): void {
    const list = this.#list;
    const end = this.#end;
    this.#end = start;
    let due = false;
    for (let at = start; at < end; at++) {
      const id = this.#here.classOf(list[at]!);
      if (list[at]! < 0 || !pace.due(id)) continue;
      if (!pace.allows(id)) return;
      due = true;
    }
    for (let at = start; at < end; at++) {
      const id = this.#here.classOf(list[at]!);
      if (due && pace.isPut(id) && !pace.due(id)) continue;
      if (pace.allows(id)) list[this.#end++] = list[at]!;
    }
  }
}

const NO_STATE = -2;
