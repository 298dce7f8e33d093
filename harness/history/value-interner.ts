import { canonicalJson, type Json } from "../json.ts";
import { PairTable } from "./pair-table.ts";

/**
 * Values by content: equal values share an id, except lists of lists. Scalars never pay for JSON, and whole numbers from
 * 0 on, which is what most workloads write, not even for hashing: their ids stand in a table as long as they lie densely.
 * Nor do pairs of such numbers, as a key and what is put there are.
 */
export class ValueInterner {
  readonly list: Json[] = [];
  /** By value: its id plus 1; 0 where it has none here. */
  #dense = new Int32Array(1024);
  readonly #scalars = new Map<null | boolean | number | string, number>();
  readonly #pairs = new PairTable();
  readonly #composites = new Map<string, number>();

  id(value: Json): number {
    if (typeof value === "number" && value >>> 0 === value && (value < this.#dense.length || this.#denseEnough(value))) {
      const known = this.#dense[value]!;
      if (known !== 0) return known - 1;
      const id = this.#scalars.get(value) ?? this.#add(value);
      this.#dense[value] = id + 1;
      return id;
    }
    if (value === null || typeof value !== "object") {
      let id = this.#scalars.get(value);
      if (id === undefined) this.#scalars.set(value, (id = this.#add(value)));
      return id;
    }
    if (Array.isArray(value)) {
      // Lists of lists are transactions: hardly two of them are equal, and their texts would be most of the memory.
      if (Array.isArray(value[0])) return this.#add(value);
      const [first, second] = [value[0], value[1]] as const;
      if (value.length === 2 && isUint32(first) && isUint32(second)) {
        const fresh = this.list.length;
        const id = this.#pairs.idOf(first, second, fresh);
        if (id === fresh) this.list.push(value);
        return id;
      }
    }
    const key = canonicalJson(value);
    let id = this.#composites.get(key);
    if (id === undefined) this.#composites.set(key, (id = this.#add(value)));
    return id;
  }

  #add(value: Json): number {
    return this.list.push(value) - 1;
  }

  /** Grows the table when at least a quarter of it will then be in use. */
  #denseEnough(value: number): boolean {
    if (value >= 4 * (this.list.length + 256)) return false;
    const grown = new Int32Array(Math.max(value + 1, this.#dense.length * 2));
    grown.set(this.#dense);
    this.#dense = grown;
    return true;
  }
}

function isUint32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}
