import type { Json } from "../../harness/json.ts";
import type { Analysis } from "./analysis.ts";
import { Findings, type Step } from "./findings.ts";
import { components, EdgeList, type Graph, RW, WR, WW } from "./graph.ts";
import { lastBefore } from "./order.ts";
import { FAIL, keyText, malformed, OK, READ, type Transactions, valueText, WRITE } from "./transactions.ts";
import { type Rows, rows } from "./rows.ts";
import { VersionTable } from "./versions.ts";

/**
 * Registers that are written blindly, each value once per key. A read names its writer (wr), but not what was before:
 * the order of versions has to be inferred, and remains partial. Sources of order, each an assumption that the user may
 * make, merged one after the other:
 *
 *     initial-state      the initial null precedes every other version (always)
 *     wfr-keys           a transaction that read v and then wrote w of the same key: v < w
 *     sequential-keys    each key is sequentially consistent: a process' successive transactions see it grow
 *     linearizable-keys  each key is linearizable: likewise for transactions one of which ended before the other began
 *     transaction-order  the database told the order of its transactions
 *     version-order      or that of each key's versions
 *
 * A source that would close a circle within a key contradicts the others: that is the anomaly `cyclic-versions`, and the
 * source is left out. Then, for v directly before w: writer(v) -ww-> writer(w), reader(v) -rw-> writer(w).
 * Only ok transactions take part, as in Elle; so do only first reads and last writes of a key within a transaction.
 */
export interface RegisterOptions {
  readonly wfrKeys?: boolean;
  readonly sequentialKeys?: boolean;
  readonly linearizableKeys?: boolean;
  /** `Op.index` of a completion → its place in the database's order. */
  readonly transactionOrder?: ReadonlyMap<number, number>;
  /** A key as text → its values, the first first; keys and values that it lacks stay as the other sources leave them. */
  readonly versionOrder?: ReadonlyMap<string, readonly Json[]>;
}

export function analyseRwRegister(transactions: Transactions, options: RegisterOptions = {}): Analysis {
  const history = new RegisterHistory(transactions);
  const findings = new Findings();
  findAnomaliesOfReads(history, findings);
  findLostUpdates(history, findings);
  const versions = versionOrder(history, options, findings);
  const { edges, hubs, expand } = dependencies(history, versions);
  return { transactions, findings, edges, hubs, expand, precedence: [WR, WW, RW], explain: (from, to, label) => explainEdge(history, versions, from, to, label) };
}

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

export function findAnomaliesOfReads(history: RegisterHistory, findings: Findings): void {
  const { transactions } = history;
  const { starts, kinds, keys, values, types, keyNames, indices } = transactions;
  for (let t = 0; t < transactions.count; t++) {
    if (types[t] !== OK) continue;
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      if (kinds[at] !== READ) continue;
      const key = keys[at]!;
      const version = history.version[at]!;
      let before = at - 1;
      while (before >= starts[t]! && keys[before] !== key) before--;
      if (before >= starts[t]! && history.version[before] !== version) {
        const [expected, received] = [values.at(before), values.at(at)];
        findings.add("internal", () => ({
          transactions: [t],
          explain: () => `it read ${keyText(transactions, key)} as ${valueText(received)}, having ${kinds[before] === WRITE ? "written" : "read"} ${valueText(expected)} itself just before`,
          details: { key: keyNames[key]!, expected, received },
        }));
      }
      const write = history.writer[version]!;
      if (write < 0 && values.at(at) !== null) addUnwrittenRead(history, findings, at);
      if (write < 0 || history.owner[write] === t) continue;
      const author = history.owner[write]!;
      if (types[author] === FAIL) {
        findings.add("G1a", () => ({
          transactions: [t, author],
          explain: () => `${keyText(transactions, key)} was read as ${valueText(values.at(at))}, but the transaction that wrote it failed`,
          details: { key: keyNames[key]!, element: values.at(at), writer: indices[author]! },
        }));
      }
      if (isOverwritten(history, write)) {
        findings.add("G1b", () => ({
          transactions: [t, author],
          explain: () => `${keyText(transactions, key)} was read as ${valueText(values.at(at))}, in the middle of the transaction that wrote it and then wrote it again`,
          details: { key: keyNames[key]!, element: values.at(at), writer: indices[author]! },
        }));
      }
    }
  }
}

function addUnwrittenRead({ transactions, owner }: RegisterHistory, findings: Findings, at: number): void {
  const key = transactions.keys[at]!;
  const element = transactions.values.at(at);
  findings.add("unwritten-read", () => ({
    transactions: [owner[at]!],
    explain: () => `${keyText(transactions, key)} was read as ${valueText(element)}, but nobody wrote that`,
    details: { key: transactions.keyNames[key]!, element },
  }));
}

