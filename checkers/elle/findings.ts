import type { Json } from "../../harness/json.ts";

/** One anomaly that was seen, with its evidence; the words are made only for those that are shown. */
export interface Finding {
  readonly type: string;
  /** Numbers of the transactions that show it. */
  readonly transactions: readonly number[];
  /** Plain words. */
  explain(): string;
  readonly details: { readonly [key: string]: Json };
  /** For a cycle: its edges in order, the first transaction being `transactions[0]`. */
  readonly steps?: readonly Step[];
}

/** Why one transaction of a cycle precedes the next. */
export interface Step {
  readonly from: number;
  readonly to: number;
  /** `ww`, `wr`, `rw`, `wwp`, `wrp`, `rwp`, `process` or `realtime`. */
  readonly relation: string;
  readonly text: (names: (transaction: number) => string) => string;
  readonly details: { readonly [key: string]: Json };
}

/** Findings by type: all are counted, the first `keptMax` of each type are kept. */
export class Findings {
  readonly #kept = new Map<string, Finding[]>();
  readonly #counts = new Map<string, number>();
  readonly #keptMax: number;

  constructor(keptMax: number = 50) {
    this.#keptMax = keptMax;
  }

  /** Notes one; `make` is called only when it is kept. */
  add(type: string, make: () => Omit<Finding, "type">): void {
    const count = (this.#counts.get(type) ?? 0) + 1;
    this.#counts.set(type, count);
    if (count > this.#keptMax) return;
    const finding = { type, ...make() };
    const list = this.#kept.get(type);
    if (list === undefined) this.#kept.set(type, [finding]);
    else list.push(finding);
  }

  /** Types seen, sorted. */
  types(): readonly string[] {
    return [...this.#counts.keys()].sort();
  }

  count(type: string): number {
    return this.#counts.get(type) ?? 0;
  }

  kept(type: string): readonly Finding[] {
    return this.#kept.get(type) ?? [];
  }
}
