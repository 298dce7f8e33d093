import type { Checker, OnlineChecker } from "../harness/checker.ts";
import type { Op } from "../harness/op.ts";
import type { Stopped } from "../results/records.ts";

/** All checkers that can judge while a run goes on, side by side. */
export class FirstViolation {
  readonly #watching: readonly { readonly name: string; readonly online: OnlineChecker }[];

  constructor(checkers: readonly Checker[]) {
    this.#watching = checkers.flatMap((checker) => (checker.online === undefined ? [] : [{ name: checker.name, online: checker.online() }]));
  }

  /** The next op; what the first checker to be certain says. */
  push(op: Op): Stopped | undefined {
    for (const { name, online } of this.#watching) {
      const anomaly = online.push(op);
      if (anomaly !== undefined) return { checker: name, op: op.index, anomaly };
    }
    return undefined;
  }
}
