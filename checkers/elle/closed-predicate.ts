import { isArray, isObject, type Json } from "../../harness/json.ts";
import type { Analysis } from "./analysis.ts";
import { Findings, type Step } from "./findings.ts";
import { EdgeList, RW, RWP, WR, WRP, WW, WWP } from "./graph.ts";
import { brief, FAIL, keyText, malformed, OK, PREDICATE_READ, READ, type Transactions, valueText, WRITE } from "./transactions.ts";
import { VersionTable } from "./versions.ts";

/**
 * Predicate reads over a closed set of keys: `read where v = 1` returns every key whose value matches. What it leaves
 * out tells as much as what it returns: a key that is absent was seen in a version that does not match.
 *
 *     init x = 0, y = 0      T1: read where v = 1 → {}, write x = 1      T2: read where v = 1 → {}, write y = 1
 *     T1 saw y = 0, so T1 -rwp-> T2; T2 saw x = 0, so T2 -rwp-> T1: write skew through a predicate (G2)
 *
 * The set is closed when every key and every value that it may have is in the history, so the versions that an absent
 * key may have been in can be listed. If one is left, the read saw that one; if none is left, whatever the version, it
 * should have been returned (`predicate-read-miss`). With several left nothing is concluded. Of the order of versions
 * only this is known: the initial one, written by the `init` operation, comes first.
 */
export function analyseClosedPredicate(transactions: Transactions): Analysis {
  const history = new PredicateHistory(transactions);
  const findings = new Findings();
  const edges = new EdgeList();
  for (const key of history.keys) {
    const initial = history.initial.get(key);
    const first = initial === undefined ? -1 : history.author(initial);
    if (first >= 0) for (const version of history.versionsOf.get(key) ?? []) if (history.author(version) >= 0) edges.push(first, history.author(version), WW);
  }
  for (const view of views(history, findings)) {
    const author = history.author(view.version);
    if (author >= 0) edges.push(author, view.reader, view.predicate ? WRP : WR);
    for (const next of history.after(view.version)) if (history.author(next) >= 0) edges.push(view.reader, history.author(next), view.predicate ? RWP : RW);
  }
  return { transactions, findings, edges, precedence: [WW, WWP, WR, WRP, RW, RWP], explain: (from, to, label) => explainEdge(history, from, to, label) };
}

/** A version of a key that a transaction saw, by reading it or by a predicate. */
interface View {
  readonly reader: number;
  readonly version: number;
  readonly predicate: boolean;
  readonly at: number;
}

class PredicateHistory {
  readonly transactions: Transactions;
  readonly versions: VersionTable = new VersionTable();
  readonly owner: Int32Array;
  /** Keys that hold values; predicates are none. */
  readonly keys: readonly number[];
  readonly keyOfName: ReadonlyMap<string, number>;
  /** By version: the writing micro-operation. */
  readonly writer: ReadonlyMap<number, number>;
  /** Versions that may have been visible: not those of failed transactions, nor overwritten ones. */
  readonly versionsOf: ReadonlyMap<number, readonly number[]>;
  readonly initial: ReadonlyMap<number, number>;

