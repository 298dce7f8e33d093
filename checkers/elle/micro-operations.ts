import { isArray, type Json } from "../../harness/json.ts";
import { sameValue } from "./json-interner.ts";

/** What was written and read, by the place of the micro-operation. */
export interface Values {
  readonly length: number;
  /** The value as JSON; a new list where it stands for the beginning of a longer one. */
  at(place: number): Json;
  /** An array whose first `lengthOf(place)` elements are the list at `place`; empty for null. Not to be changed. */
  sourceOf(place: number): readonly Json[];
  /** Length of the list at `place`; 0 for null, -1 for a value that is no list. */
  lengthOf(place: number): number;
}

const none: readonly Json[] = [];

/**
 * The flat list of micro-operations in columns: kind, key, value.
 *
 *     place      0       1          2            3               longest of x: [1 2 3]
 *     what     w x 1   r x [1]   r x [1 2 3]   r x [1 2]         kept:  1, 1 of x, 3 of x, 2 of x
 *
 * Of lists that only grow (`lists`), a read is the beginning of the longest list of its key, in a run without anomalies
 * always: then its length is all that is kept. A million reads of 32 elements are 4 MB instead of 256, and nothing that
 * the garbage collector goes through. A list that is no such beginning stands as it came.
 */
export class MicroOperations implements Values {
  length = 0;
  kinds: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  keys: Int32Array<ArrayBuffer> = new Int32Array(4096);
  /** By place: how much of the longest list of the key was read, -1 where `#values` holds the value. */
  #prefix: Int32Array<ArrayBuffer>;
  readonly #values: Json[] = [];
  /** By key. */
  readonly #longest: (readonly Json[] | undefined)[] = [];
  readonly #lists: boolean;

  constructor(options: { readonly lists: boolean }) {
    this.#lists = options.lists;
    this.#prefix = new Int32Array(options.lists ? 4096 : 0);
  }

  /** Adds one; `isRead` tells whether its value may be the beginning of a list. O(length of the list). */
  push(kind: number, key: number, value: Json, isRead: boolean): void {
    const place = this.length++;
    if (place === this.kinds.length) this.#grow();
    this.kinds[place] = kind;
    this.keys[place] = key;
    if (!this.#lists) {
      this.#values.push(value);
      return;
    }
    const isPrefix = isRead && isArray(value) && this.#fits(key, value);
    this.#prefix[place] = isPrefix ? value.length : -1;
    this.#values.push(isPrefix ? null : value);
  }

  at(place: number): Json {
    const length = this.#lists ? this.#prefix[place]! : -1;
    if (length < 0) return this.#values[place]!;
    const whole = this.#longest[this.keys[place]!]!;
    return whole.length === length ? whole : whole.slice(0, length);
  }

  sourceOf(place: number): readonly Json[] {
    if (this.#lists && this.#prefix[place]! >= 0) return this.#longest[this.keys[place]!]!;
    const value = this.#values[place]!;
    return isArray(value) ? value : none;
  }

  lengthOf(place: number): number {
    const length = this.#lists ? this.#prefix[place]! : -1;
    if (length >= 0) return length;
    const value = this.#values[place]!;
    return value === null ? 0 : isArray(value) ? value.length : -1;
  }

  /** Gives back what was taken in advance. */
  trim(): this {
    this.kinds = this.kinds.slice(0, this.length);
    this.keys = this.keys.slice(0, this.length);
    if (this.#lists) this.#prefix = this.#prefix.slice(0, this.length);
    return this;
  }

  /** Whether a list is the beginning of its key's longest, or that of the list, which then is the longest. */
  #fits(key: number, list: readonly Json[]): boolean {
    const longest = this.#longest[key] ?? none;
    if (list.length <= longest.length) return longest !== none ? startsWith({ list: longest, length: longest.length }, { list, length: list.length }) : this.#take(key, list);
    return startsWith({ list, length: list.length }, { list: longest, length: longest.length }) && this.#take(key, list);
  }

  #take(key: number, list: readonly Json[]): boolean {
    this.#longest[key] = list;
    return true;
  }

  #grow(): void {
    const size = this.length * 2;
    this.kinds = copied(this.kinds, new Uint8Array(size));
    this.keys = copied(this.keys, new Int32Array(size));
    if (this.#lists) this.#prefix = copied(this.#prefix, new Int32Array(size));
  }
}

/** The first `length` elements of `list`. */
export interface Beginning {
  readonly list: readonly Json[];
  readonly length: number;
}

/** Whether one list begins with another. O(length of `start`), O(1) for beginnings of one array. */
export function startsWith(whole: Beginning, start: Beginning): boolean {
  if (start.length > whole.length) return false;
  if (start.list === whole.list) return true;
  for (let i = 0; i < start.length; i++) if (start.list[i] !== whole.list[i] && !sameValue(start.list[i]!, whole.list[i]!)) return false;
  return true;
}

function copied<T extends Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(from: T, to: T): T {
  to.set(from);
  return to;
}
