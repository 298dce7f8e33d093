import type { RegressionRow, Trial } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/**
 * A node is parted for long enough that both sides notice it (some 10 s) and go on as they are told to; then all is
 * healed, a parted minority that needs it is restarted, and the queue drained from every node.
 */
const parted: TrialScenario = {
  system: "rabbitmq",
  workload: "queue",
  faultEvery: 24_000,
  faultFor: 22_000,
  timeLimit: 28_000,
  operationDeadline: 2_000,
  rate: 100,
  concurrency: 9,
};

interface Parted {
  readonly queue: "quorum" | "mirrored";
  readonly handling: "ignore" | "pause-minority" | "autoheal";
  /** The node with the queue's leader, or one with a copy. */
  readonly node: "leader" | "follower";
}

function trial({ queue, handling, node }: Parted): Trial {
  return scenarioTrial(`${queue} queue, ${handling}; ${node === "leader" ? "its leader" : "a mirror"} parted for 22 s`, {
    ...parted,
    nemesis: [`isolate:target=${node}`],
    set: [`queue=${queue}`, `partition-handling=${handling}`],
  });
}

/** A row about confirmed messages that never come out. */
function loses(name: string, about: Pick<RegressionRow, "corpus" | "title">, sides: { readonly anomalous: Parted; readonly control: Parted }): RegressionRow {
  return {
    name,
    ...about,
    expected: { checker: "total-queue", anomalies: ["lost"] },
    anomalous: trial(sides.anomalous),
    control: { by: "setting", ...trial(sides.control) },
    runs: 3,
  };
}

export const rabbitmqRows: readonly RegressionRow[] = [
  loses(
    "rabbitmq-mirrored-loses-confirmed",
    { corpus: "21F", title: "both sides of a partition confirm messages of a mirrored queue; the side that is restarted afterwards loses its own, as partition handling `ignore`, the default, leaves it" },
    { anomalous: { queue: "mirrored", handling: "ignore", node: "leader" }, control: { queue: "quorum", handling: "ignore", node: "leader" } },
  ),
  loses(
    "rabbitmq-parted-mirror-loses-confirmed",
    { corpus: "21F", title: "the same where a mirror is parted, makes itself the leader and confirms; with pause-minority its node stops in place of that" },
    { anomalous: { queue: "mirrored", handling: "ignore", node: "follower" }, control: { queue: "mirrored", handling: "pause-minority", node: "follower" } },
  ),
  loses(
    "rabbitmq-autoheal-loses-confirmed",
    { corpus: "21F, open there", title: "the same where autoheal restarts the losing side by itself" },
    { anomalous: { queue: "mirrored", handling: "autoheal", node: "leader" }, control: { queue: "quorum", handling: "autoheal", node: "leader" } },
  ),
  loses(
    "rabbitmq-pause-minority-loses-confirmed",
    {
      corpus: "21F, where pause-minority lost nothing",
      title: "a parted leader of a mirrored queue stops waiting for its mirrors shortly before its node pauses: it confirms what it alone has, at most one message of each client that waits",
    },
    { anomalous: { queue: "mirrored", handling: "pause-minority", node: "leader" }, control: { queue: "quorum", handling: "pause-minority", node: "leader" } },
  ),
];
