import { isArray, type Json } from "../../harness/json.ts";
import type { Analysis } from "./analysis.ts";
import { Findings, type Step } from "./findings.ts";
import { EdgeList, RW, WR, WW } from "./graph.ts";
import { brief, FAIL, INFO, keyText, malformed, OK, READ, type Transactions, valueText, WRITE } from "./transactions.ts";
import { sameValue, VersionTable } from "./versions.ts";

/**
 * Lists that are only appended to, the workload that tells most (Kingsbury and Alvaro, VLDB 2020): a read shows not
 * only the last version of its key but all versions before it, in order. With elements that are unique per key:
 *
 *     T1: append x 1     T2: append x 2     T3: read x = [1 2]     T4: read x = [1]
 *     T1 -ww-> T2        T2 -wr-> T3        T4 -rw-> T2
 *
 * The version order of a key is the longest list read (repeated elements count once). Of several longest that differ it
 * is the last; they contradict each other, so incompatible-order is found whichever is taken, and only a demand weaker
 * than read committed could hang on the choice. An element that was appended but never read comes after all that were
 * read; a key with a single append, never read, has that one version. Reads that are no prefix of the longest list
 * contradict any order. Everything else follows from positions in that list, so a
 * read costs one comparison with it and then is only a number.
 */
export function analyseListAppend(transactions: Transactions): Analysis {
  const history = new ListHistory(transactions);
  const findings = new Findings();
  findAnomaliesOfReads(history, findings);
  findLostUpdates(history, findings);
  findDirtyUpdates(history, findings);
  const edges = dependencies(history);
  return { transactions, findings, edges, precedence: [WW, WR, RW], explain: (from, to, label) => explainEdge(history, from, to, label) };
}

/** A list read, or an empty one for null. */
function listOf(value: Json): readonly Json[] {
  return value === null ? [] : (value as readonly Json[]); // Checked by `ListHistory`.
}

/** The history with its versions: elements by number, their writers, and the order of each key. */
class ListHistory {
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
  /** By version: its place in its key's order, -1 if it has none. */
  readonly position: Int32Array;
  /** By key: the order. */
  readonly orders: readonly Int32Array[];
  /** By key: micro-operation of the longest read, -1 for none. */
  readonly longest: Int32Array;
  /** By key: appends that did not fail and were never read. */
  readonly unread: readonly (readonly number[])[];
  /** By read: its length, if it is a prefix of a longest list without repetitions, else -1. */
  readonly prefix: Int32Array;

  constructor(transactions: Transactions) {
    this.transactions = transactions;
    const { starts, kinds, keys, values, types, keyNames } = transactions;
    const m = values.length;
    this.version = new Int32Array(m).fill(-1);
    this.isRead = new Uint8Array(m);
    this.owner = new Int32Array(m);
    this.longest = new Int32Array(keyNames.length).fill(-1);
    const longestLength = new Int32Array(keyNames.length).fill(-1);
    for (let t = 0; t < transactions.count; t++) {
      for (let at = starts[t]!; at < starts[t + 1]!; at++) {
        this.owner[at] = t;
        const key = keys[at]!;
        const value = values[at]!;
        if (kinds[at] === WRITE) this.version[at] = this.versions.id(key, value);
        else if (types[t] === OK || (types[t] === INFO && value !== null)) {
          if (value !== null && !isArray(value)) throw malformed(transactions.indices[t]!, `a read of ${keyText(transactions, key)} gave ${brief(value)}, not a list`);
          const list = listOf(value);
          this.isRead[at] = 1;
          if (list.length > 0) this.version[at] = this.versions.id(key, list[list.length - 1]!);
          if (list.length >= longestLength[key]!) {
            longestLength[key] = list.length;
            this.longest[key] = at;
          }
        }
      }
    }
    this.orders = this.#orders();
    const count = this.versions.count;
    this.position = new Int32Array(count).fill(-1);
    for (const order of this.orders) for (let i = 0; i < order.length; i++) this.position[order[i]!] = i;
    this.writer = new Int32Array(count).fill(-1);
    this.intermediate = new Uint8Array(count);
    this.#writers();
    this.unread = this.#unread();
    this.prefix = this.#prefixes();
  }

