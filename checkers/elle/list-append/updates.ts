import type { Findings } from "../findings.ts";
import { FAIL, keyText, OK, READ, valueText, WRITE } from "../transactions.ts";
import type { ListHistory } from "./history.ts";

/** Lost updates: two or more ok transactions read the same version of a key from outside, and all append to it. */
export function findLostUpdates(history: ListHistory, findings: Findings): void {
  const { transactions, versions } = history;
  const { keys, keyNames } = transactions;
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
    const group = isUsual ? usual(at) : `${keys[at]!} ${JSON.stringify(history.elements(at))}`;
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
      explain: () => `${members.length} transactions read ${keyText(transactions, key)} as ${valueText(history.elements(first!))} and each appended to it: none saw another's update`,
      details: { key: keyNames[key]!, value: history.elements(first!) },
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
export function findDirtyUpdates(history: ListHistory, findings: Findings): void {
  const { transactions } = history;
  const { starts, items } = history.orders;
  for (let key = 0; key < history.longest.length; key++) {
    let dirty = -1;
    for (let i = starts[key]!; i < starts[key + 1]!; i++) {
      const version = items[i]!;
      const append = history.writer[version]!;
      if (append < 0) continue;
      const type = transactions.types[history.owner[append]!]!;
      if (type === FAIL) dirty = append;
      else if (type === OK && dirty >= 0) {
        const [failed, on] = [dirty, append];
        findings.add("dirty-update", () => ({
          transactions: [history.owner[failed]!, history.owner[on]!],
          explain: () =>
            `the committed append of ${valueText(transactions.values.at(on))} to ${keyText(transactions, key)} stands on ${valueText(transactions.values.at(failed))}, whose transaction failed`,
          details: { key: transactions.keyNames[key]!, values: [transactions.values.at(failed), transactions.values.at(on)] },
        }));
        dirty = -1;
      }
    }
  }
}
