import type { History } from "../../harness/history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import { OK, READ, type Transactions, transactionsOf, valueText, WRITE } from "./transactions.ts";
import type { WeakLevel } from "./weak.ts";

/**
 * Why transactions of registers would each have to commit before the others, in the words of the definition alone: the
 * order of sessions, who read from whom, and for a read of x from t1 by t3, every other writer of x that t3 knows of.
 * Recomputed from the history, slow and obvious, so that it checks the fast judge too: O(n · members).
 */
export interface CircleStep {
  /** `Op.index` of the completions; -1 is the initial state. */
  readonly from: number;
  readonly to: number;
  readonly relation: "session" | "wr" | "commit";
  /** Of a commit step: the transaction whose reads show it. */
  readonly reader?: number;
  readonly text: (name: (index: number) => string) => string;
}

/** The initial state, as a transaction before all others. */
const INITIAL = -1;

/** A shortest circle among `members` (`Op.index` of completions), step by step. Throws if the definition gives none. */
export function explainCircle(history: History, level: WeakLevel, members: readonly number[]): readonly CircleStep[] {
  const known = new Knowledge(transactionsOf(history, { write: "w" }), level);
  const steps = known.stepsAmong(new Set(members));
  const circle = shortestCircle(steps);
  if (circle === undefined) throw new Error("assertion failed: what the judge of weak levels calls a circle is one by the definition");
  return circle.map((step) => ({ ...step, from: known.index(step.from), to: known.index(step.to), ...(step.reader === undefined ? {} : { reader: known.index(step.reader) }) }));
}

/** A step between numbers of transactions. */
type Link = CircleStep;

class Knowledge {
  readonly #transactions: Transactions;
  readonly #level: WeakLevel;
  /** Writer of each key and value, by their text. */
  readonly #writers = new Map<string, number>();
  /** The ok transaction before each in its process; -1 for none. */
  readonly #previous: Int32Array;