  /** The transaction that appended a version and did not fail, or -1. */
  author(version: number): number {
    const at = this.writer[version]!;
    if (at < 0) return -1;
    const t = this.owner[at]!;
    return this.transactions.types[t] === FAIL ? -1 : t;
  }

  #orders(): Int32Array[] {
    const orders: Int32Array[] = [];
    for (let key = 0; key < this.longest.length; key++) {
      const at = this.longest[key]!;
      const seen = new Set<number>();
      if (at >= 0) for (const element of listOf(this.transactions.values[at]!)) seen.add(this.versions.id(key, element));
      orders.push(Int32Array.from(seen));
    }
    return orders;
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
    const what = `appends ${valueText(transactions.values[later]!)} to ${keyText(transactions, transactions.keys[later]!)}, as op ${first} did before`;
    return malformed(second!, `${what}; a read could not tell the two apart`);
  }

  #unread(): number[][] {
    const unread: number[][] = this.orders.map(() => []);
    const appends = new Int32Array(this.orders.length);
    for (let at = 0; at < this.version.length; at++) {
      if (this.transactions.kinds[at] !== WRITE || this.transactions.types[this.owner[at]!] === FAIL) continue;
      const key = this.transactions.keys[at]!;
      appends[key]!++;
      if (this.position[this.version[at]!] === -1) unread[key]!.push(this.version[at]!);
    }
    return unread;
  }

  #prefixes(): Int32Array {
    const { keys, values } = this.transactions;
    const prefix = new Int32Array(values.length).fill(-1);
    for (let at = 0; at < values.length; at++) {
      if (this.isRead[at] === 0) continue;
      const key = keys[at]!;
      const list = listOf(values[at]!);
      const whole = listOf(values[this.longest[key]!]!);
      if (whole.length === this.orders[key]!.length && isPrefix(list, whole)) prefix[at] = list.length;
    }
    return prefix;
  }
}

function isPrefix(list: readonly Json[], whole: readonly Json[]): boolean {
  if (list === whole) return true;
  if (list.length > whole.length) return false;
  for (let i = 0; i < list.length; i++) if (list[i] !== whole[i] && !sameValue(list[i]!, whole[i]!)) return false;
  return true;
}

/** The anomalies that one read shows: internal, future-read, G1a, G1b, duplicate-elements, incompatible-order. */
function findAnomaliesOfReads(history: ListHistory, findings: Findings): void {
  const { transactions } = history;
  const { starts, kinds, keys, values, types } = transactions;
  // By key: failed versions among the first i of its order, counted only for keys that have some.
  const failed = history.orders.map((order) => {
    const at = order.findIndex((version) => history.writer[version]! >= 0 && types[history.owner[history.writer[version]!]!] === FAIL);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  });
  const incompatible = new Map<number, Set<string>>();
  for (let t = 0; t < transactions.count; t++) {
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      if (kinds[at] !== READ || history.isRead[at] === 0) continue;
      const key = keys[at]!;
      const list = listOf(values[at]!);
      const length = history.prefix[at]!;
      if (length < 0) judgeOddList(history, findings, at, incompatible);
      if (types[t] !== OK) continue;
      findInternal(history, findings, at);
      if (length < 0 || length > failed[key]!) findAborted(history, findings, at);
      if (list.length > 0) findIntermediate(history, findings, at);
    }
  }
}