  constructor(transactions: Transactions) {
    this.transactions = transactions;
    const { values, kinds, keys, starts, types } = transactions;
    this.owner = new Int32Array(values.length);
    const writer = new Map<number, number>();
    const versionsOf = new Map<number, number[]>();
    const initial = new Map<number, number>();
    const names = new Map<string, number>();
    // Everything that was there before the first transaction that reads: the init operation.
    for (let t = 0; t < transactions.count; t++) {
      const onlyWrites = kinds.subarray(starts[t]!, starts[t + 1]!).every((kind) => kind === WRITE);
      for (let at = starts[t]!; at < starts[t + 1]!; at++) {
        this.owner[at] = t;
        if (kinds[at] === PREDICATE_READ) continue;
        names.set(keyText(transactions, keys[at]!), keys[at]!);
        if (kinds[at] !== WRITE) continue;
        const version = this.versions.id(keys[at]!, values[at]!);
        const earlier = writer.get(version);
        if (earlier !== undefined) {
          const [first, second] = [earlier, at].map((place) => transactions.indices[this.owner[place]!]!);
          throw malformed(second!, `writes ${valueText(values[at]!)} to ${keyText(transactions, keys[at]!)}, as op ${first} did before; a read could not tell the two apart`);
        }
        writer.set(version, at);
        if (types[t] !== FAIL && !this.#isOverwritten(at)) versionsOf.set(keys[at]!, [...(versionsOf.get(keys[at]!) ?? []), version]);
        if (t === 0 && onlyWrites) initial.set(keys[at]!, version);
      }
    }
    this.keys = [...names.values()];
    this.keyOfName = names;
    this.writer = writer;
    this.versionsOf = versionsOf;
    this.initial = initial;
  }

  /** The transaction that wrote a version and did not fail, or -1. */
  author(version: number): number {
    const at = this.writer.get(version);
    if (at === undefined || this.transactions.types[this.owner[at]!] !== OK || this.#isOverwritten(at)) return -1;
    return this.owner[at]!;
  }

  /** Versions known to follow directly. */
  after(version: number): readonly number[] {
    const key = this.versions.key(version);
    return this.initial.get(key) === version ? (this.versionsOf.get(key) ?? []).filter((other) => other !== version) : [];
  }

  #isOverwritten(write: number): boolean {
    const { kinds, keys, starts } = this.transactions;
    let t = this.owner[write]!;
    while (starts[t + 1]! <= write) t++;
    for (let at = write + 1; at < starts[t + 1]!; at++) if (kinds[at] === WRITE && keys[at] === keys[write]) return true;
    return false;
  }
}

/** Whether a value matches; `true`, `[= v]` and `[mod divisor remainder]` are known. */
function matches(predicate: Json, value: Json, index: number): boolean {
  if (predicate === "true" || predicate === true) return value !== null;
  if (isArray(predicate) && predicate[0] === "=") return value === predicate[1];
  if (isArray(predicate) && predicate[0] === "mod") return typeof value === "number" && value % Number(predicate[1]) === predicate[2];
  throw malformed(index, `the predicate ${brief(predicate)} is none of true, [= value], [mod divisor remainder]`);
}

/** Everything that ok transactions saw of each other; notes what is wrong with single reads on the way. */
function views(history: PredicateHistory, findings: Findings): View[] {
  const { transactions } = history;
  const { types, starts, kinds, keys, values, keyNames, indices } = transactions;
  const result: View[] = [];
  for (let t = 0; t < transactions.count; t++) {
    if (types[t] !== OK) continue;
    // Own knowledge: key → value written or read before in this transaction.
    const own = new Map<number, Json>();
    const see = (at: number, key: number, value: Json, predicate: boolean): void => {
      const expected = own.get(key);
      if (expected !== undefined) {
        if (expected !== value) {
          findings.add("internal", () => ({
            transactions: [t],
            explain: () => `it saw ${keyText(transactions, key)} as ${valueText(value)}, but by its own earlier reads and writes it was ${valueText(expected)}`,
            details: { key: keyNames[key]!, expected, received: value },
          }));
        }
        return;
      }
      if (!predicate) own.set(key, value);
      const version = history.versions.find(key, value);
      if (version < 0) return;
      const write = history.writer.get(version);
      if (write !== undefined && history.owner[write] !== t) {
        const author = history.owner[write]!;
        const evidence = (explain: () => string): { transactions: number[]; explain: () => string; details: { [key: string]: Json } } => ({
          transactions: [t, author],
          explain,
          details: { key: keyNames[key]!, element: value, writer: indices[author]! },
        });
        if (types[author] === FAIL) findings.add("G1a", () => evidence(() => `${keyText(transactions, key)} was seen as ${valueText(value)}, but the transaction that wrote it failed`));
        else if (types[author] === OK && history.author(version) < 0) findings.add("G1b", () => evidence(() => `${keyText(transactions, key)} was seen as ${valueText(value)}, which its transaction overwrote`));
      }
      result.push({ reader: t, version, predicate, at });
    };
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      const value = values[at]!;
      if (kinds[at] === WRITE) own.set(keys[at]!, value);
      else if (kinds[at] === READ) see(at, keys[at]!, value, false);
      else seePredicate(history, findings, { t, at, own, see });
    }
  }
  return result;
}

