import { keyText, malformed, OK, READ, type Transactions, valueText, WRITE } from "../transactions.ts";
import { type Rows, rows } from "../rows.ts";
import { VersionTable } from "../versions.ts";

/** Versions, their writers and readers; "external" is what other transactions can see: first reads before any own write, last writes. */
export class RegisterHistory {
  readonly transactions: Transactions;
  readonly versions: VersionTable = new VersionTable();
  /** By micro-operation: its version; -1 for a read of a transaction that did not end in ok. */
  readonly version: Int32Array;
  readonly owner: Int32Array;
  /** By micro-operation: 1 for an external read or write of an ok transaction. */
  readonly external: Uint8Array;
  /** By version: the micro-operation that wrote it, -1 for none. */
  readonly writer: Int32Array;
  /** By key: the version null, -1 if nobody ok read it from outside. */
  readonly initial: Int32Array;

  constructor(transactions: Transactions) {
    this.transactions = transactions;
    const { starts, kinds, keys, values, types, keyNames, count } = transactions;
    const m = values.length;
    this.version = new Int32Array(m).fill(-1);
    this.owner = new Int32Array(m);
    this.external = new Uint8Array(m);
    this.initial = new Int32Array(keyNames.length).fill(-1);
    // By key: the last micro-operation that touched it, from each end of a transaction.
    const touched = new Int32Array(keyNames.length).fill(-1);
    const touchedFirst = new Int32Array(keyNames.length).fill(-1);
    for (let t = 0; t < count; t++) {
      const start = starts[t]!;
      for (let at = start; at < starts[t + 1]!; at++) {
        this.owner[at] = t;
        if (kinds[at] === READ && types[t] !== OK) continue;
        this.version[at] = this.versions.id(keys[at]!, values.at(at));
      }
      if (types[t] !== OK) continue;
      // Backward for last writes; a read is external if its key was not touched before it.
      for (let at = starts[t + 1]! - 1; at >= start; at--) {
        if (kinds[at] !== WRITE || touched[keys[at]!]! >= start) continue;
        touched[keys[at]!] = at;
        this.external[at] = 1;
      }
      for (let at = start; at < starts[t + 1]!; at++) {
        const isFirst = touchedFirst[keys[at]!]! < start;
        touchedFirst[keys[at]!] = at;
        if (kinds[at] !== READ || !isFirst) continue;
        this.external[at] = 1;
        if (values.at(at) === null) this.initial[keys[at]!] = this.version[at]!;
      }
    }
    this.writer = new Int32Array(this.versions.count).fill(-1);
    for (let at = 0; at < m; at++) {
      if (kinds[at] !== WRITE) continue;
      const version = this.version[at]!;
      if (this.writer[version]! >= 0) throw this.#duplicateWrite(this.writer[version]!, at);
      this.writer[version] = at;
    }
  }

  /** External reads by version, in compressed rows; made when first asked for. */
  get readers(): Rows {
    const { kinds } = this.transactions;
    return (this.#readers ??= rows(this.versions.count, (put) => {
      for (let at = 0; at < kinds.length; at++) if (kinds[at] === READ && this.external[at] === 1) put(this.version[at]!, at);
    }));
  }
  #readers: Rows | undefined;

  /** The ok transaction whose last write of the key this version is, or -1. */
  author(version: number): number {
    const at = this.writer[version]!;
    return at >= 0 && this.external[at] === 1 ? this.owner[at]! : -1;
  }

  #duplicateWrite(earlier: number, later: number): Error {
    const { transactions } = this;
    const [first, second] = [earlier, later].map((at) => transactions.indices[this.owner[at]!]!);
    const what = `writes ${valueText(transactions.values.at(later))} to ${keyText(transactions, transactions.keys[later]!)}, as op ${first} did before`;
    return malformed(second!, `${what}; a read could not tell the two apart`);
  }
}

/** The external write of the same transaction and key that follows an external read, -1 for none. */
export function nextWrite(history: RegisterHistory, read: number): number {
  const { kinds, keys, starts } = history.transactions;
  const end = starts[history.owner[read]! + 1]!;
  for (let at = read + 1; at < end; at++) if (kinds[at] === WRITE && keys[at] === keys[read] && history.external[at] === 1) return at;
  return -1;
}