/** A list that is no prefix of the longest: repeated elements, or another order. */
function judgeOddList(history: ListHistory, findings: Findings, at: number, incompatible: Map<number, Set<string>>): void {
  const { transactions } = history;
  const key = transactions.keys[at]!;
  const list = listOf(transactions.values[at]!);
  const t = history.owner[at]!;
  const name = keyText(transactions, key);
  if (transactions.types[t] === OK && new Set(list.map((element) => valueText(element))).size < list.length) {
    const counts = new Map<string, number>();
    for (const element of list) counts.set(valueText(element), (counts.get(valueText(element)) ?? 0) + 1);
    const twice = [...counts].filter(([, count]) => count > 1);
    findings.add("duplicate-elements", () => ({
      transactions: [t],
      explain: () => `${name} was read as ${valueText(list)}: ${twice.map(([element, count]) => `${element} is there ${count} times`).join(", ")}, but each element was appended once`,
      details: { key: transactions.keyNames[key]!, duplicates: Object.fromEntries(twice) },
    }));
  }
  const longest = history.longest[key]!;
  if (isPrefix(list, listOf(transactions.values[longest]!))) return;
  const seen = incompatible.get(key) ?? new Set<string>();
  incompatible.set(key, seen);
  const text = JSON.stringify(list);
  if (seen.has(text)) return;
  seen.add(text);
  findings.add("incompatible-order", () => ({
    transactions: [t, history.owner[longest]!],
    explain: () => `${name} was read as ${valueText(list)} and as ${valueText(transactions.values[longest]!)}: neither can have grown into the other`,
    details: { key: transactions.keyNames[key]!, values: [list, listOf(transactions.values[longest]!)] },
  }));
}

/** The read against what its own transaction read and appended before, and appends only later. */
function findInternal(history: ListHistory, findings: Findings, at: number): void {
  const { transactions } = history;
  const { keys, kinds, values, starts } = transactions;
  const t = history.owner[at]!;
  const key = keys[at]!;
  const start = starts[t]!;
  const end = starts[t + 1]!;
  const list = listOf(values[at]!);
  const own: Json[] = [];
  let known: readonly Json[] | undefined;
  for (let i = at - 1; i >= start; i--) {
    if (keys[i] !== key) continue;
    if (kinds[i] === WRITE) own.unshift(values[i]!);
    else {
      known = listOf(values[i]!);
      break;
    }
  }
  const expected = known === undefined ? undefined : [...known, ...own];
  const agrees = expected === undefined ? own.length <= list.length && own.every((value, i) => sameValue(value, list[list.length - own.length + i]!)) : expected.length === list.length && isPrefix(list, expected);
  if (!agrees) {
    const text = expected === undefined ? `[… ${own.map(valueText).join(" ")}]` : valueText(expected);
    findings.add("internal", () => ({
      transactions: [t],
      explain: () => `it read ${keyText(transactions, key)} as ${valueText(list)}, but by its own earlier reads and appends the list was ${text}`,
      details: { key: transactions.keyNames[key]!, expected: expected ?? ["…", ...own], received: list },
    }));
  }
  for (let i = at + 1; i < end; i++) {
    if (keys[i] !== key || kinds[i] !== WRITE) continue;
    const place = history.position[history.version[i]!]!;
    const length = history.prefix[at]!;
    const contained = length >= 0 ? place >= 0 && place < length : list.some((element) => sameValue(element, values[i]!));
    if (!contained) continue;
    findings.add("future-read", () => ({
      transactions: [t],
      explain: () => `it read ${keyText(transactions, key)} as ${valueText(list)}, with ${valueText(values[i]!)}, which it appended only afterwards`,
      details: { key: transactions.keyNames[key]!, element: values[i]! },
    }));
  }
}

/** G1a: elements whose transaction failed. */
function findAborted(history: ListHistory, findings: Findings, at: number): void {
  const { transactions } = history;
  const key = transactions.keys[at]!;
  const list = listOf(transactions.values[at]!);
  for (const element of list) {
    const version = history.versions.find(key, element);
    const append = version < 0 ? -1 : history.writer[version]!;
    if (append < 0 || transactions.types[history.owner[append]!] !== FAIL) continue;
    const [reader, writer] = [history.owner[at]!, history.owner[append]!];
    findings.add("G1a", () => ({
      transactions: [reader, writer],
      explain: () => `${keyText(transactions, key)} was read as ${valueText(list)}, but the transaction that appended ${valueText(element)} failed`,
      details: { key: transactions.keyNames[key]!, element, writer: transactions.indices[writer]! },
    }));
  }
}

