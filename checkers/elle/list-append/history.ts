import type { Json } from "../../../harness/json.ts";
import { type Beginning, startsWith } from "../micro-operations.ts";
import { brief, FAIL, INFO, keyText, malformed, type Transactions, valueText, WRITE } from "../transactions.ts";
import { type Rows, rows } from "../rows.ts";
import { VersionTable } from "../versions.ts";

/**
 * The history with its versions: elements by number, their writers, and the order of each key. Columns only; what
 * belongs to a key stands in rows `starts[key]` … `starts[key + 1] - 1`.
 */
export class ListHistory {
  readonly transactions: Transactions;
  readonly versions: VersionTable = new VersionTable();
  /** By micro-operation: the version appended, or of the last element read; -1 for an empty list and an unknown read. */
  readonly version: Int32Array;
  /** By micro-operation: 1 for a read whose value is known. */
  readonly isRead: Uint8Array;
  /** By micro-operation: the transaction. */
  readonly owner: Int32Array;
  /** By version: the appending micro-operation, -1 if nobody appended it. */
  readonly writer: Int32Array;
  /** By version: 1 if its transaction appends to the key again. */
  readonly intermediate: Uint8Array;
  /** By version: its place among its key's rows in `orders`, -1 if it has none. */
  readonly position: Int32Array;
  /** By key: the order of versions. */
  readonly orders: Rows;
  /** By key: micro-operation of the longest read, -1 for none. */
  readonly longest: Int32Array;
  /** By key: appends that did not fail and were never read, as versions. */
  readonly unread: Rows;
  /** By read: its length, if it is a prefix of a longest list without repetitions, else -1. */
  readonly prefix: Int32Array;

  constructor(transactions: Transactions) {
    this.transactions = transactions;
    const m = transactions.values.length;
    this.version = new Int32Array(m).fill(-1);
    this.isRead = new Uint8Array(m);
    this.owner = new Int32Array(m);
    this.longest = new Int32Array(transactions.keyNames.length).fill(-1);
    this.#number();
    this.orders = this.#orders();
    const count = this.versions.count;
    this.position = new Int32Array(count).fill(-1);
    const { starts, items } = this.orders;
    for (let key = 0; key < this.longest.length; key++) for (let i = starts[key]!; i < starts[key + 1]!; i++) this.position[items[i]!] = i - starts[key]!;
    this.writer = new Int32Array(count).fill(-1);
    this.intermediate = new Uint8Array(count);
    this.#writers();
    this.unread = this.#unread();
    this.prefix = this.#prefixes();
  }

  /** The list read at a place, without copying it. */
  list(at: number): Beginning {
    const { values } = this.transactions;
    return { list: values.sourceOf(at), length: values.lengthOf(at) };
  }

  /** The list read at a place; null counts as empty. */
  elements(at: number): readonly Json[] {
    const { list, length } = this.list(at);
    return length === list.length ? list : list.slice(0, length);
  }

  /** The transaction that appended a version and did not fail, or -1. */
  author(version: number): number {
    const at = this.writer[version]!;
    if (at < 0) return -1;
    const t = this.owner[at]!;
    return this.transactions.types[t] === FAIL ? -1 : t;
  }

  /** Versions that directly follow one; -1 is the empty list. */
  eachNext(key: number, version: number, visit: (next: number) => void): void {
    const place = version < 0 ? -1 : this.position[version]!;
    if (version >= 0 && place < 0) return;
    const next = this.orders.starts[key]! + place + 1;
    if (next < this.orders.starts[key + 1]!) visit(this.orders.items[next]!);
    else for (let i = this.unread.starts[key]!; i < this.unread.starts[key + 1]!; i++) visit(this.unread.items[i]!);
  }

