import type { ClockSkew } from "../../harness/cluster.ts";
import type { ClockReading } from "../../harness/time.ts";
import { families, type Family, type Words } from "./stub.ts";

/** A skew with the moment, on each family's true clock, from which its rate and its strobe count. */
export interface HeldSkew {
  readonly skew: ClockSkew;
  readonly since: ClockReading;
}

export type AllWords = { readonly [family in Family]: Words };

/** What a process's clocks of durations have gained, ns, and keep: they never go back. */
export type Kept = { readonly [family in Exclude<Family, "realtime">]: bigint };
export const nothingKept: Kept = { monotonic: 0n, boottime: 0n };

/** Clocks as the kernel has them. */
export const noSkew: AllWords = combine([]);

/**
 * What several skews come to together: offsets and drifts add up, each drift from its own beginning, so that one that
 * comes or goes leaves the others as they are. Of several strobes the newest is seen. O(skews). `kept` is added to it.
 *
 *     Σ (now - base_i) · rate_i  =  (now - base) · Σ rate_i  +  Σ (base - base_i) · rate_i
 */
export function combine(held: readonly HeldSkew[], kept: Kept = nothingKept): AllWords {
  const of = (family: Family): Words => {
    const here = held.filter(({ skew }) => family === "realtime" || skew.clocks === "all");
    const base = here.at(-1)?.since[family] ?? 0n;
    let [rate, offset, period, delta] = [0n, family === "realtime" ? 0n : kept[family], 0n, 0n];
    for (const { skew, since } of here) {
      const own = rateWord(skew.rate);
      rate += own;
      offset += nanoseconds(skew.offsetMs) + drifted(base - since[family], own);
      if (skew.strobe !== undefined) [period, delta] = [nanoseconds(skew.strobe.periodMs), nanoseconds(skew.strobe.offsetMs)];
    }
    return { base, rate, offset, period, delta };
  };
  return { realtime: of("realtime"), monotonic: of("monotonic"), boottime: of("boottime") };
}

/** What the stub makes of a true time, ns: its arithmetic once more, for tests and for what is to be expected. */
export function skewed(words: Words, now: bigint): bigint {
  const since = now - words.base;
  const strobe = words.period > 0n && (since / words.period) % 2n !== 0n ? words.delta : 0n;
  const time = now + drifted(since, words.rate) + words.offset + strobe;
  return time < 0n ? 0n : time;
}

/** By how much the one words have a family's clocks ahead of the other's at some true time. */
export function ahead(one: AllWords, other: AllWords, now: ClockReading): Kept {
  const of = (family: keyof Kept): bigint => skewed(one[family], now[family]) - skewed(other[family], now[family]);
  return { monotonic: of("monotonic"), boottime: of("boottime") };
}

export function addKept(a: Kept, b: Kept): Kept {
  return { monotonic: a.monotonic + b.monotonic, boottime: a.boottime + b.boottime };
}

export function sameWords(a: AllWords, b: AllWords): boolean {
  return families.every((family) => (Object.keys(a[family]) as (keyof Words)[]).every((field) => a[family][field] === b[family][field]));
}

function drifted(sinceNs: bigint, rate: bigint): bigint {
  return (sinceNs * rate) >> 32n;
}

function rateWord(rate: number): bigint {
  return BigInt(Math.round((rate - 1) * 2 ** 32));
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
