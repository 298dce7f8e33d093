import type { Findings } from "../findings.ts";
import { FAIL, keyText, OK, READ, valueText, WRITE } from "../transactions.ts";
import type { RegisterHistory } from "./history.ts";

/** What a read shows by itself: `internal`, `unwritten-read`, `G1a` (aborted read), `G1b` (intermediate read; Adya 1999). */
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