/** G1b: the last element is followed by another append of its own transaction. */
function findIntermediate(history: ListHistory, findings: Findings, at: number): void {
  const { transactions } = history;
  const version = history.version[at]!;
  const append = history.writer[version]!;
  if (append < 0 || history.intermediate[version] === 0 || history.owner[append] === history.owner[at]) return;
  const [reader, writer] = [history.owner[at]!, history.owner[append]!];
  const key = transactions.keys[at]!;
  findings.add("G1b", () => ({
    transactions: [reader, writer],
    explain: () => `${keyText(transactions, key)} was read as ${valueText(transactions.values[at]!)}, in the middle of the transaction that appended ${valueText(transactions.values[append]!)} and then appended to it again`,
    details: { key: transactions.keyNames[key]!, element: transactions.values[append]!, writer: transactions.indices[writer]! },
  }));
}

/** Lost updates: two or more ok transactions read the same version of a key from outside, and all append to it. */
function findLostUpdates(history: ListHistory, findings: Findings): void {
  const { transactions, versions } = history;
  const { keys, values, keyNames } = transactions;
  // What was read, as a number: the last version of a usual list, or the key of an empty one. Odd lists go by their text.
  const counts = new Int32Array(versions.count + keyNames.length);
  const usual = (at: number): number => (history.version[at]! >= 0 ? history.version[at]! : versions.count + keys[at]!);
  eachUpdate(history, (at) => {
    if (history.prefix[at]! >= 0) counts[usual(at)]!++;
  });
  const groups = new Map<number | string, number[]>();
  eachUpdate(history, (at) => {
    const isUsual = history.prefix[at]! >= 0;
    if (isUsual && counts[usual(at)]! < 2) return;
    const group = isUsual ? usual(at) : `${keys[at]!} ${JSON.stringify(values[at])}`;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [at]);
    else members.push(at);
  });
  for (const reads of groups.values()) {
    if (reads.length < 2) continue;
    const [first] = reads;
    const key = keys[first!]!;
    const members = reads.map((at) => history.owner[at]!);
    findings.add("lost-update", () => ({
      transactions: members,
      explain: () => `${members.length} transactions read ${keyText(transactions, key)} as ${valueText(listOf(values[first!]!))} and each appended to it: none saw another's update`,
      details: { key: keyNames[key]!, value: listOf(values[first!]!) },
    }));
  }
}

/** The first reads of a key in an ok transaction that appends to it afterwards. */
function eachUpdate(history: ListHistory, visit: (at: number) => void): void {
  const { starts, keys, kinds, types, count } = history.transactions;
  for (let t = 0; t < count; t++) {
    if (types[t] !== OK) continue;
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      if (kinds[at] !== READ) continue;
      let external = true;
      for (let i = starts[t]!; i < at && external; i++) external = keys[i] !== keys[at];
      let updates = false;
      for (let i = at + 1; external && i < starts[t + 1]! && !updates; i++) updates = keys[i] === keys[at] && kinds[i] === WRITE;
      if (updates) visit(at);
    }
  }
}

/** Dirty updates: along a key's order, something committed was appended after something that failed. */
function findDirtyUpdates(history: ListHistory, findings: Findings): void {
  const { transactions } = history;
  for (const [key, order] of history.orders.entries()) {
    let dirty = -1;
    for (const version of order) {
      const append = history.writer[version]!;
      if (append < 0) continue;
      const type = transactions.types[history.owner[append]!]!;
      if (type === FAIL) dirty = append;
      else if (type === OK && dirty >= 0) {
        const [failed, on] = [dirty, append];
        findings.add("dirty-update", () => ({
          transactions: [history.owner[failed]!, history.owner[on]!],
          explain: () =>
            `the committed append of ${valueText(transactions.values[on]!)} to ${keyText(transactions, key)} stands on ${valueText(transactions.values[failed]!)}, whose transaction failed`,
          details: { key: transactions.keyNames[key]!, values: [transactions.values[failed]!, transactions.values[on]!] },
        }));
        dirty = -1;
      }
    }
  }
}

