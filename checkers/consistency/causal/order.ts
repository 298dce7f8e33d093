import { type Access, valueName } from "../accesses.ts";

/**
 * Cause and effect among reads and writes: an operation of a process comes after its earlier ones, and a read after the
 * write that it reads from; and so on through others. Further edges may be added, to see what they force.
 *
 * Each operation has a clock: by process, how many of its first operations are among the causes, itself included.
 */
export class CausalOrder {
  readonly accesses: readonly Access[];
  /** Number of processes. */
  readonly width: number;
  /** By access: its process' line, its place there from 1, and the access that it reads from (`INITIAL`: none, or no read). */
  readonly line: Int32Array;
  readonly place: Int32Array;
  readonly source: Int32Array;
  /** By line: its accesses in order. */
  readonly lines: readonly (readonly number[])[];
  /** By line and key: writes in order. */
  readonly #writes: readonly ReadonlyMap<string, readonly number[]>[];

  /** `accesses`: those that count, in order of invocation; every read's value is initial or has its writer. */
  constructor(accesses: readonly Access[], writers: ReadonlyMap<string, Access>) {
    this.accesses = accesses;
    this.line = new Int32Array(accesses.length);
    this.place = new Int32Array(accesses.length);
    this.source = new Int32Array(accesses.length).fill(INITIAL);
    const numbers = new Map(accesses.map((access, i) => [access, i]));
    const lineOf = new Map<number, number>();
    const lines: number[][] = [];
    const writes: Map<string, number[]>[] = [];
    accesses.forEach((access, i) => {
      let line = lineOf.get(access.process);
      if (line === undefined) {
        lineOf.set(access.process, (line = lines.length));
        lines.push([]);
        writes.push(new Map());
      }
      this.line[i] = line;
      this.place[i] = lines[line]!.push(i);
      if (access.writes !== undefined) {
        const list = writes[line]!.get(access.key);
        if (list === undefined) writes[line]!.set(access.key, [i]);
        else list.push(i);
      }
      const writer = access.reads === undefined || !access.returned ? undefined : writers.get(valueName(access.key, access.reads));
      if (writer !== undefined) this.source[i] = numbers.get(writer)!;
    });
    this.lines = lines;
    this.width = lines.length;
    this.#writes = writes;
  }

  /**
   * Clocks when the edges `[before, after]` are added, among the first `within[line]` operations of each line (default: all).
   * A circle of accesses where there is one. O((operations + edges) × processes).
   */
  clocks(edges: readonly (readonly [number, number])[] = [], within?: Int32Array): { readonly clocks: readonly Int32Array[] } | { readonly circle: readonly number[] } {
    const count = this.accesses.length;
    const inside = (i: number): boolean => within === undefined || this.place[i]! <= within[this.line[i]!]!;
    const causes: number[][] = Array.from({ length: count }, () => []);
    const effects: number[][] = Array.from({ length: count }, () => []);
    const waiting = new Int32Array(count);
    const link = (before: number, after: number): void => {
      if (before < 0 || !inside(before) || !inside(after)) return;
      effects[before]!.push(after);
      causes[after]!.push(before);
      waiting[after]!++;
    };
    for (const line of this.lines) for (let k = 1; k < line.length; k++) link(line[k - 1]!, line[k]!);
    for (let i = 0; i < count; i++) link(this.source[i]!, i);
    for (const [before, after] of edges) link(before, after);
    const ready: number[] = [];
    let left = 0;
    for (let i = count - 1; i >= 0; i--) {
      if (!inside(i)) continue;
      left++;
      if (waiting[i] === 0) ready.push(i);
    }
    const clocks: Int32Array[] = new Array<Int32Array>(count);
    for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
      const clock = new Int32Array(this.width);
      for (const cause of causes[i]!) clocks[cause]!.forEach((n, line) => (n > clock[line]! ? (clock[line] = n) : 0));
      clock[this.line[i]!] = this.place[i]!;
      clocks[i] = clock;
      left--;
      for (const effect of effects[i]!) if (--waiting[effect]! === 0) ready.push(effect);
    }
    if (left === 0) return { clocks };
    return { circle: circleAmong(causes, waiting) };
  }

  /** The newest write of `key` among the first `bound` operations of a line; -1 none. O(log writes). */
  newestWrite(line: number, key: string, bound: number): number {
    const writes = this.#writes[line]!.get(key) ?? [];
    let low = 0;
    let high = writes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.place[writes[middle]!]! <= bound) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : writes[low - 1]!;
  }

  /** Is `before` among the causes of what has that clock, or that itself? */
  within(before: number, clock: Int32Array): boolean {
    return clock[this.line[before]!]! >= this.place[before]!;
  }
}

/** Reads the initial value, or nothing. */
export const INITIAL = -1;

/** One circle: from anything that still waits, back along causes that wait too. */
function circleAmong(causes: readonly (readonly number[])[], waiting: Int32Array): number[] {
  const path: number[] = [];
  const at = new Map<number, number>();
  for (let i = waiting.findIndex((n) => n > 0); !at.has(i); i = causes[i]!.find((cause) => waiting[cause]! > 0)!) at.set(i, path.push(i) - 1);
  const last = causes[path[path.length - 1]!]!.find((cause) => waiting[cause]! > 0)!;
  return path.slice(at.get(last)!).reverse();
}
