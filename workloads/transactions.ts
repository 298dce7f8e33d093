import { type GeneratorContext, type OpGenerator, plan } from "../harness/generator.ts";
import { eachThread } from "../harness/generator/each-thread.ts";
import { sequence } from "../harness/generator/sequence.ts";
import { type MicroOperation, transaction, type WriteName } from "../harness/objects/transactions.ts";
import { numberOf, type OptionSpec, type Settings, textOf } from "../harness/options.ts";
import type { Random } from "../harness/random.ts";
import { finalRead } from "./final-read.ts";

/** The model that transactions are held to, of those that databases promise; `check --elle --models` knows more. */
export function consistency(model: string, reason: string): OptionSpec {
  return { name: "consistency", kind: "choice", choices: promised, default: model, reason };
}
const promised: readonly string[] = [
  ...["read-uncommitted", "read-committed", "read-atomic", "causal-cerone", "cursor-stability", "repeatable-read"],
  ...["parallel-snapshot-isolation", "snapshot-isolation", "strong-session-snapshot-isolation", "strong-snapshot-isolation"],
  ...["serializable", "strong-session-serializable", "strict-serializable"],
];

/**
 * Random transactions over a small set of keys that changes all the time, as Jepsen's: few keys at once make conflicts, and
 * a key that has been written often enough makes way for a new one, so that lists and explanations stay short.
 *
 *     active   7  8  9  4      slot 0 is drawn most (exponential), or all alike (uniform)
 *                    └─ after its last write: 10
 *
 * The n-th transaction follows from the seed and the n-1 before it, whoever does it and whenever. Every value is written
 * once per key: 1, 2, 3 …
 */
export const transactionOptions: readonly OptionSpec[] = [
  consistency("strict-serializable", "the strongest model is what a database that promises serializability is hoped to keep; name what yours promises"),
  { name: "key-count", kind: "integer", unit: "keys at once", default: 10, min: 1, max: 1000, reason: "as Jepsen's: with the exponential distribution three of them get most of the writes" },
  { name: "key-distribution", kind: "choice", choices: ["exponential", "uniform"], default: "exponential", reason: "hot keys make conflicts, cold ones make long-lived versions" },
  {
    name: "txn-kinds",
    kind: "choice",
    choices: ["mixed", "reads-or-one-write"],
    default: "mixed",
    reason: "transactions that read and write depend on each other in both ways; with reads-or-one-write only readers see more than one key, different ones, so that nothing but what they see orders two writes: where forks show",
  },
  { name: "txn-length-min", kind: "integer", unit: "micro-operations", default: 1, min: 1, max: 100, reason: "single reads and writes belong to every load" },
  { name: "txn-length-max", kind: "integer", unit: "micro-operations", default: 4, min: 1, max: 100, reason: "cycles need transactions of two keys; longer ones conflict and fail more" },
  { name: "read-share", kind: "number", unit: "share of micro-operations, or of transactions that only read", default: 0.5, min: 0, max: 1, reason: "reads are what shows an anomaly, writes are what makes one" },
  { name: "writes-per-key", kind: "integer", unit: "writes", default: 32, min: 1, max: 100_000, reason: "a list is read whole: its length is the cost of every read" },
];

/** Endless transactions that write by `write`. Pure; a draw costs O(keys + length). */
export function transactions(label: string, settings: Settings, write: WriteName): OpGenerator {
  const lengthMin = numberOf(settings, "txn-length-min");
  const lengthMax = Math.max(lengthMin, numberOf(settings, "txn-length-max"));
  const readShare = numberOf(settings, "read-share");
  const writesPerKey = numberOf(settings, "writes-per-key");
  const mixed = textOf(settings, "txn-kinds") === "mixed";
  const exponential = textOf(settings, "key-distribution") === "exponential";
  const keyCount = numberOf(settings, "key-count");
  return from(0, { active: Array.from({ length: keyCount }, (_, key) => ({ key, written: 0 })), nextKey: keyCount });

  function from(index: number, keys: Keys): OpGenerator {
    const self: OpGenerator = {
      draw(context: GeneratorContext) {
        const { micro, after } = make(keys, context.random.fork(`${label}/${index}`));
        return plan(context, transaction(micro), { now: self, next: from(index + 1, after) });
      },
      update: () => self,
    };
    return self;
  }

  function make(keys: Keys, random: Random): { micro: readonly MicroOperation[]; after: Keys } {
    const micro: MicroOperation[] = [];
    const active = [...keys.active];
    let { nextKey } = keys;
    // A transaction of one kind reads always or never.
    const readShareWithin = mixed ? readShare : Number(random.chance(readShare));
    const used = new Set<number>();
    for (let length = lengthOf(random, readShareWithin); length > 0; length--) {
      let slot = exponential ? exponentialSlot(random, active.length) : random.int(active.length);
      while (!mixed && used.has(slot)) slot = (slot + 1) % active.length;
      used.add(slot);
      const { key, written } = active[slot]!;
      if (random.chance(readShareWithin)) micro.push(["r", key, null]);
      else {
        micro.push([write, key, written + 1]);
        active[slot] = written + 1 < writesPerKey ? { key, written: written + 1 } : { key: nextKey++, written: 0 };
      }
    }
    return { micro, after: { active, nextKey } };
  }

  function lengthOf(random: Random, readShareWithin: number): number {
    if (mixed) return random.between(lengthMin, lengthMax);
    return readShareWithin === 0 ? 1 : Math.min(keyCount, random.between(lengthMin, lengthMax));
  }
}

/** The keys in use, by slot, with how often each was written; and the first that never was in use. */
interface Keys {
  readonly active: readonly { readonly key: number; readonly written: number }[];
  readonly nextKey: number;
}

/** Slot i with a probability in proportion to 2 to the power of -i. */
function exponentialSlot(random: Random, count: number): number {
  const share = random.float() * (1 - 2 ** -count);
  return Math.min(count - 1, Math.floor(-Math.log2(1 - share)));
}

/** Every node is asked for the first keys at the end: what was written early must still be there after all faults. */
export function readFirstKeys(settings: Settings): OpGenerator {
  const keys = Array.from({ length: numberOf(settings, "key-count") }, (_, key) => key);
  return eachThread(sequence(keys.map((key) => finalRead(transaction([["r", key, null]])))));
}