/** Whether the writing transaction writes the key again. */
function isOverwritten(history: RegisterHistory, write: number): boolean {
  const { kinds, keys, starts } = history.transactions;
  const end = starts[history.owner[write]! + 1]!;
  for (let at = write + 1; at < end; at++) if (kinds[at] === WRITE && keys[at] === keys[write]) return true;
  return false;
}

/** Lost updates: two or more ok transactions read the same version from outside and write its key. */
export function findLostUpdates(history: RegisterHistory, findings: Findings): void {
  const { transactions, readers } = history;
  for (let version = 0; version < history.versions.count; version++) {
    if (readers.starts[version + 1]! - readers.starts[version]! < 2) continue;
    const updaters: number[] = [];
    for (let i = readers.starts[version]!; i < readers.starts[version + 1]!; i++) if (nextWrite(history, readers.items[i]!) >= 0) updaters.push(history.owner[readers.items[i]!]!);
    if (updaters.length < 2) continue;
    const key = history.versions.key(version);
    findings.add("lost-update", () => ({
      transactions: updaters,
      explain: () => `${updaters.length} transactions read ${keyText(transactions, key)} as ${valueText(history.versions.value(version))} and each wrote it: none saw another's update`,
      details: { key: transactions.keyNames[key]!, value: history.versions.value(version) },
    }));
  }
}

/** The external write of the same transaction and key that follows an external read, -1 for none. */
function nextWrite(history: RegisterHistory, read: number): number {
  const { kinds, keys, starts } = history.transactions;
  const end = starts[history.owner[read]! + 1]!;
  for (let at = read + 1; at < end; at++) if (kinds[at] === WRITE && keys[at] === keys[read] && history.external[at] === 1) return at;
  return -1;
}

/** Direct successors of each version. */
type VersionOrder = Rows;

type Source = readonly [name: string, pairs: (link: (before: number, after: number) => void) => void];

/** Merges the sources; a circle within a key is `cyclic-versions`. */
function versionOrder(history: RegisterHistory, options: RegisterOptions, findings: Findings): VersionOrder {
  const sources: Source[] = [["initial-state", (link) => linkInitial(history, link)]];
  if (options.wfrKeys === true) sources.push(["wfr-keys", (link) => linkReadsToWrites(history, link)]);
  if (options.sequentialKeys === true) sources.push(["sequential-keys", (link) => linkProcesses(history, link)]);
  if (options.linearizableKeys === true) sources.push(["linearizable-keys", (link) => linkRealtime(history, link)]);
  const { transactionOrder, versionOrder: given } = options;
  if (transactionOrder !== undefined) sources.push(["transaction-order", (link) => linkGivenOrder(history, transactionOrder, link)]);
  if (given !== undefined) sources.push(["version-order", (link) => linkGivenVersions(history, given, link)]);
  const accepted: Source[] = [];
  const names: string[] = [];
  // A source is asked again rather than remembered: millions of pairs would be kept twice.
  const orderBy = (chosen: readonly Source[]): Graph => {
    const edges = new EdgeList();
    for (const [, pairs] of chosen) pairs((before, after) => edges.push(before, after, 1));
    return edges.graph(history.versions.count);
  };
  let graph = orderBy([]);
  for (const source of sources) {
    names.push(source[0]);
    const merged = orderBy([...accepted, source]);
    // Everything from null makes no circle.
    if (source[0] !== "initial-state" && reportCircles(history, merged, [...names], findings)) continue;
    accepted.push(source);
    graph = merged;
  }
  return { starts: graph.starts, items: graph.targets };
}

/** Reports each circle of versions; returns whether there is one. */
function reportCircles(history: RegisterHistory, graph: Graph, sources: readonly string[], findings: Findings): boolean {
  const circles = components(graph);
  const { transactions } = history;
  for (const members of circles) {
    const circle = [...members];
    const key = history.versions.key(circle[0]!);
    const values = circle.map((version) => history.versions.value(version));
    findings.add("cyclic-versions", () => ({
      transactions: [...new Set(circle.flatMap((version) => (history.writer[version]! >= 0 ? [history.owner[history.writer[version]!]!] : [])))].sort((a, b) => a - b),
      explain: () => `of the versions ${values.map(valueText).join(", ")} of ${keyText(transactions, key)} each would have to precede the others, by ${sources.join(", ")}`,
      details: { key: transactions.keyNames[key]!, scc: values, sources: [...sources] },
    }));
  }
  return circles.length > 0;
}

