import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { watch as watchChecker } from "../checkers/watch/watch.ts";
import { calls } from "../harness/generator/calls.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { commit, compact, watchFrom, type WatchEventType, type WatchRequest } from "../harness/objects/watch.ts";
import { growOnlySet } from "../harness/objects/set.ts";
import { numberOf, type OptionSpec, type Settings } from "../harness/options.ts";
import type { Random } from "../harness/random.ts";
import { finalRead } from "./final-read.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

const options: readonly OptionSpec[] = [
  { name: "keys", kind: "integer", unit: "keys", default: 6, min: 1, max: 10_000, reason: "few, so that keys are deleted and made again" },
  { name: "watch-share", kind: "number", unit: "share of operations", default: 0.05, min: 0, max: 1, reason: "a watch listens a thousand times as long as a write takes" },
  { name: "compact-share", kind: "number", unit: "share of operations", default: 0, min: 0, max: 1, reason: "where history is forgotten, watches from the past are refused; ask for it to look for what else happens then" },
  { name: "at-compaction-share", kind: "number", unit: "share of watches", default: 0, min: 0, max: 1, reason: "watches from the very revision of the client's last compaction, the oldest that is not refused; useless where nothing is compacted" },
  { name: "listen", kind: "integer", unit: "ms", default: 1_000, min: 10, max: 60_000, reason: "long beside a fault's beginning, short beside a run" },
  { name: "look-back", kind: "integer", unit: "revisions", default: 100, min: 0, max: 100_000, reason: "as far as watches begin in the past, or in the future" },
];

/** Commits of one to three keys at one revision, deletes among them, and watches from the past, the present and the future. */
export const watch: Workload = {
  name: "watch",
  summary: "commits to a few keys, and watches from the past, now and the future; each change is told once, in order, in one piece",
  object: "watched-store",
  options,
  make(settings: Settings): WorkloadPlan {
    const keys = numberOf(settings, "keys");
    const watchShare = numberOf(settings, "watch-share");
    const compactShare = numberOf(settings, "compact-share");
    const lookBack = numberOf(settings, "look-back");
    const atCompactionShare = numberOf(settings, "at-compaction-share");
    const forMs = numberOf(settings, "listen");
    return {
      functions: compactShare > 0 ? ["commit", "compact", "watch"] : ["commit", "watch"],
      reads: ["watch"],
      // A watch has no place in an order of operations; its checker has its own log.
      spec: growOnlySet(),
      generator: calls("watch", (index, random) => {
        const share = random.float();
        if (share < watchShare) return watchFrom(someRequest(random, { lookBack, forMs, atCompactionShare }));
        if (share < watchShare + compactShare) return compact(-random.int(lookBack + 1));
        return commit(someChanges(random, { keys, index }));
      }),
      finalGenerator: eachThread(finalRead(watchFrom({ from: 1, forMs: 2 * forMs }))),
      checkers: [watchChecker, stats, unhandledErrors],
    };
  },
};

function someRequest(random: Random, about: { readonly lookBack: number; readonly forMs: number; readonly atCompactionShare: number }): WatchRequest {
  if (random.chance(about.atCompactionShare)) return { from: 0, forMs: about.forMs, atCompaction: true };
  const kind = random.int(4);
  const without: readonly WatchEventType[] = kind === 0 ? [random.pick(["put", "delete"] as const)] : [];
  return {
    from: 0,
    forMs: about.forMs,
    offset: random.between(-about.lookBack, Math.floor(about.lookBack / 4)),
    ...(kind === 1 ? { prefix: "even/" } : {}),
    ...(without.length === 0 ? {} : { without }),
  };
}

/** Keys of both prefixes; every value is written once, so an event names its commit. */
function someChanges(random: Random, about: { readonly keys: number; readonly index: number }): (readonly [string, string | null])[] {
  const count = 1 + random.int(Math.min(3, about.keys));
  const chosen = random.shuffle(Array.from({ length: about.keys }, (_, key) => key)).slice(0, count);
  return chosen.map((key) => [`${key % 2 === 0 ? "even" : "odd"}/${key}`, random.chance(0.3) ? null : `${about.index}/${key}`] as const);
}
