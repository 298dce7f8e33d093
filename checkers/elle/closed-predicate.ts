import { equalJson, isArray, isObject, type Json } from "../../harness/json.ts";
import type { Analysis } from "./analysis.ts";
import { Findings, type Step } from "./findings.ts";
import { EdgeList, RW, RWP, WR, WRP, WW, WWP } from "./graph.ts";
import { brief, DELETED, FAIL, keyText, malformed, OK, PREDICATE_READ, READ, type Transactions, valueText, WRITE } from "./transactions.ts";
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
 * should have been returned (`predicate-read-miss`). With several left nothing is concluded.
 *
 *     not yet born ── insert x 1 ── delete x            no predicate matches a key before its birth or after its end
 *
 * Of the order of versions only this is known: the one that the `init` operation wrote, or having none, comes first. Not
 * even a deletion must come after the insertion: of a key that is not there it does nothing. Elle 0.2.8 takes versions in
 * the order of their completions, which overlapping transactions need not have kept: so ours may say less, and is never
 * wrong by it.
 */
export function analyseClosedPredicate(transactions: Transactions): Analysis {
  const history = new PredicateHistory(transactions);
  const findings = new Findings();
  const edges = new EdgeList();
  for (const [version, next] of history.successions()) {
    if (history.author(version) >= 0 && history.author(next) >= 0) edges.push(history.author(version), history.author(next), WW);
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
    for (let t = 0; t < transactions.count; t++) {
      for (let at = starts[t]!; at < starts[t + 1]!; at++) {
        this.owner[at] = t;
        if (kinds[at] === PREDICATE_READ) continue;
        names.set(keyText(transactions, keys[at]!), keys[at]!);
        if (kinds[at] !== WRITE) continue;
        const version = this.versions.id(keys[at]!, values.at(at));
        const earlier = writer.get(version);
        if (earlier !== undefined) {
          const [first, second] = [earlier, at].map((place) => transactions.indices[this.owner[place]!]!);
          const what = values.at(at) === DELETED ? `deletes ${keyText(transactions, keys[at]!)}` : `writes ${valueText(values.at(at))} to ${keyText(transactions, keys[at]!)}`;
          throw malformed(second!, `${what}, as op ${first} did before; a read could not tell the two apart`);
        }
        writer.set(version, at);
        if (types[t] !== FAIL && !this.#isOverwritten(at)) versionsOf.set(keys[at]!, [...(versionsOf.get(keys[at]!) ?? []), version]);
        if (t === transactions.initial) initial.set(keys[at]!, version);
      }
    }
    for (const key of names.values()) {
      if (initial.has(key)) continue;
      const unborn = this.versions.id(key, UNBORN);
      initial.set(key, unborn);
      versionsOf.set(key, [unborn, ...(versionsOf.get(key) ?? [])]);
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

  /** Every version with each that is known to follow it directly. */
  *successions(): Generator<readonly [version: number, next: number]> {
    for (const versions of this.versionsOf.values()) for (const version of versions) for (const next of this.after(version)) yield [version, next];
  }

  /** Whether a key had no value at first. */
  initialIsUnborn(key: number): boolean {
    return this.versions.value(this.initial.get(key)!) === UNBORN;
  }

  /** The version of a key that was deleted, if it ever was. */
  deleted(key: number): number | undefined {
    return (this.versionsOf.get(key) ?? []).find((version) => isDeleted(this.versions.value(version)));
  }

  #isOverwritten(write: number): boolean {
    const { kinds, keys, starts } = this.transactions;
    let t = this.owner[write]!;
    while (starts[t + 1]! <= write) t++;
    for (let at = write + 1; at < starts[t + 1]!; at++) if (kinds[at] === WRITE && keys[at] === keys[write]) return true;
    return false;
  }
}

/** The value of a key before its birth; also how a database answers a read of one that is not there. */
const UNBORN: Json = null;

/** What a read gives of a version: nothing, once it is deleted. */
function asRead(value: Json): Json {
  return isDeleted(value) ? UNBORN : value;
}

/** A version for people. */
function shown(value: Json): string {
  return value === UNBORN ? "nothing yet" : valueText(value);
}

function isDeleted(value: Json): boolean {
  return equalJson(value, DELETED);
}

/** Whether a value matches; `true`, `[= v]` and `[mod divisor remainder]` are known (with the divisor's sign, as in mathematics). */
function matches(predicate: Json, value: Json, index: number): boolean {
  const there = value !== UNBORN && !isDeleted(value);
  if (predicate === "true" || predicate === true) return there;
  if (isArray(predicate) && predicate[0] === "=") return there && equalJson(value, predicate[1] ?? null);
  if (isArray(predicate) && predicate[0] === "mod") {
    const divisor = Number(predicate[1]);
    return typeof value === "number" && ((value % divisor) + divisor) % divisor === predicate[2];
  }
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
        if (!equalJson(asRead(expected), asRead(value))) {
          findings.add("internal", () => ({
            transactions: [t],
            explain: () => `it saw ${keyText(transactions, key)} as ${valueText(value)}, but by its own earlier reads and writes it was ${valueText(expected)}`,
            details: { key: keyNames[key]!, expected, received: value },
          }));
        }
        return;
      }
      if (!predicate) own.set(key, value);
      // Nothing there: not born yet, or deleted; known only where the key cannot be both.
      const end = value === UNBORN ? history.deleted(key) : undefined;
      const version = end === undefined ? history.versions.find(key, value) : history.initialIsUnborn(key) ? -1 : end;
      if (version < 0 && value !== UNBORN) addUnwrittenRead(findings, t, { key: keyText(transactions, key), value });
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
      const value = values.at(at);
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
  const found = values.at(at) ?? {};
  if (!isObject(found)) throw malformed(indices[t]!, `a predicate read gave ${brief(found)}, not a map`);
  matches(predicate, UNBORN, indices[t]!);
  for (const [unknown, value] of Object.entries(found)) if (!history.keyOfName.has(unknown)) addUnwrittenRead(findings, t, { key: unknown, value });
  for (const key of history.keys) {
    const seen = found[keyText(transactions, key)];
    if (seen !== undefined) {
      read.see(at, key, seen, true);
      continue;
    }
    const mine = own.get(key);
    if (mine !== undefined && !matches(predicate, mine, indices[t]!)) continue;
    const ofOthers = (version: number): boolean => history.writer.get(version) === undefined || history.owner[history.writer.get(version)!] !== t;
    const possible = mine !== undefined ? [] : history.versionsOf.get(key)!.filter(ofOthers);
    const candidates = possible.filter((version) => !matches(predicate, history.versions.value(version), indices[t]!));
    if (candidates.length === 1) read.see(at, key, history.versions.value(candidates[0]!), true);
    if (candidates.length > 0) continue;
    const versions = mine !== undefined ? [mine] : possible.map((version) => history.versions.value(version));
    findings.add("predicate-read-miss", () => ({
      transactions: [t],
      explain: () => `reading where ${valueText(predicate)} it did not see ${keyText(transactions, key)}, whose value could only be ${versions.map(valueText).join(" or ")}, which matches`,
      details: { key: keyNames[key]!, versions, predicate },
    }));
  }
}

function addUnwrittenRead(findings: Findings, t: number, { key, value }: { readonly key: string; readonly value: Json }): void {
  findings.add("unwritten-read", () => ({ transactions: [t], explain: () => `${key} was seen as ${valueText(value)}, but nobody wrote that`, details: { key, element: value } }));
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
    for (const [version, next] of history.successions()) {
      if (history.author(version) !== from || history.author(next) !== to) continue;
      const [before, after, name] = [history.versions.value(version), history.versions.value(next), keyText(transactions, history.versions.key(version))];
      return { from, to, relation: "ww", details: details("ww", version, { "value'": after }), text: (names) => `${names(to)} wrote ${name} = ${shown(after)} over ${shown(before)}, written by ${names(from)}` };
    }
  }
  const isRead = label === RW || label === RWP;
  const wanted = label === WRP || label === RWP;
  for (const view of views(history, new Findings(0))) {
    if (view.predicate !== wanted || view.reader !== (isRead ? from : to)) continue;
    const name = keyText(transactions, history.versions.key(view.version));
    const value = shown(history.versions.value(view.version));
    const how = wanted ? ` by ${keyText(transactions, transactions.keys[view.at]!)}` : "";
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
    return { from, to, relation, details: details(relation, view.version, { "value'": after, "a-mop-index": mop }), text: (names) => `${names(from)} saw ${name} = ${value}${how}, not yet ${shown(after)}, which ${names(to)} wrote` };
  }
  throw new Error("assertion failed: every edge is explained by micro-operations of its ends");
}
