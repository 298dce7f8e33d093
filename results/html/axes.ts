import { element, label, round } from "../draw/svg.ts";

/** Scales, ticks and frames that the plots share. Pure. */
export interface Axis {
  /** Position in pixels of a value. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A linear axis over [low, high] onto [from, to] pixels, with about `count` ticks at 1, 2 or 5 times a power of ten. */
export function linear(range: { readonly low: number; readonly high: number; readonly from: number; readonly to: number; readonly count: number }): Axis {
  const { low, from, to } = range;
  const high = range.high > low ? range.high : low + 1;
  const step = niceStep((high - low) / Math.max(1, range.count));
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) ticks.push(Number(tick.toPrecision(12)));
  return { at: (value) => from + ((value - low) / (high - low)) * (to - from), ticks };
}

/** A logarithmic axis with a tick per power of ten; values below `low` sit at its end. */
export function logarithmic(range: { readonly low: number; readonly high: number; readonly from: number; readonly to: number }): Axis {
  const [low, high] = [Math.floor(Math.log10(range.low)), Math.max(Math.ceil(Math.log10(range.high)), Math.floor(Math.log10(range.low)) + 1)];
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { at: (value) => range.from + ((Math.max(Math.log10(Math.max(value, Number.MIN_VALUE)), low) - low) / (high - low)) * (range.to - range.from), ticks };
}

/** The smallest of 1, 2, 5 × 10^k that is at least `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5]) if (factor * power >= least * 0.999999) return factor * power;
  return 10 * power;
}

/** Horizontal grid lines with their labels left of `x0`. */
export function yGrid(axis: Axis, frame: { readonly x0: number; readonly x1: number; readonly name: (tick: number) => string }): string {
  return axis.ticks.map((tick) => {
    const y = axis.at(tick);
    return element("line", { x1: frame.x0, x2: frame.x1, y1: y, y2: y, stroke: "var(--rd-line)", "stroke-width": 0.7, opacity: 0.8 }) +
      label(frame.name(tick), { x: frame.x0 - 8, y: y + 4, "text-anchor": "end", class: "rd-small" });
  }).join("");
}

/** Labels and small ticks below a plot, with the axis' name at the right end of a line of its own. */
export function xGrid(axis: Axis, frame: { readonly y: number; readonly x0: number; readonly x1: number; readonly name: (tick: number) => string; readonly title: string }): string {
  const marks = axis.ticks.map((tick) => {
    const x = axis.at(tick);
    return element("line", { x1: x, x2: x, y1: frame.y, y2: frame.y + 5, stroke: "var(--rd-soft)" }) + label(frame.name(tick), { x, y: frame.y + 18, "text-anchor": "middle", class: "rd-small" });
  });
  return element("line", { x1: frame.x0, x2: frame.x1, y1: frame.y, y2: frame.y, stroke: "var(--rd-soft)" }) + marks.join("") +
    label(frame.title, { x: frame.x1, y: frame.y + 34, "text-anchor": "end", class: "rd-small" });
}

/** A path through points; breaks where `y` is undefined. */
export function linePath(points: readonly { readonly x: number; readonly y: number | undefined }[]): string {
  let path = "";
  let pen = false;
  for (const { x, y } of points) {
    if (y === undefined) {
      pen = false;
      continue;
    }
    path += `${pen ? "L" : "M"}${round(x)} ${round(y)}`;
    pen = true;
  }
  return path;
}