function linkInitial(history: RegisterHistory, link: (before: number, after: number) => void): void {
  const seen = new Uint8Array(history.versions.count);
  for (let at = 0; at < history.version.length; at++) {
    if (history.external[at] === 0) continue;
    const version = history.version[at]!;
    const initial = history.initial[history.transactions.keys[at]!]!;
    if (initial < 0 || seen[version] === 1) continue;
    seen[version] = 1;
    link(initial, version);
  }
}

function linkReadsToWrites(history: RegisterHistory, link: (before: number, after: number) => void): void {
  for (let at = 0; at < history.version.length; at++) {
    if (history.external[at] === 0 || history.transactions.kinds[at] !== READ) continue;
    const write = nextWrite(history, at);
    if (write >= 0) link(history.version[at]!, history.version[write]!);
  }
}

/** Calls `visit(key, first, last)` for each key of an ok transaction: its versions on entering and on leaving it. */
function eachKey(history: RegisterHistory, t: number, visit: (key: number, first: number, last: number) => void): void {
  const { starts, keys, kinds } = history.transactions;
  for (let at = starts[t]!; at < starts[t + 1]!; at++) {
    if (history.external[at] === 0) continue;
    const own = history.version[at]!;
    if (kinds[at] === READ) {
      const write = nextWrite(history, at);
      visit(keys[at]!, own, write < 0 ? own : history.version[write]!);
    } else {
      let read = false;
      for (let i = starts[t]!; i < at && !read; i++) read = history.external[i] === 1 && keys[i] === keys[at];
      if (!read) visit(keys[at]!, own, own);
    }
  }
}

function linkProcesses(history: RegisterHistory, link: (before: number, after: number) => void): void {
  const { transactions } = history;
  const keyCount = transactions.keyNames.length;
  const last = new Map<number, number>();
  for (let t = 0; t < transactions.count; t++) {
    if (transactions.types[t] !== OK) continue;
    const base = transactions.processes[t]! * keyCount;
    eachKey(history, t, (key, first, leaving) => {
      const before = last.get(base + key);
      if (before !== undefined) link(before, first);
      last.set(base + key, leaving);
    });
  }
}

/** Per key, the reduction of real time among the transactions that touch it. */
function linkRealtime(history: RegisterHistory, link: (before: number, after: number) => void): void {
  const { transactions } = history;
  const byKey: { t: number; first: number; last: number }[][] = transactions.keyNames.map(() => []);
  for (let t = 0; t < transactions.count; t++) if (transactions.types[t] === OK) eachKey(history, t, (key, first, last) => byKey[key]!.push({ t, first, last }));
  const precedes = lastBefore(transactions);
  for (const touches of byKey) {
    // Of those that ended before a transaction began, the maximal ones: that began after no other of them had ended.
    for (const [place, { t, first }] of touches.entries()) {
      let latestBegin = -1;
      for (let i = place - 1; i >= 0; i--) {
        const earlier = touches[i]!;
        if (earlier.t > precedes[t]!) continue;
        if (transactions.ends[earlier.t]! < latestBegin) break;
        link(earlier.last, first);
        latestBegin = Math.max(latestBegin, transactions.begins[earlier.t]!);
      }
    }
  }
}

/** Writes of a key in the database's own order. */
function linkGivenOrder(history: RegisterHistory, order: ReadonlyMap<number, number>, link: (before: number, after: number) => void): void {
  const { transactions } = history;
  const placed: [number, number][] = [];
  for (let t = 0; t < transactions.count; t++) {
    const place = order.get(transactions.indices[t]!);
    if (transactions.types[t] === OK && place !== undefined) placed.push([place, t]);
  }
  placed.sort(([a, s], [b, t]) => a - b || s - t);
  const last = new Int32Array(transactions.keyNames.length).fill(-1);
  for (const [, t] of placed) {
    for (let at = transactions.starts[t]!; at < transactions.starts[t + 1]!; at++) {
      if (transactions.kinds[at] !== WRITE || history.external[at] === 0) continue;
      const key = transactions.keys[at]!;
      if (last[key]! >= 0) link(last[key]!, history.version[at]!);
      last[key] = history.version[at]!;
    }
  }
}

/** Versions of a key in the order that the database gave; those that nobody saw are passed over. */
function linkGivenVersions({ versions, transactions }: RegisterHistory, order: ReadonlyMap<string, readonly Json[]>, link: (before: number, after: number) => void): void {
  for (let key = 0; key < transactions.keyNames.length; key++) {
    let before = -1;
    for (const value of order.get(keyText(transactions, key)) ?? []) {
      const version = versions.find(key, value);
      if (version < 0) continue;
      if (before >= 0) link(before, version);
      before = version;
    }
  }
}

