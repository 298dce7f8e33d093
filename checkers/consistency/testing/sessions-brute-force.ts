import type { History } from "../../../harness/history.ts";
import { canonicalJson } from "../../../harness/json.ts";
import { type Access, accessesOf } from "../accesses.ts";
import type { Guarantee } from "../sessions.ts";

/** A session guarantee by its definition: some order of all writes of each key, the initial value first, suits every pair of a session. */
export function sessionsByBruteForce(history: History, guarantee: Guarantee): boolean {
  const accesses = accessesOf(history);
  return [...new Set(accesses.map(({ key }) => key))].every((key) => {
    const own = accesses.filter((access) => access.key === key);
    const values = own.flatMap(({ writes }) => (writes === undefined ? [] : [writes]));
    return orders(values).some((order) => suits(own, [canonicalJson(null), ...order], guarantee));
  });
}

function suits(accesses: readonly Access[], order: readonly string[], guarantee: Guarantee): boolean {
  return accesses.every((later, i) =>
    accesses.slice(0, i).every((earlier) => {
      if (earlier.process !== later.process) return true;
      const [before, after] = {
        "monotonic-reads": [earlier.reads, later.reads],
        "monotonic-writes": [earlier.writes, later.writes],
        "read-your-writes": [earlier.writes, later.reads],
        "writes-follow-reads": [earlier.reads, later.writes],
      }[guarantee] as [string | undefined, string | undefined];
      return before === undefined || after === undefined || order.indexOf(before) <= order.indexOf(after);
    }),
  ) && accesses.every(({ reads }) => reads === undefined || order.includes(reads));
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));
}
