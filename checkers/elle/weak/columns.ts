import { OK, READ, type Transactions, WRITE } from "../transactions.ts";
import type { RegisterHistory } from "../rw-register/history.ts";

/**
 * What the weak levels look at, in columns of typed arrays: the sessions, whom each transaction read from, and which
 * keys it wrote. Only ok transactions have any of the three. About 60 bytes a transaction of 2.5 micro-operations.
 */
export interface WeakColumns {
  readonly count: number;
  readonly keyCount: number;
  /** Transactions of session s in order: `sessionMembers[sessionStarts[s]]` … */
  readonly sessionStarts: Int32Array;
  readonly sessionMembers: Int32Array;
  /** By transaction: its session, -1 for none, and its place there from 0. */
  readonly sessionOf: Int32Array;
  readonly placeOf: Int32Array;
  /**
   * Reads of transaction t that saw another's final write, or the initial value, in order: `readStarts[t]` … The author
   * `count` stands for whoever wrote the initial values.
   */
  readonly readStarts: Int32Array;
  readonly readKeys: Int32Array;
  readonly readAuthors: Int32Array;
  /** Keys that transaction t wrote, ascending, each once: `writeStarts[t]` … */
  readonly writeStarts: Int32Array;
  readonly writeKeys: Int32Array;
}

export function weakColumns(registers: RegisterHistory): WeakColumns {
  const { transactions } = registers;
  return { count: transactions.count, keyCount: transactions.keyNames.length, ...sessions(transactions), ...reads(registers), ...writes(registers) };
}

/** Whether transaction t wrote the key. O(log of its keys). */
export function wrote(columns: WeakColumns, t: number, key: number): boolean {
  const { writeStarts, writeKeys } = columns;
  let low = writeStarts[t]!;
  let high = writeStarts[t + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (writeKeys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low < writeStarts[t + 1]! && writeKeys[low] === key;
}

function sessions(transactions: Transactions): Pick<WeakColumns, "sessionStarts" | "sessionMembers" | "sessionOf" | "placeOf"> {
  const { count, types, processes } = transactions;
  const numbers = new Map<number, number>();
  const sizes: number[] = [];
  const sessionOf = new Int32Array(count).fill(-1);
  const placeOf = new Int32Array(count);
  for (let t = 0; t < count; t++) {
    if (types[t] !== OK) continue;
    let session = numbers.get(processes[t]!);
    if (session === undefined) {
      numbers.set(processes[t]!, (session = numbers.size));
      sizes.push(0);
    }
    sessionOf[t] = session;
    placeOf[t] = sizes[session]!++;
  }
  const sessionStarts = new Int32Array(sizes.length + 1);
  for (const [session, size] of sizes.entries()) sessionStarts[session + 1] = sessionStarts[session]! + size;
  const sessionMembers = new Int32Array(sessionStarts[sizes.length]!);
  for (let t = 0; t < count; t++) if (sessionOf[t]! >= 0) sessionMembers[sessionStarts[sessionOf[t]!]! + placeOf[t]!] = t;
  return { sessionStarts, sessionMembers, sessionOf, placeOf };
}

/** A read after a write of its own says nothing of others; nor does one of a value whose author is unknown or no final one. */
function reads(registers: RegisterHistory): Pick<WeakColumns, "readStarts" | "readKeys" | "readAuthors"> {
  const { count, starts, kinds, keys, values, types, keyNames } = registers.transactions;
  const readStarts = new Int32Array(count + 1);
  const readKeys = new Int32Array(keys.length);
  const readAuthors = new Int32Array(keys.length);
  const written = new Int32Array(keyNames.length).fill(-1);
  let length = 0;
  for (let t = 0; t < count; t++) {
    for (let at = starts[t]!; types[t] === OK && at < starts[t + 1]!; at++) {
      const key = keys[at]!;
      if (kinds[at] === WRITE) written[key] = t;
      else if (kinds[at] === READ && written[key] !== t) {
        const author = values.at(at) === null ? count : registers.author(registers.version[at]!);
        if (author < 0 || author === t) continue;
        readKeys[length] = key;
        readAuthors[length++] = author;
      }
    }
    readStarts[t + 1] = length;
  }
  return { readStarts, readKeys: readKeys.slice(0, length), readAuthors: readAuthors.slice(0, length) };
}

/** An external write is a last one, so each key comes once. */
function writes(registers: RegisterHistory): Pick<WeakColumns, "writeStarts" | "writeKeys"> {
  const { count, starts, kinds, keys } = registers.transactions;
  const writeStarts = new Int32Array(count + 1);
  const writeKeys = new Int32Array(keys.length);
  let length = 0;
  for (let t = 0; t < count; t++) {
    const start = length;
    for (let at = starts[t]!; at < starts[t + 1]!; at++) if (kinds[at] === WRITE && registers.external[at] === 1) writeKeys[length++] = keys[at]!;
    if (length - start > 1) writeKeys.subarray(start, length).sort();
    writeStarts[t + 1] = length;
  }
  return { writeStarts, writeKeys: writeKeys.slice(0, length) };
}
