import type { Checker } from "../harness/checker.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { linearizability } from "./linearizability/linearizability.ts";
import { stats } from "./stats.ts";
import { unhandledErrors } from "./unhandled-errors.ts";

/** A checker by name: what `rashomon list checkers` shows and runs may ask for. */
export interface CheckerEntry {
  readonly name: string;
  readonly summary: string;
  /** `spec`: needs the object that the history was recorded on; `history`: needs nothing else. */
  readonly needs: "spec" | "history";
  make(spec: () => SequentialSpec): Checker;
}

const plain = (checker: Checker): CheckerEntry => ({ name: checker.name, summary: checker.summary, needs: "history", make: () => checker });

/** Every checker of histories that stands alone, in the order of the documentation. */
export const checkers: readonly CheckerEntry[] = [
  {
    name: "linearizability",
    summary: "every operation seems to take effect at one moment between its call and its return, as on a single copy",
    needs: "spec",
    make: linearizability,
  },
  plain(stats),
  plain(unhandledErrors),
];