function seePredicate(
  history: PredicateHistory,
  findings: Findings,
  read: { readonly t: number; readonly at: number; readonly own: ReadonlyMap<number, Json>; see(at: number, key: number, value: Json, predicate: boolean): void },
): void {
  const { transactions } = history;
  const { t, at, own } = read;
  const { values, keys, keyNames, indices } = transactions;
  const name = keyNames[keys[at]!]!;
  const predicate = isObject(name) ? (name["predicate"] ?? null) : null;
  const found = values[at] ?? {};
  if (!isObject(found)) throw malformed(indices[t]!, `a predicate read gave ${brief(found)}, not a map`);
  for (const key of history.keys) {
    const seen = found[keyText(transactions, key)];
    if (seen !== undefined) {
      read.see(at, key, seen, true);
      continue;
    }
    const mine = own.get(key);
    if (mine !== undefined && !matches(predicate, mine, indices[t]!)) continue;
    const possible = mine !== undefined ? [] : (history.versionsOf.get(key) ?? []).filter((version) => history.owner[history.writer.get(version)!] !== t);
    if (mine === undefined && possible.length === 0) continue;
    const candidates = possible.filter((version) => !matches(predicate, history.versions.value(version), indices[t]!));
    if (candidates.length === 1 && (possible.length === 1 || history.initial.has(key))) read.see(at, key, history.versions.value(candidates[0]!), true);
    // Without an initial version the key may not have existed yet.
    if (candidates.length > 0 || (mine === undefined && !history.initial.has(key))) continue;
    const versions = mine !== undefined ? [mine] : possible.map((version) => history.versions.value(version));
    findings.add("predicate-read-miss", () => ({
      transactions: [t],
      explain: () => `reading where ${valueText(predicate)} it did not see ${keyText(transactions, key)}, whose value could only be ${versions.map(valueText).join(" or ")}, which matches`,
      details: { key: keyNames[key]!, versions, predicate },
    }));
  }
}

function explainEdge(history: PredicateHistory, from: number, to: number, label: number): Step {
  const { transactions } = history;
  const { keyNames, starts } = transactions;
  const details = (relation: string, version: number, extra: { readonly [key: string]: Json }): { readonly [key: string]: Json } => ({
    type: relation,
    key: keyNames[history.versions.key(version)]!,
    value: history.versions.value(version),
    ...extra,
  });
  if (label === WW) {
    for (const [key, initial] of history.initial) {
      const next = history.author(initial) === from ? (history.versionsOf.get(key) ?? []).find((version) => version !== initial && history.author(version) === to) : undefined;
      if (next === undefined) continue;
      const [value, name] = [history.versions.value(next), keyText(transactions, key)];
      return { from, to, relation: "ww", details: details("ww", initial, { "value'": value }), text: (names) => `${names(to)} wrote ${name} = ${valueText(value)} over the initial value, written by ${names(from)}` };
    }
  }
  const isRead = label === RW || label === RWP;
  const wanted = label === WRP || label === RWP;
  for (const view of views(history, new Findings(0))) {
    if (view.predicate !== wanted || view.reader !== (isRead ? from : to)) continue;
    const name = keyText(transactions, history.versions.key(view.version));
    const value = valueText(history.versions.value(view.version));
    const how = wanted ? ` by ${valueText(keyNames[transactions.keys[view.at]!]!)}` : "";
    const mop = view.at - starts[view.reader]!;
    if (!isRead) {
      if (history.author(view.version) !== from) continue;
      const relation = wanted ? "wrp" : "wr";
      return { from, to, relation, details: details(relation, view.version, { "b-mop-index": mop }), text: (names) => `${names(to)} saw ${name} = ${value}${how}, which ${names(from)} wrote` };
    }
    const next = history.after(view.version).find((version) => history.author(version) === to);
    if (next === undefined) continue;
    const relation = wanted ? "rwp" : "rw";
    const after = history.versions.value(next);
    return { from, to, relation, details: details(relation, view.version, { "value'": after, "a-mop-index": mop }), text: (names) => `${names(from)} saw ${name} = ${value}${how}, not yet ${valueText(after)}, which ${names(to)} wrote` };
  }
  throw new Error("assertion failed: every edge is explained by micro-operations of its ends");
}
