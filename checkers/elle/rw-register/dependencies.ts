import type { Json } from "../../../harness/json.ts";
import type { Analysis } from "../analysis.ts";
import type { Step } from "../findings.ts";
import { EdgeList, RW, WR, WW } from "../graph.ts";
import { keyText, READ, valueText, WRITE } from "../transactions.ts";
import type { RegisterHistory } from "./history.ts";
import type { VersionOrder } from "./version-order.ts";

/** Edges between transactions; where readers × next writers would be many, they meet in a hub. */
export function dependencies(history: RegisterHistory, order: VersionOrder): { edges: EdgeList; hubs: number; expand: NonNullable<Analysis["expand"]> } {
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

/** The micro-operations that make an edge, in words. */
export function explainEdge(history: RegisterHistory, order: VersionOrder, from: number, to: number, label: number): Step {
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
