import type { Checker } from "../harness/checker.ts";
import type { Json } from "../harness/json.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { causal, causalNotions } from "./consistency/causal.ts";
import { sequential } from "./consistency/sequential.ts";
import { sessions } from "./consistency/sessions.ts";
import { elle, workloads } from "./elle/elle.ts";
import { staleness } from "./consistency/staleness.ts";
import { linearizability } from "./linearizability/linearizability.ts";
import { setFull } from "./set-full.ts";
import { stats } from "./stats.ts";
import { totalQueue } from "./total-queue.ts";
import { unhandledErrors } from "./unhandled-errors.ts";
import { watch } from "./watch/watch.ts";

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
  {
    name: "sequential",
    summary: "one order of all operations explains every answer and keeps the order of each process",
    needs: "spec",
    make: sequential,
  },
  ...causalNotions.map((notion): CheckerEntry => {
    const { name, summary } = causal(null, notion);
    return { name, summary, needs: "spec", make: (spec) => causal(initialValue(spec()), notion) };
  }),
  {
    name: "sessions",
    summary: "monotonic reads, monotonic writes, read your writes, writes follow reads (registers and kv whose values are written once)",
    needs: "spec",
    make: (spec) => sessions(initialValue(spec())),
  },
  ...workloads.map((workload) => plain(elle(workload))),
  {
    name: "staleness",
    summary: "how many writes the reads were behind, and the least k for which the registers are k-atomic (values written once); never invalid",
    needs: "spec",
    make: (spec) => staleness(initialValue(spec())),
  },
  plain(setFull()),
  plain(totalQueue()),
  plain(watch),
  plain(stats),
  plain(unhandledErrors),
];

/** What a register, or an absent key of a kv, holds at first. */
function initialValue(spec: SequentialSpec): Json {
  return spec.part?.("") === undefined ? spec.initial : spec.part("").initial;
}