  constructor(transactions: Transactions, level: WeakLevel) {
    this.#transactions = transactions;
    this.#level = level;
    this.#previous = new Int32Array(transactions.count).fill(-1);
    const last = new Map<number, number>();
    for (let t = 0; t < transactions.count; t++) {
      if (transactions.types[t] !== OK) continue;
      this.#previous[t] = last.get(transactions.processes[t]!) ?? -1;
      last.set(transactions.processes[t]!, t);
      for (const { key, value, kind } of this.#mops(t)) if (kind === WRITE) this.#writers.set(canonicalJson([key, value]), t);
    }
  }

  index(transaction: number): number {
    return transaction === INITIAL ? INITIAL : this.#transactions.indices[transaction]!;
  }

  /** Every step between members, and between them and the initial state. */
  stepsAmong(members: ReadonlySet<number>): readonly Link[] {
    const inside = new Set<number>([INITIAL]);
    const { count, indices, types } = this.#transactions;
    for (let t = 0; t < count; t++) if (members.has(indices[t]!)) inside.add(t);
    const links: Link[] = [];
    for (const b of inside) {
      if (b === INITIAL) continue;
      links.push({ from: INITIAL, to: b, relation: "session", text: (name) => `the initial state precedes ${name(this.index(b))}` });
      for (const a of inside) {
        if (a !== INITIAL && this.#sessionBefore(a, b)) links.push({ from: a, to: b, relation: "session", text: (name) => `process ${this.#transactions.processes[a]} did ${name(this.index(a))} before ${name(this.index(b))}` });
      }
      for (const read of this.#reads(b)) {
        if (read.from === INITIAL || !inside.has(read.from) || read.from === b) continue;
        links.push({ from: read.from, to: b, relation: "wr", text: (name) => `${name(this.index(b))} read ${read.name} = ${read.shown}, which ${name(this.index(read.from))} wrote` });
      }
    }
    for (let reader = 0; reader < count; reader++) if (types[reader] === OK) this.#commitSteps(reader, inside, links);
    return links;
  }

  /** For each read of `reader` from an inside t1: the inside writers of that key that it knew. */
  #commitSteps(reader: number, inside: ReadonlySet<number>, links: Link[]): void {
    for (const [place, read] of this.#reads(reader).entries()) {
      if (!inside.has(read.from)) continue;
      for (const [other, why] of this.#knownTo(reader, place)) {
        if (!inside.has(other) || other === read.from || other === reader || !this.#writes(other, read.key)) continue;
        links.push({
          from: other,
          to: read.from,
          relation: "commit",
          reader,
          text: (name) =>
            `${name(this.index(other))} wrote ${read.name} too and ${why(name)}, and yet ${name(this.index(reader))} read ${read.name} = ${read.shown}${read.from === INITIAL ? ", the initial value" : ` from ${name(this.index(read.from))}`}`,
        });
      }
    }
  }

  /** Transactions that `reader` knows of when it does its read at `place`, each with the reason in words. */
  #knownTo(reader: number, place: number): Map<number, (name: (index: number) => string) => string> {
    const known = new Map<number, (name: (index: number) => string) => string>();
    const me = (name: (index: number) => string): string => name(this.index(reader));
    for (const [at, read] of this.#reads(reader).entries()) {
      if (read.from === INITIAL || (this.#level === "read-committed" && at >= place)) continue;
      known.set(read.from, (name) => `was read by ${me(name)} (${read.name} = ${read.shown})`);
    }
    if (this.#level === "read-committed") return known;
    for (let t = this.#previous[reader]!; t >= 0; t = this.#previous[t]!) known.set(t, (name) => `came before ${me(name)} in its process`);
    if (this.#level === "read-atomic") return known;
    // Causal: whatever these knew in turn.
    const queue = [...known.keys()];
    for (let head = 0; head < queue.length; head++) {
      const at = queue[head]!;
      for (const t of [...this.#reads(at).map((read) => read.from), this.#previous[at]!]) {
        if (t < 0 || t === reader || known.has(t)) continue;
        known.set(t, (name) => `was in the past of ${me(name)} (through ${name(this.index(at))})`);
        queue.push(t);
      }
    }
    return known;
  }

  /** Reads of `t` from elsewhere, in order. */
  #reads(t: number): readonly { readonly key: Json; readonly name: string; readonly shown: string; readonly from: number }[] {
    const own = new Set<string>();
    return this.#mops(t).flatMap(({ key, value, kind }) => {
      const name = typeof key === "string" ? key : canonicalJson(key);
      if (kind === WRITE) own.add(name);
      if (kind !== READ || own.has(name)) return [];
      const from = value === null ? INITIAL : this.#writers.get(canonicalJson([key, value]));
      return from === undefined || from === t ? [] : [{ key, name, shown: valueText(value), from }];
    });
  }

  #writes(t: number, key: Json): boolean {
    return t !== INITIAL && this.#mops(t).some((mop) => mop.kind === WRITE && canonicalJson(mop.key) === canonicalJson(key));
  }

  #sessionBefore(a: number, b: number): boolean {
    const { types, processes } = this.#transactions;
    return a < b && types[a] === OK && types[b] === OK && processes[a] === processes[b];
  }

  #mops(t: number): readonly { readonly key: Json; readonly value: Json; readonly kind: number }[] {
    const { starts, kinds, keys, values, keyNames } = this.#transactions;
    return Array.from({ length: starts[t + 1]! - starts[t]! }, (_, i) => {
      const at = starts[t]! + i;
      return { key: keyNames[keys[at]!]!, value: values.at(at), kind: kinds[at]! };
    });
  }
}

/** Breadth first from every vertex; the first of the shortest circles in order of vertices. */
function shortestCircle(links: readonly Link[]): readonly Link[] | undefined {
  const from = new Map<number, Link[]>();
  for (const link of links) from.set(link.from, [...(from.get(link.from) ?? []), link]);
  let best: readonly Link[] | undefined;
  for (const start of [...from.keys()].sort((a, b) => a - b)) {
    const arrived = new Map<number, Link>();
    const queue = [start];
    for (let head = 0; head < queue.length && !arrived.has(start); head++) {
      for (const link of from.get(queue[head]!) ?? []) {
        if (arrived.has(link.to)) continue;
        arrived.set(link.to, link);
        queue.push(link.to);
      }
    }
    if (!arrived.has(start)) continue;
    const circle: Link[] = [];
    for (let at = start; circle.length === 0 || at !== start; at = circle[0]!.from) circle.unshift(arrived.get(at)!);
    if (best === undefined || circle.length < best.length) best = circle;
  }
  return best;
}