/** Edges between transactions; where readers × next writers would be many, they meet in a hub. */
function dependencies(history: RegisterHistory, order: VersionOrder): { edges: EdgeList; hubs: number; expand: NonNullable<Analysis["expand"]> } {
  const { transactions, readers } = history;
  const edges = new EdgeList();
  const hubbed = new Uint8Array(history.versions.count);
  let hubs = 0;
  for (let version = 0; version < history.versions.count; version++) {
    const author = history.author(version);
    const readersFrom = readers.starts[version]!;
    const readersTo = readers.starts[version + 1]!;
    if (author >= 0) for (let i = readersFrom; i < readersTo; i++) edges.push(author, history.owner[readers.items[i]!]!, WR);
    const nextFrom = order.starts[version]!;
    const nextTo = order.starts[version + 1]!;
    if (author >= 0) {
      for (let n = nextFrom; n < nextTo; n++) {
        const next = history.author(order.items[n]!);
        if (next >= 0) edges.push(author, next, WW);
      }
    }
    const hub = (readersTo - readersFrom) * (nextTo - nextFrom) > 2 * (readersTo - readersFrom + nextTo - nextFrom) ? transactions.count + hubs++ : -1;
    if (hub >= 0) {
      hubbed[version] = 1;
      for (let i = readersFrom; i < readersTo; i++) edges.push(history.owner[readers.items[i]!]!, hub, RW);
      for (let n = nextFrom; n < nextTo; n++) {
        const next = history.author(order.items[n]!);
        if (next >= 0) edges.push(hub, next, RW);
      }
      continue;
    }
    for (let i = readersFrom; i < readersTo; i++) {
      for (let n = nextFrom; n < nextTo; n++) {
        const next = history.author(order.items[n]!);
        if (next >= 0) edges.push(history.owner[readers.items[i]!]!, next, RW);
      }
    }
  }
  const expand: NonNullable<Analysis["expand"]> = (members, meet) => {
    const readersOf = new Map<number, number[]>();
    for (const t of hubs === 0 ? [] : members) {
      for (let at = transactions.starts[t]!; at < transactions.starts[t + 1]!; at++) {
        const version = history.version[at]!;
        if (history.external[at] === 0 || transactions.kinds[at] !== READ || hubbed[version] === 0) continue;
        const known = readersOf.get(version);
        if (known === undefined) readersOf.set(version, [t]);
        else known.push(t);
      }
    }
    for (const [version, inside] of readersOf) meet(inside, [...order.items.subarray(order.starts[version]!, order.starts[version + 1]!)].map((next) => history.author(next)).filter((author) => author >= 0));
  };
  return { edges, hubs, expand };
}

function explainEdge(history: RegisterHistory, order: VersionOrder, from: number, to: number, label: number): Step {
  const { transactions } = history;
  const { starts, keys, kinds, keyNames, values } = transactions;
  for (let a = starts[from]!; a < starts[from + 1]!; a++) {
    if (history.external[a] === 0 || kinds[a] !== (label === RW ? READ : WRITE)) continue;
    const version = history.version[a]!;
    const key = keyText(transactions, keys[a]!);
    for (let b = starts[to]!; b < starts[to + 1]!; b++) {
      if (history.external[b] === 0 || kinds[b] !== (label === WR ? READ : WRITE) || keys[b] !== keys[a]) continue;
      const relation = label === WR ? "wr" : label === WW ? "ww" : "rw";
      const details: { readonly [key: string]: Json } = {
        type: relation,
        key: keyNames[keys[a]!]!,
        value: values.at(a),
        ...(label === WR ? {} : { "value'": values.at(b) }),
        "a-mop-index": a - starts[from]!,
        "b-mop-index": b - starts[to]!,
      };
      const [before, after] = [valueText(values.at(a)), valueText(values.at(b))];
      if (label === WR) {
        if (history.version[b] !== version) continue;
        return { from, to, relation, details, text: (name) => `${name(to)} read ${key} = ${before}, which ${name(from)} wrote` };
      }
      if (!order.items.subarray(order.starts[version]!, order.starts[version + 1]!).includes(history.version[b]!)) continue;
      const text =
        label === WW
          ? (name: (t: number) => string): string => `${name(to)} wrote ${key} = ${after}, a version after ${before}, which ${name(from)} wrote`
          : (name: (t: number) => string): string => `${name(from)} read ${key} = ${before}, a version before ${after}, which ${name(to)} wrote`;
      return { from, to, relation, details, text };
    }
  }
  throw new Error("assertion failed: every edge is explained by micro-operations of its ends");
}
