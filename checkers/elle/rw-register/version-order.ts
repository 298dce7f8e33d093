import type { Json } from "../../../harness/json.ts";
import type { Findings } from "../findings.ts";
import { components, EdgeList, type Graph } from "../graph.ts";
import { lastBefore } from "../order.ts";
import type { Rows } from "../rows.ts";
import { keyText, OK, READ, valueText, WRITE } from "../transactions.ts";
import { nextWrite, type RegisterHistory } from "./history.ts";

/** Which sources of the versions' order to believe: see `analyseRwRegister`. */
export interface RegisterOptions {
  readonly wfrKeys?: boolean;
  readonly sequentialKeys?: boolean;
  readonly linearizableKeys?: boolean;
  /** `Op.index` of a completion → its place in the database's order. */
  readonly transactionOrder?: ReadonlyMap<number, number>;
  /** A key as text → its values, the first first; keys and values that it lacks stay as the other sources leave them. */
  readonly versionOrder?: ReadonlyMap<string, readonly Json[]>;
}

/** Direct successors of each version. */
export type VersionOrder = Rows;

type Source = readonly [name: string, pairs: (link: (before: number, after: number) => void) => void];

/** Merges the sources; a circle within a key is `cyclic-versions`. */
export function versionOrder(history: RegisterHistory, options: RegisterOptions, findings: Findings): VersionOrder {
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
