import type { OpGenerator } from "../harness/generator.ts";
import { calls } from "../harness/generator/calls.ts";
import type { Call } from "../harness/op.ts";
import { numberOf, type OptionSpec, type Settings, textOf } from "../harness/options.ts";
import type { Random } from "../harness/random.ts";

/**
 * What clients of register-like objects do: the n-th access is a read, a write or a compare-and-set of one key. All of
 * it is decided by seed and index, so that it can also be looked back at: a compare-and-set expects what a write a few
 * accesses before wrote, and so succeeds often, with unique values too.
 */
export const accessOptions: readonly OptionSpec[] = [
  { name: "read-share", kind: "number", unit: "share of operations", default: 0.5, min: 0, max: 1, reason: "reads are what shows an anomaly, writes are what makes one" },
  { name: "cas-share", kind: "number", unit: "share of operations", default: 0, min: 0, max: 1, reason: "many systems have no compare-and-set; what is left are writes" },
  {
    name: "values",
    kind: "choice",
    choices: ["unique", "small"],
    default: "unique",
    reason: "a value that is written once names its write, so a wrong read is explained, and judged in linear time",
  },
  { name: "value-range", kind: "integer", unit: "different values", default: 5, min: 2, max: 1_000_000, reason: "as Jepsen's register test; only with values=small" },
];

/** How an object says an access. Keys are 0 … keys-1. */
export interface Wording {
  read(key: number): Call;
  write(key: number, value: number): Call;
  cas(key: number, values: { readonly from: number; readonly to: number }): Call;
}

/** A compare-and-set expects one of that many writes before it, and looks for them no further back than `lookBackMax`. */
const guessedMax = 2;
const lookBackMax = 200;

/** Endless accesses to `keys` keys. Unique values are 1, 2, 3 …, small ones 0 … range-1. */
export function accesses(label: string, options: { readonly settings: Settings; readonly keys: number; readonly wording: Wording }): OpGenerator {
  const { settings, keys, wording } = options;
  const readShare = numberOf(settings, "read-share");
  const casShare = Math.min(numberOf(settings, "cas-share"), 1 - readShare);
  const unique = textOf(settings, "values") === "unique";
  const range = numberOf(settings, "value-range");

  return calls(label, (index, _random, { random: source }) => {
    const { kind, key, value } = access(index, source);
    if (kind === "read") return wording.read(key);
    if (kind === "write") return wording.write(key, value);
    return wording.cas(key, { from: unique ? earlierValue(index, key, source) : source.fork(`${label}/${index}/from`).int(range), to: value });
  });

  function access(index: number, source: Random): { kind: "read" | "write" | "cas"; key: number; value: number } {
    const random = source.fork(`${label}/${index}/access`);
    const share = random.float();
    const key = keys === 1 ? 0 : random.int(keys);
    const kind = share < readShare ? "read" : share < readShare + casShare ? "cas" : "write";
    return { kind, key, value: unique ? index + 1 : random.int(range) };
  }

  /** What an access shortly before this one stored, or tried to; 0, which is never stored, when there was none. */
  function earlierValue(index: number, key: number, source: Random): number {
    let skip = source.fork(`${label}/${index}/guess`).int(guessedMax);
    for (let before = index - 1; before >= 0 && before >= index - lookBackMax; before--) {
      const other = access(before, source);
      if (other.kind !== "read" && other.key === key && skip-- === 0) return other.value;
    }
    return 0;
  }
}
