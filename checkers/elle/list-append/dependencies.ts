import type { Json } from "../../../harness/json.ts";
import type { Step } from "../findings.ts";
import { EdgeList, RW, WR, WW } from "../graph.ts";
import { keyText, valueText, WRITE } from "../transactions.ts";
import type { ListHistory } from "./history.ts";

/** ww, wr and rw edges between transactions. O(micro-operations), but for appends that nobody read. */
export function dependencies(history: ListHistory): EdgeList {
  const { keys } = history.transactions;
  const edges = new EdgeList();
  const { orders, unread } = history;
  for (let key = 0; key < history.longest.length; key++) {
    let before = -1;
    for (let i = orders.starts[key]!; i < orders.starts[key + 1]!; i++) {
      const author = history.author(orders.items[i]!);
      if (before >= 0 && author >= 0) edges.push(before, author, WW);
      before = author;
    }
    if (before >= 0) for (let i = unread.starts[key]!; i < unread.starts[key + 1]!; i++) edges.push(before, history.author(unread.items[i]!), WW);
  }
  for (let at = 0; at < keys.length; at++) {
    if (history.isRead[at] === 0) continue;
    const reader = history.owner[at]!;
    const version = history.version[at]!;
    if (version >= 0) {
      const author = history.author(version);
      if (author >= 0) edges.push(author, reader, WR);
    }
    history.eachNext(keys[at]!, version, (next) => {
      const author = history.author(next);
      if (author >= 0) edges.push(reader, author, RW);
    });
  }
  return edges;
}

/** The step from one transaction to another by one relation, found again among their micro-operations. */
export function explainEdge(history: ListHistory, from: number, to: number, label: number): Step {
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
          details: details("wr", b, { value: values.at(a) }),
          text: (names) => `${names(to)} read ${name} = ${valueText(values.at(b))}, whose last element ${valueText(values.at(a))} was appended by ${names(from)}`,
        };
      }
      continue;
    }
    const isSource = label === WW ? transactions.kinds[a] === WRITE : history.isRead[a] === 1;
    if (!isSource) continue;
    let found = -1;
    history.eachNext(key, version, (next) => {
      if (found < 0 && history.author(next) === to) found = history.writer[next]!;
    });
    if (found < 0) continue;
    const b = found;
    if (label === WW) {
      return {
        from,
        to,
        relation: "ww",
        details: details("ww", b, { value: values.at(a), "value'": values.at(b) }),
        text: (names) => `${names(to)} appended ${valueText(values.at(b))} to ${name} directly after ${names(from)} had appended ${valueText(values.at(a))}`,
      };
    }
    return {
      from,
      to,
      relation: "rw",
      details: details("rw", b, { value: version < 0 ? "init" : history.versions.value(version), "value'": values.at(b) }),
      text: (names) => `${names(from)} read ${name} = ${valueText(history.elements(a))} and did not see ${valueText(values.at(b))}, which ${names(to)} appended next`,
    };
  }
  throw new Error("assertion failed: every edge is explained by micro-operations of its ends");
}
