import { HarnessError } from "../../harness/errors.ts";
import type { Budget } from "../../harness/budget.ts";
import type { Json } from "../../harness/json.ts";
import type { Analysis } from "./analysis.ts";
import { type Demands, type ElleResult, judge } from "./check.ts";
import { Findings, type Step } from "./findings.ts";
import { EdgeList, RW, WR, WW } from "./graph.ts";
import { boundary, forbidden } from "./models.ts";
import { RegisterHistory } from "./rw-register/history.ts";
import { findAnomaliesOfReads } from "./rw-register/reads.ts";
import { findLostUpdates } from "./rw-register/updates.ts";
import { FAIL, INFO, keyText, OK, READ, type Transactions, valueText, WRITE } from "./transactions.ts";

/**
 * Registers that are read before they are written, as by counters, carts and the mini-transactions of MTC (Tan and
 * others, 2025). A transaction that read v and wrote w put w directly after v, unless it lost an update, so the versions
 * of a key are chains; where no two transactions update the same version and one chain holds them all, the order of
 * versions is known whole. The dependency graph is then complete: the history is serializable, or snapshot isolated,
 * exactly if its graph has none of the cycles that the model forbids. Elle on registers is sound, but infers part of the
 * order only, and leaves out transactions that ended in info.
 *
 *     x:  null ─T1─▶ 1 ─T2─▶ 2        T9 (info) wrote 7, T3 read 7 and wrote 8
 *                            7 ─T3─▶ 8          one chain without a beginning: it can only follow 2
 *
 * A write in a transaction that ended in info counts when somebody read something of that transaction: then it happened.
 * Nobody knows what it read, so it begins a chain, as a blind write does. One such chain of a key must follow the chain
 * that begins with null; the order of more than one is open (`undetermined`), and the answer then no longer complete.
 * All this holds where G-single is forbidden, which is what makes chains tight: models from repeatable read or
 * consistent view on. O(micro-operations), but for the search for cycles.
 */
export interface ReadModifyWriteAnalysis extends Analysis {
  /** Names of keys whose order of versions is open. */
  readonly undetermined: readonly string[];
  /** Chains that were put behind others: what follows holds for models that forbid G-single only. */
  readonly forced: number;
}

/** Judges registers by whole orders of versions. Errors: `BAD_OPTION` for models that do not forbid G-single-item. */
export function checkReadModifyWrite(transactions: Transactions, demands: Demands, budget?: Budget): ElleResult {
  const weak = (demands.models ?? []).find((model) => !forbidden([model]).includes("G-single-item"));
  if (weak !== undefined) {
    throw new HarnessError("BAD_OPTION", `orders of versions do not follow from reads under ${weak}`, { nextStep: "leave rmw out, or ask for repeatable-read, snapshot-isolation, serializable or what is stronger" });
  }
  const analysis = analyseReadModifyWrite(transactions);
  const result = judge(analysis, demands, budget);
  const orders = { complete: analysis.undetermined.length === 0, undetermined: analysis.undetermined };
  if (analysis.forced === 0 || result.valid === true) return { ...result, orders };
  // With an order that only models without G-single force, a cycle rules out no weaker model than those.
  const found = result.findings.types().map((type) => type.replace(/^(?:G0|G1c)(?=$|-process|-realtime)/, "G-single-item").replace(/^(?:strong-session-|strong-)?PL-[12]-cycle-exists$/, "G-single-item"));
  return { ...result, ...boundary(found), orders };
}

/** Whether every write of an ok transaction follows a read of its key there, and there is one: what this analysis wants. O(micro-operations). */
export function readsBeforeWrites({ count, types, starts, kinds, keys }: Transactions): boolean {
  let writes = 0;
  for (let t = 0; t < count; t++) {
    if (types[t] !== OK) continue;
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      if (kinds[at] !== WRITE) continue;
      writes++;
      let read = at - 1;
      while (read >= starts[t]! && (keys[read] !== keys[at] || kinds[read] !== READ)) read--;
      if (read < starts[t]!) return false;
    }
  }
  return writes > 0;
}

