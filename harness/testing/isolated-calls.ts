import { guarded } from "../budget.ts";
import { HarnessError } from "../errors.ts";
import { History, type HistoryColumns } from "../history.ts";
import type { IsolatedLimits } from "../isolate.ts";

/** Calls for the tests of `isolate`. */
export function count(columns: HistoryColumns): { operations: number; last: unknown } {
  const history = new History(columns);
  return { operations: history.operationCount, last: history.at(history.length - 1) };
}

export function spin(): never {
  for (;;);
}

/** Ends by itself when its limits say so, with what it has. */
export function search(_: unknown, limits: IsolatedLimits): { ended: string | undefined; some: boolean } {
  const budget = guarded(Number.POSITIVE_INFINITY, () => limits.overrun());
  while (budget.spend(1));
  return { ended: budget.ended, some: budget.spent > 0 };
}

export function fillHeap(): number {
  const hoard: string[][] = [];
  for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => `${hoard.length}/${i}`));
}

export function fillArrays(): number {
  const hoard: Float64Array[] = [];
  for (;;) hoard.push(new Float64Array(1 << 20).fill(1));
}

export function refuse(): never {
  throw new HarnessError("HISTORY_MALFORMED", "op 7 has no value", { nextStep: "give it one" });
}

export function crash(): never {
  throw new Error("assertion failed: two and two are four");
}

export function leave(): never {
  process.exit(3);
}