  /** Numbers the versions that were appended or read last, and finds each key's longest list. */
  #number(): void {
    const { starts, kinds, keys, values, types, indices, count } = this.transactions;
    const longestLength = new Int32Array(this.longest.length).fill(-1);
    for (let t = 0; t < count; t++) {
      for (let at = starts[t]!; at < starts[t + 1]!; at++) {
        this.owner[at] = t;
        const key = keys[at]!;
        if (kinds[at] === WRITE) {
          this.version[at] = this.versions.id(key, values.at(at));
          continue;
        }
        const length = values.lengthOf(at);
        if (types[t] === FAIL || (types[t] === INFO && length === 0 && values.at(at) === null)) continue;
        if (length < 0) throw malformed(indices[t]!, `a read of ${keyText(this.transactions, key)} gave ${brief(values.at(at))}, not a list`);
        this.isRead[at] = 1;
        if (length > 0) this.version[at] = this.versions.id(key, values.sourceOf(at)[length - 1]!);
        if (length < longestLength[key]!) continue;
        longestLength[key] = length;
        this.longest[key] = at;
      }
    }
  }

  #orders(): Rows {
    const starts = new Int32Array(this.longest.length + 1);
    for (let key = 0; key < this.longest.length; key++) starts[key + 1] = starts[key]! + (this.longest[key]! < 0 ? 0 : this.list(this.longest[key]!).length);
    const items = new Int32Array(starts[this.longest.length]!);
    // Elements that nobody appended get their numbers here; repeated ones count once.
    let kept = 0;
    const placed = new Uint8Array(this.versions.count + items.length);
    for (let key = 0; key < this.longest.length; key++) {
      starts[key] = kept;
      if (this.longest[key]! < 0) continue;
      const { list, length } = this.list(this.longest[key]!);
      for (let i = 0; i < length; i++) {
        const version = this.versions.id(key, list[i]!);
        if (placed[version] === 1) continue;
        placed[version] = 1;
        items[kept++] = version;
      }
    }
    starts[this.longest.length] = kept;
    return { starts, items };
  }

  #writers(): void {
    const { starts, kinds, keys, count } = this.transactions;
    const lastWrite = new Int32Array(this.longest.length).fill(-1);
    for (let t = 0; t < count; t++) {
      const start = starts[t]!;
      for (let at = start; at < starts[t + 1]!; at++) {
        if (kinds[at] !== WRITE) continue;
        const version = this.version[at]!;
        const earlier = this.writer[version]!;
        if (earlier >= 0) throw this.#duplicateAppend(earlier, at);
        this.writer[version] = at;
        const before = lastWrite[keys[at]!]!;
        if (before >= start) this.intermediate[this.version[before]!] = 1;
        lastWrite[keys[at]!] = at;
      }
    }
  }

  #duplicateAppend(earlier: number, later: number): Error {
    const { transactions } = this;
    const [first, second] = [earlier, later].map((at) => transactions.indices[this.owner[at]!]!);
    const what = `appends ${valueText(transactions.values.at(later))} to ${keyText(transactions, transactions.keys[later]!)}, as op ${first} did before`;
    return malformed(second!, `${what}; a read could not tell the two apart`);
  }

  #unread(): Rows {
    const { kinds, types, keys } = this.transactions;
    return rows(this.longest.length, (put) => {
      for (let at = 0; at < this.version.length; at++) {
        if (kinds[at] === WRITE && types[this.owner[at]!] !== FAIL && this.position[this.version[at]!] === -1) put(keys[at]!, this.version[at]!);
      }
    });
  }

  #prefixes(): Int32Array {
    const { keys, values } = this.transactions;
    const { starts } = this.orders;
    const prefix = new Int32Array(values.length).fill(-1);
    for (let at = 0; at < values.length; at++) {
      if (this.isRead[at] === 0) continue;
      const key = keys[at]!;
      const longest = this.longest[key]!;
      if (values.lengthOf(longest) !== starts[key + 1]! - starts[key]!) continue; // It repeats itself.
      const isBeginning = values.sourceOf(at) === values.sourceOf(longest) || startsWith(this.list(longest), this.list(at));
      if (isBeginning) prefix[at] = values.lengthOf(at);
    }
    return prefix;
  }
}
