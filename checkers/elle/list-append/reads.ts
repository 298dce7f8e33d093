import type { Json } from "../../../harness/json.ts";
import type { Findings } from "../findings.ts";
import { sameValue } from "../json-interner.ts";
import { startsWith } from "../micro-operations.ts";
import { FAIL, keyText, OK, READ, valueText, WRITE } from "../transactions.ts";
import type { ListHistory } from "./history.ts";

/** The anomalies that one read shows: internal, future-read, G1a, G1b, unwritten-read, duplicate-elements, incompatible-order. */
export function findAnomaliesOfReads(history: ListHistory, findings: Findings): void {
  const { transactions } = history;
  const { starts, kinds, keys, values, types } = transactions;
  const impossible = firstImpossible(history);
  const incompatible = new Map<number, Set<string>>();
  for (let t = 0; t < transactions.count; t++) {
    for (let at = starts[t]!; at < starts[t + 1]!; at++) {
      if (kinds[at] !== READ || history.isRead[at] === 0) continue;
      const key = keys[at]!;
      const length = history.prefix[at]!;
      if (length < 0) judgeOddList(history, findings, at, incompatible);
      if (types[t] !== OK) continue;
      findInternal(history, findings, at);
      if (length < 0 || length > impossible[key]!) findImpossible(history, findings, at);
      if (values.lengthOf(at) > 0) findIntermediate(history, findings, at);
    }
  }
}

/** A list that is no prefix of the longest: repeated elements, or another order. */
function judgeOddList(history: ListHistory, findings: Findings, at: number, incompatible: Map<number, Set<string>>): void {
  const { transactions } = history;
  const key = transactions.keys[at]!;
  const list = history.elements(at);
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
  if (startsWith(history.list(longest), history.list(at))) return;
  const seen = incompatible.get(key) ?? new Set<string>();
  incompatible.set(key, seen);
  const text = JSON.stringify(list);
  if (seen.has(text)) return;
  seen.add(text);
  findings.add("incompatible-order", () => ({
    transactions: [t, history.owner[longest]!],
    explain: () => `${name} was read as ${valueText(list)} and as ${valueText(transactions.values.at(longest))}: neither can have grown into the other`,
    details: { key: transactions.keyNames[key]!, values: [list, history.elements(longest)] },
  }));
}

/** The read against what its own transaction read and appended before, and appends only later. */
function findInternal(history: ListHistory, findings: Findings, at: number): void {
  const { transactions } = history;
  const { keys, kinds, values, starts } = transactions;
  const t = history.owner[at]!;
  const key = keys[at]!;
  const own: Json[] = [];
  let read = -1;
  for (let i = at - 1; i >= starts[t]! && read < 0; i--) {
    if (keys[i] !== key) continue;
    if (kinds[i] === WRITE) own.unshift(values.at(i));
    else read = i;
  }
  const list = history.list(at);
  const known = list.length - own.length;
  const agrees =
    known >= 0 &&
    own.every((value, i) => sameValue(value, list.list[known + i]!)) &&
    (read < 0 || (history.list(read).length === known && startsWith({ list: list.list, length: known }, history.list(read))));
  if (!agrees) {
    const expected = read < 0 ? undefined : [...history.elements(read), ...own];
    const text = expected === undefined ? `[… ${own.map(valueText).join(" ")}]` : valueText(expected);
    findings.add("internal", () => ({
      transactions: [t],
      explain: () => `it read ${keyText(transactions, key)} as ${valueText(history.elements(at))}, but by its own earlier reads and appends the list was ${text}`,
      details: { key: transactions.keyNames[key]!, expected: expected ?? ["…", ...own], received: history.elements(at) },
    }));
  }
  for (let i = at + 1; i < starts[t + 1]!; i++) {
    if (keys[i] === key && kinds[i] === WRITE && contains(history, at, history.version[i]!)) addFutureRead(history, findings, { read: at, append: i });
  }
}

/** Whether the list read at a place has the element that is this version. */
function contains(history: ListHistory, at: number, version: number): boolean {
  const place = history.position[version]!;
  const length = history.prefix[at]!;
  return length >= 0 ? place >= 0 && place < length : history.elements(at).some((element) => sameValue(element, history.versions.value(version)));
}

function addFutureRead(history: ListHistory, findings: Findings, { read, append }: { readonly read: number; readonly append: number }): void {
  const { transactions } = history;
  const key = transactions.keys[read]!;
  const element = transactions.values.at(append);
  findings.add("future-read", () => ({
    transactions: [history.owner[read]!],
    explain: () => `it read ${keyText(transactions, key)} as ${valueText(history.elements(read))}, with ${valueText(element)}, which it appended only afterwards`,
    details: { key: transactions.keyNames[key]!, element },
  }));
}

/** Elements that cannot be there: G1a, whose transaction failed, and `unwritten-read`, that nobody appended. */
function findImpossible(history: ListHistory, findings: Findings, at: number): void {
  const { transactions } = history;
  const key = transactions.keys[at]!;
  const list = history.elements(at);
  const reader = history.owner[at]!;
  for (const element of list) {
    const version = history.versions.find(key, element);
    const append = version < 0 ? -1 : history.writer[version]!;
    if (append < 0) {
      findings.add("unwritten-read", () => ({
        transactions: [reader],
        explain: () => `${keyText(transactions, key)} was read as ${valueText(list)}, but nobody appended ${valueText(element)}`,
        details: { key: transactions.keyNames[key]!, element },
      }));
      continue;
    }
    const writer = history.owner[append]!;
    if (transactions.types[writer] !== FAIL) continue;
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
    explain: () => `${keyText(transactions, key)} was read as ${valueText(transactions.values.at(at))}, in the middle of the transaction that appended ${valueText(transactions.values.at(append))} and then appended to it again`,
    details: { key: transactions.keyNames[key]!, element: transactions.values.at(append), writer: transactions.indices[writer]! },
  }));
}

/** By key: how many versions of its order come before the first that failed or was never appended; infinity where there is none. */
function firstImpossible(history: ListHistory): Float64Array {
  const { starts, items } = history.orders;
  const { types } = history.transactions;
  const result = new Float64Array(history.longest.length).fill(Number.POSITIVE_INFINITY);
  for (let key = 0; key < result.length; key++) {
    for (let i = starts[key]!; i < starts[key + 1]! && result[key] === Number.POSITIVE_INFINITY; i++) {
      const append = history.writer[items[i]!]!;
      if (append < 0 || types[history.owner[append]!] === FAIL) result[key] = i - starts[key]!;
    }
  }
  return result;
}
