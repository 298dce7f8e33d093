import { canonicalJson, type Json } from "../../harness/json.ts";

/**
 * Numbers for JSON values by content: equal values, equal ids. Whole numbers from 0 on, as long as they lie densely,
 * stand in a table alone: ten million of them need no hashing, and no `Map` could hold twenty.
 */
export class JsonInterner {
  readonly list: Json[] = [];
  /** By number: its id plus 1, 0 where it has none here. */
  #small = new Int32Array(256);
  readonly #scalars = new Map<null | boolean | number | string, number>();
  readonly #composites = new Map<string, number>();

  /** The id of `value`, new if need be. */
  id(value: Json): number {
    if (typeof value === "number" && value >>> 0 === value && value < 1 << 26) {
      if (value >= this.#small.length) {
        if (value > 8 * (this.list.length + 1024)) return this.#scalar(value);
        this.#small = copyInto(this.#small, new Int32Array(Math.max(value + 1, this.#small.length * 2)));
      }
      const known = this.#small[value]!;
      if (known !== 0) return known - 1;
      // It may have come before the table reached so far.
      const id = this.#scalars.get(value) ?? this.list.push(value) - 1;
      this.#small[value] = id + 1;
      return id;
    }
    if (value === null || typeof value !== "object") return this.#scalar(value);
    const text = canonicalJson(value);
    let id = this.#composites.get(text);
    if (id === undefined) this.#composites.set(text, (id = this.list.push(value) - 1));
    return id;
  }

  /** The id of `value` if it has one, or -1. */
  find(value: Json): number {
    if (value !== null && typeof value === "object") return this.#composites.get(canonicalJson(value)) ?? -1;
    const small = typeof value === "number" && value >>> 0 === value && value < this.#small.length ? this.#small[value]! : 0;
    return small !== 0 ? small - 1 : (this.#scalars.get(value) ?? -1);
  }

  #scalar(value: null | boolean | number | string): number {
    let id = this.#scalars.get(value);
    if (id === undefined) this.#scalars.set(value, (id = this.list.push(value) - 1));
    return id;
  }
}

/** Equality of values; scalars do not pay for text. */
export function sameValue(a: Json, b: Json): boolean {
  if (a === b) return true;
  return typeof a === "object" && typeof b === "object" && a !== null && b !== null && canonicalJson(a) === canonicalJson(b);
}

function copyInto(from: Int32Array, to: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  to.set(from);
  return to;
}