export function analyseReadModifyWrite(transactions: Transactions): ReadModifyWriteAnalysis {
  const registers = new RegisterHistory(transactions);
  const findings = new Findings();
  findAnomaliesOfReads(registers, findings);
  findLostUpdates(registers, findings);
  const chains = new Chains(registers);
  const edges = new EdgeList();
  for (let version = 0; version < registers.versions.count; version++) {
    const author = chains.author[version]!;
    for (const next of chains.after(version)) if (author >= 0 && chains.author[next]! >= 0) edges.push(author, chains.author[next]!, WW);
    for (let i = registers.readers.starts[version]!; i < registers.readers.starts[version + 1]!; i++) {
      const reader = registers.owner[registers.readers.items[i]!]!;
      if (author >= 0) edges.push(author, reader, WR);
      for (const next of chains.after(version)) if (chains.author[next]! >= 0) edges.push(reader, chains.author[next]!, RW);
    }
  }
  const { undetermined, forced } = chains;
  return { transactions, findings, edges, precedence: [WR, WW, RW], explain: (from, to, label) => explainEdge(registers, chains, { from, to, label }), undetermined, forced };
}

/** So many updates of one version are followed: more are one lost update already. */
const successorsMax = 8;

class Chains {
  /** By version: the transaction that installed it and surely happened, -1 for none. */
  readonly author: Int32Array;
  readonly undetermined: string[] = [];
  forced = 0;
  readonly #next: Int32Array;
  /** Further successors, where a version was updated more than once. */
  readonly #more = new Map<number, number[]>();
  /** The version that was read before each was written, -1 where that is unknown. */
  readonly #before: Int32Array;
  readonly #forcedLinks = new Set<number>();

  constructor(registers: RegisterHistory) {
    const { versions, transactions } = registers;
    this.author = new Int32Array(versions.count).fill(-1);
    this.#next = new Int32Array(versions.count).fill(-1);
    this.#before = new Int32Array(versions.count).fill(-1);
    const happened = observed(registers);
    for (let t = 0; t < transactions.count; t++) {
      if (transactions.types[t] === OK || (transactions.types[t] === INFO && happened[t] === 1)) this.#install(registers, t);
    }
    this.#force(registers);
  }

