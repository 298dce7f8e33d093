import { stats } from "../checkers/stats.ts";
import { unhandledErrors } from "../checkers/unhandled-errors.ts";
import { watch as watchChecker } from "../checkers/watch/watch.ts";
import { noop } from "../harness/generator.ts";
import { calls } from "../harness/generator/calls.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { reserve } from "../harness/generator/reserve.ts";
import { commit, compact, watchFrom, type WatchEventType, type WatchRequest } from "../harness/objects/watch.ts";
import { growOnlySet } from "../harness/objects/set.ts";
import { numberOf, type OptionSpec, type Settings } from "../harness/options.ts";
import type { Random } from "../harness/random.ts";
import { finalRead } from "./final-read.ts";
import type { Workload, WorkloadPlan } from "./workload.ts";

const options: readonly OptionSpec[] = [
  { name: "keys", kind: "integer", unit: "keys", default: 6, min: 1, max: 10_000, reason: "few, so that keys are deleted and made again" },
  { name: "watch-share", kind: "number", unit: "share of operations", default: 0.05, min: 0, max: 1, reason: "a watch listens a thousand times as long as a write takes" },
  { name: "watchers", kind: "integer", unit: "clients", default: 0, min: 0, max: 1_000, reason: "clients that do nothing but watch, the first ones, so that as many are on each node; all others draw by the shares" },
  { name: "compact-share", kind: "number", unit: "share of operations", default: 0, min: 0, max: 1, reason: "where history is forgotten, watches from the past are refused; ask for it to look for what else happens then" },
  { name: "at-compaction-share", kind: "number", unit: "share of watches", default: 0, min: 0, max: 1, reason: "watches from the very revision of the client's last compaction, the oldest that is not refused; useless where nothing is compacted" },
  { name: "listen", kind: "integer", unit: "ms", default: 1_000, min: 10, max: 60_000, reason: "long beside a fault's beginning, short beside a run" },
  { name: "look-back", kind: "integer", unit: "revisions", default: 100, min: 0, max: 100_000, reason: "as far as watches begin in the past" },
  { name: "look-ahead", kind: "integer", unit: "revisions", default: 25, min: 0, max: 1_000_000, reason: "as far as they begin in the future: some such watches are soon told something" },
  { name: "ask-progress", kind: "integer", unit: "ms", default: 0, min: 0, max: 60_000, reason: "how often a watch is asked how far it has been told, from its beginning on; 0, not at all: it says so by itself now and then" },
  { name: "companions", kind: "integer", unit: "watches", default: 0, min: 0, max: 10_000, reason: "watches of the same on the same connection, as a proxy or a cache has them; hundreds make the store fall behind" },
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
    const watchers = numberOf(settings, "watchers");
    const watches = watchesOf(settings);
    const mixed = calls("watch", (index, random) => {
      const share = random.float();
      if (share < watchShare) return watchFrom(someRequest(random, watches));
      if (share < watchShare + compactShare) return compact(-random.int(watches.lookBack + 1));
      return commit(someChanges(random, { keys, index }));
    });
    return {
      functions: compactShare > 0 ? ["commit", "compact", "watch"] : ["commit", "watch"],
      reads: ["watch"],
      // A watch has no place in an order of operations; its checker has its own log.
      spec: growOnlySet(),
      generator: watchers === 0 ? mixed : reserve([[watchers, calls("watcher", (_index, random) => watchFrom(someRequest(random, watches)))]], mixed),
      finalGenerator: watchers === 0 ? lastWatches : reserve([[watchers, lastWatches]], noop),
      checkers: [watchChecker, stats, unhandledErrors],
    };
  },
};

/** They have all that happened within 100 ms, but for a machine that is busy. */
const lastWatches = eachThread(finalRead(watchFrom({ from: 1, forMs: 2_000 })));

/** What watches of a run have in common. */
interface Watches {
  readonly lookBack: number;
  readonly lookAhead: number;
  readonly atCompactionShare: number;
  readonly always: Pick<WatchRequest, "from" | "forMs" | "askProgressMs" | "companions">;
}

function watchesOf(settings: Settings): Watches {
  const askProgressMs = numberOf(settings, "ask-progress");
  const companions = numberOf(settings, "companions");
  return {
    lookBack: numberOf(settings, "look-back"),
    lookAhead: numberOf(settings, "look-ahead"),
    atCompactionShare: numberOf(settings, "at-compaction-share"),
    always: { from: 0, forMs: numberOf(settings, "listen"), ...(askProgressMs > 0 ? { askProgressMs } : {}), ...(companions > 0 ? { companions } : {}) },
  };
}

function someRequest(random: Random, { lookBack, lookAhead, atCompactionShare, always }: Watches): WatchRequest {
  if (random.chance(atCompactionShare)) return { ...always, atCompaction: true };
  const kind = random.int(4);
  const without: readonly WatchEventType[] = kind === 0 ? [random.pick(["put", "delete"] as const)] : [];
  return { ...always, offset: random.between(-lookBack, lookAhead), ...(kind === 1 ? { prefix: "even/" } : {}), ...(without.length === 0 ? {} : { without }) };
}

/** Keys of both prefixes; every value is written once, so an event names its commit. */
function someChanges(random: Random, about: { readonly keys: number; readonly index: number }): (readonly [string, string | null])[] {
  const count = 1 + random.int(Math.min(3, about.keys));
  const chosen = random.shuffle(Array.from({ length: about.keys }, (_, key) => key)).slice(0, count);
  return chosen.map((key) => [`${key % 2 === 0 ? "even" : "odd"}/${key}`, random.chance(0.3) ? null : `${about.index}/${key}`] as const);
}
