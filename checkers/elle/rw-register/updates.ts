import type { Findings } from "../findings.ts";
import { keyText, valueText } from "../transactions.ts";
import { nextWrite, type RegisterHistory } from "./history.ts";

/** Lost updates: two or more ok transactions read the same version from outside and write its key. */
export function findLostUpdates(history: RegisterHistory, findings: Findings): void {
  const { transactions, readers } = history;
  for (let version = 0; version < history.versions.count; version++) {
    if (readers.starts[version + 1]! - readers.starts[version]! < 2) continue;
    const updaters: number[] = [];
    for (let i = readers.starts[version]!; i < readers.starts[version + 1]!; i++) if (nextWrite(history, readers.items[i]!) >= 0) updaters.push(history.owner[readers.items[i]!]!);
    if (updaters.length < 2) continue;
    const key = history.versions.key(version);
    findings.add("lost-update", () => ({
      transactions: updaters,
      explain: () => `${updaters.length} transactions read ${keyText(transactions, key)} as ${valueText(history.versions.value(version))} and each wrote it: none saw another's update`,
      details: { key: transactions.keyNames[key]!, value: history.versions.value(version) },
    }));
  }
}