function dependencies(history: ListHistory): EdgeList {
  const { keys } = history.transactions;
  const edges = new EdgeList();
  for (const [key, order] of history.orders.entries()) {
    let before = -1;
    for (const version of order) {
      const author = history.author(version);
      if (before >= 0 && author >= 0) edges.push(before, author, WW);
      before = author;
    }
    if (before >= 0) for (const version of history.unread[key]!) edges.push(before, history.author(version), WW);
  }
  for (let at = 0; at < keys.length; at++) {
    if (history.isRead[at] === 0) continue;
    const reader = history.owner[at]!;
    const version = history.version[at]!;
    if (version >= 0) {
      const author = history.author(version);
      if (author >= 0) edges.push(author, reader, WR);
    }
    eachNext(history, keys[at]!, version, (next) => {
      const author = history.author(next);
      if (author >= 0) edges.push(reader, author, RW);
    });
  }
  return edges;
}

/** Versions that directly follow one; -1 is the empty list. */
function eachNext(history: ListHistory, key: number, version: number, visit: (next: number) => void): void {
  const order = history.orders[key]!;
  const place = version < 0 ? -1 : history.position[version]!;
  if (version >= 0 && place < 0) return;
  if (place + 1 < order.length) visit(order[place + 1]!);
  else for (const next of history.unread[key]!) visit(next);
}

/** The step from one transaction to another by one relation, found again among their micro-operations. */
function explainEdge(history: ListHistory, from: number, to: number, label: number): Step {
  const { transactions } = history;
  const { starts, keys, keyNames, values } = transactions;
  for (let a = starts[from]!; a < starts[from + 1]!; a++) {
    const key = keys[a]!;
    const name = keyText(transactions, key);
    const version = history.version[a]!;
    const details = (relation: string, b: number, extra: { readonly [key: string]: Json }): { readonly [key: string]: Json } => ({
      type: relation,
      key: keyNames[key]!,
      ...extra,
      "a-mop-index": a - starts[from]!,
      "b-mop-index": b - starts[to]!,
    });
    if (label === WR) {
      if (transactions.kinds[a] !== WRITE) continue;
      for (let b = starts[to]!; b < starts[to + 1]!; b++) {
        if (history.isRead[b] === 0 || history.version[b] !== version) continue;
        return {
          from,
          to,
          relation: "wr",
          details: details("wr", b, { value: values[a]! }),
          text: (names) => `${names(to)} read ${name} = ${valueText(values[b]!)}, whose last element ${valueText(values[a]!)} was appended by ${names(from)}`,
        };
      }
      continue;
    }
    const isSource = label === WW ? transactions.kinds[a] === WRITE : history.isRead[a] === 1;
    if (!isSource) continue;
    let found = -1;
    eachNext(history, key, version, (next) => {
      if (found < 0 && history.author(next) === to) found = history.writer[next]!;
    });
    if (found < 0) continue;
    const b = found;
    if (label === WW) {
      return {
        from,
        to,
        relation: "ww",
        details: details("ww", b, { value: values[a]!, "value'": values[b]! }),
        text: (names) => `${names(to)} appended ${valueText(values[b]!)} to ${name} directly after ${names(from)} had appended ${valueText(values[a]!)}`,
      };
    }
    return {
      from,
      to,
      relation: "rw",
      details: details("rw", b, { value: version < 0 ? "init" : history.versions.value(version), "value'": values[b]! }),
      text: (names) => `${names(from)} read ${name} = ${valueText(listOf(values[a]!))} and did not see ${valueText(values[b]!)}, which ${names(to)} appended next`,
    };
  }
  throw new Error("assertion failed: every edge is explained by micro-operations of its ends");
}