  /** Versions known to follow directly. */
  after(version: number): readonly number[] {
    const first = this.#next[version]!;
    return first < 0 ? [] : (this.#more.get(version) ?? [first]);
  }

  /** Whether the step to `version` follows from there being no other place for it. */
  isForced(version: number): boolean {
    return this.#forcedLinks.has(version);
  }

  #install(registers: RegisterHistory, t: number): void {
    const { starts, kinds, keys } = registers.transactions;
    const last = new Map<number, number>();
    const read = new Map<number, number>();
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      const key = keys[at]!;
      if (kinds[at] === WRITE) last.set(key, registers.version[at]!);
      else if (kinds[at] === READ && registers.external[at] === 1) read.set(key, registers.version[at]!);
    }
    for (const [key, version] of last) {
      this.author[version] = t;
      const before = read.get(key);
      if (before !== undefined && before !== version) this.#link(before, version);
    }
  }

  #link(before: number, version: number): void {
    this.#before[version] = before;
    if (this.#next[before]! < 0) this.#next[before] = version;
    else {
      const list = this.#more.get(before) ?? [this.#next[before]!];
      if (list.length < successorsMax) list.push(version);
      this.#more.set(before, list);
    }
  }

  /** Puts a key's only chain without a beginning behind the chain that begins with null. */
  #force(registers: RegisterHistory): void {
    const { versions, transactions, initial } = registers;
    // By key: the first version of its only loose chain; -1 for none, -2 for several.
    const loose = new Int32Array(transactions.keyNames.length).fill(-1);
    const branches = new Uint8Array(transactions.keyNames.length);
    for (let version = 0; version < versions.count; version++) {
      const key = versions.key(version);
      if (this.#more.has(version)) branches[key] = 1;
      const inPlay = this.author[version]! >= 0 || this.#next[version]! >= 0;
      if (version !== initial[key] && inPlay && this.#before[version]! < 0) loose[key] = loose[key] === -1 ? version : -2;
    }
    for (let key = 0; key < loose.length; key++) {
      const head = loose[key]!;
      if (head === -1) continue;
      if (head === -2 || branches[key] === 1 || this.author[head]! < 0) {
        this.undetermined.push(keyText(transactions, key));
        continue;
      }
      let tail = initial[key]!;
      if (tail < 0) continue;
      while (this.#next[tail]! >= 0) tail = this.#next[tail]!;
      this.#link(tail, head);
      this.#forcedLinks.add(head);
      this.forced++;
    }
  }
}

/** By transaction: 1 when an ok transaction read something that it wrote. */
function observed(registers: RegisterHistory): Uint8Array {
  const { transactions, writer, owner, version } = registers;
  const result = new Uint8Array(transactions.count);
  for (let at = 0; at < version.length; at++) {
    if (transactions.kinds[at] !== READ || version[at]! < 0) continue;
    const write = writer[version[at]!]!;
    if (write >= 0 && transactions.types[owner[write]!] !== FAIL) result[owner[write]!] = 1;
  }
  return result;
}

function explainEdge(registers: RegisterHistory, chains: Chains, edge: { readonly from: number; readonly to: number; readonly label: number }): Step {
  const { transactions, versions } = registers;
  const { from, to, label } = edge;
  const { starts, kinds, keys, keyNames } = transactions;
  const mopOf = (t: number, matches: (at: number) => boolean): number => {
    for (let at = starts[t]!; at < starts[t + 1]!; at++) if (matches(at)) return at;
    return -1;
  };
  const externalRead = (version: number) => (at: number): boolean => kinds[at] === READ && registers.external[at] === 1 && registers.version[at] === version;
  const write = (version: number) => (at: number): boolean => kinds[at] === WRITE && registers.version[at] === version;
  for (let at = starts[from]!; at < starts[from + 1]!; at++) {
    const version = registers.version[at]!;
    if (version < 0) continue;
    const name = keyText(transactions, keys[at]!);
    const value = versions.value(version);
    const step = (relation: string, place: number, extra: { readonly [key: string]: Json }, text: Step["text"]): Step => ({
      from,
      to,
      relation,
      details: { type: relation, key: keyNames[keys[at]!]!, value, ...extra, "a-mop-index": at - starts[from]!, "b-mop-index": place - starts[to]! },
      text,
    });
    if (label === WR && write(version)(at) && chains.author[version] === from) {
      const place = mopOf(to, externalRead(version));
      if (place >= 0) return step("wr", place, {}, (names) => `${names(to)} read ${name} = ${valueText(value)}, which ${names(from)} wrote`);
    }
    if ((label === WW && write(version)(at) && chains.author[version] === from) || (label === RW && externalRead(version)(at))) {
      const next = chains.after(version).find((candidate) => chains.author[candidate] === to);
      if (next === undefined) continue;
      const after = versions.value(next);
      const forced = chains.isForced(next);
      const why = forced ? ": its place, since every other version has another neighbour" : "";
      return step(label === WW ? "ww" : "rw", mopOf(to, write(next)), { "value'": after, ...(forced ? { "only-place": true } : {}) }, (names) =>
        label === WW
          ? `${names(to)} wrote ${name} = ${valueText(after)} directly after ${valueText(value)}, which ${names(from)} wrote${why}`
          : `${names(from)} read ${name} = ${valueText(value)}, and ${names(to)} wrote ${valueText(after)} directly after it${why}`,
      );
    }
  }
  throw new Error("assertion failed: every edge is explained by micro-operations of its ends");
}
