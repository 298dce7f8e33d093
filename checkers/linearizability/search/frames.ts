import type { Configuration } from "./configuration.ts";

/** Frames that there is room for at first: most histories are short. */
const framesFirst = 64;

/** No candidate is left. */
export const NONE = -0x40000000;

/**
 * The way from the start to the present configuration: at each configuration on it (a frame) what stood there, and its
 * candidates, of which some were tried. Columns, so a step of the search allocates nothing.
 */
export class Frames {
  depth: number = 0;
  /** Candidates of all frames, one frame after the other. */
  candidates: Int32Array = new Int32Array(4 * framesFirst);
  readonly #words: number;
  #fronts = new Int32Array(framesFirst);
  #states = new Int32Array(framesFirst);
  /** By frame: the place of the candidate to try next, and the end of its candidates. */
  #nexts = new Int32Array(framesFirst);
  #ends = new Int32Array(framesFirst);
  #placed: Int32Array<ArrayBuffer>;

  /** `words`: words of slots that a configuration has. */
  constructor(words: number) {
    this.#words = words;
    this.#placed = new Int32Array(framesFirst * words);
  }

  /** Where the candidates of the next frame begin; there is room for `count` of them. */
  room(count: number): number {
    const start = this.depth === 0 ? 0 : this.#ends[this.depth - 1]!;
    if (start + count > this.candidates.length) this.candidates = enlarged(this.candidates, Math.max(start + count, 2 * this.candidates.length));
    return start;
  }

  /** Keeps the configuration, whose candidates were written up to `end`. */
  push({ front, state, placed }: Configuration, candidates: { readonly start: number; readonly end: number }): void {
    const depth = this.depth++;
    if (depth === this.#fronts.length) this.#grow();
    this.#fronts[depth] = front;
    this.#states[depth] = state;
    this.#nexts[depth] = candidates.start;
    this.#ends[depth] = candidates.end;
    const base = depth * this.#words;
    for (let w = 0; w < this.#words; w++) this.#placed[base + w] = placed[w]!;
  }

  /** The next candidate of the top frame, which is thereby tried; `NONE` when all were. */
  next(): number {
    const top = this.depth - 1;
    const next = this.#nexts[top]!;
    if (next >= this.#ends[top]!) return NONE;
    this.#nexts[top] = next + 1;
    return this.candidates[next]!;
  }

  /** Takes back the candidate that the top frame tried last. */
  undo(here: Configuration): void {
    const top = this.depth - 1;
    here.takeBack(this.candidates[this.#nexts[top]! - 1]!);
    here.rewind(this.#fronts[top]!);
    here.state = this.#states[top]!;
    const base = top * this.#words;
    for (let w = 0; w < this.#words; w++) here.placed[w] = this.#placed[base + w]!;
  }

  /** Leaves frames, at least one, until the top one stood before event `front` or is the first; undoes what was tried there. */
  backTo(front: number, here: Configuration): void {
    do {
      this.depth--;
      this.undo(here);
    } while (this.depth > 1 && this.#fronts[this.depth - 1]! > front);
  }

  /** The candidates that each frame tried last. */
  chosen(): number[] {
    const chosen: number[] = [];
    for (let i = 0; i < this.depth; i++) chosen.push(this.candidates[this.#nexts[i]! - 1]!);
    return chosen;
  }

  #grow(): void {
    const length = 2 * this.#fronts.length;
    this.#fronts = enlarged(this.#fronts, length);
    this.#states = enlarged(this.#states, length);
    this.#nexts = enlarged(this.#nexts, length);
    this.#ends = enlarged(this.#ends, length);
    this.#placed = enlarged(this.#placed, length * this.#words);
  }
}

function enlarged(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(column);
  return larger;
}
