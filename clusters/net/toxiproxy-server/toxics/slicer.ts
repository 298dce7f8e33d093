import type { Random } from "../../../../harness/random.ts";
import { type Action, type Behaviour, PASS, type ToxicKind } from "../behaviour.ts";

/** How far behind its schedule the slicer may catch up; sub-millisecond delays need it, timers being coarser. */
const LAG_MS_MAX = 5;

/** Cuts chunks into slices of `average_size` ± `size_variation` bytes with `delay` µs (not ms) after each. */
export const slicer: ToxicKind = {
  type: "slicer",
  struct: "SlicerToxic",
  integer: "int",
  attributes: ["average_size", "size_variation", "delay"],
  queueTokensMax: 0,
  seversAtRemoval: false,
  behave({ average_size: averageBytes = 0, size_variation: variationBytes = 0, delay: delayUs = 0 }, { random }): Behaviour {
    let sizes: number[] = [];
    let notBeforeMs = 0;
    /** A slice of this chunk is out already: lateness of the next is the timer's and may be made up for. */
    let cutting = false;
    return {
      next(held, fresh, nowMs): Action {
        if (fresh) {
          sizes = held.end === "no" ? sliceSizes(held.data.length, { averageBytes, variationBytes }, random).reverse() : [];
          cutting = false;
        }
        if (nowMs < notBeforeMs) return { act: "wait", untilMs: notBeforeMs };
        const bytes = sizes.pop();
        if (bytes === undefined) return PASS;
        const baseMs = cutting ? Math.max(notBeforeMs, nowMs - LAG_MS_MAX) : nowMs;
        notBeforeMs = baseMs + delayUs / 1000;
        cutting = true;
        return sizes.length === 0 ? PASS : { act: "slice", bytes };
      },
    };
  },
};

/**
 * Sizes of the slices of a chunk, in order; they add up to `length`. Toxiproxy's rule: halve, the cut moved by up to
 * ± variation, until a part is no longer than average + variation, so that no end of a chunk is special.
 * A part has at least one byte (Toxiproxy itself recurses for ever when both settings are 0).
 */
export function sliceSizes(length: number, size: { averageBytes: number; variationBytes: number }, random: Random): number[] {
  if (length <= 1 || length - size.averageBytes <= size.variationBytes) return [length];
  const shift = size.variationBytes > 0 ? random.int(2 * size.variationBytes) - size.variationBytes : 0;
  const middle = Math.min(length - 1, Math.max(1, Math.floor(length / 2) + shift));
  return [...sliceSizes(middle, size, random), ...sliceSizes(length - middle, size, random)];
}
