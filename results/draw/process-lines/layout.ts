import type { ProcessBar, ProcessLinesDiagram } from "../../../harness/diagram.ts";
import { monoWidth, shorten } from "../svg.ts";

/** Where the operations, points and bands of process lines go; the drawing's essay says by which idea. */
export const laneHeight = 60;
export const labelSize = 13;
const labelColumnsMax = 44;
const barsMax = 400;
export const pointRadius = 9.5;

/** An operation between its call and its return, pixels. */
export interface PlacedBar {
  readonly bar: ProcessBar;
  readonly x0: number;
  readonly x1: number;
  /** Top of the lane. */
  readonly y: number;
  readonly point: { readonly x: number; readonly place: number } | undefined;
}
/** A shaded span and the row of its label. */
export interface PlacedBand {
  readonly label: string;
  readonly x0: number;
  readonly x1: number;
  readonly row: number;
}
/** Everything placed; pixels, origin at the top left. */
export interface Layout {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bars: readonly PlacedBar[];
  readonly bands: readonly PlacedBand[];
}

/** Beyond `barsMax` bars nobody can read it: those around the impossible one (or the last) are kept, the rest is counted. */
export function focus(diagram: ProcessLinesDiagram): { diagram: ProcessLinesDiagram; note: string | undefined } {
  const all = diagram.lanes.flatMap((lane) => lane.bars).sort((a, b) => a.start - b.start);
  if (all.length <= barsMax) return { diagram, note: undefined };
  const wanted = all.findIndex((bar) => bar.mark === "impossible");
  const center = wanted < 0 ? all.length - 1 : wanted;
  const from = Math.max(0, Math.min(center - Math.floor(barsMax * 0.75), all.length - barsMax));
  const kept = new Set(all.slice(from, from + barsMax));
  const starts = [...kept].map((bar) => bar.start);
  const [low, high] = [starts[0]!, starts.at(-1)!];
  const bands = (diagram.bands ?? []).filter((band) => band.end >= low && band.start <= high);
  return {
    diagram: {
      ...diagram,
      lanes: diagram.lanes.map((lane) => ({ ...lane, bars: lane.bars.filter((bar) => kept.has(bar)) })).filter((lane) => lane.bars.length > 0),
      bands: bands.map((band) => ({ ...band, start: Math.max(low, band.start), end: Math.min(high, band.end) })),
    },
    note: `${from} earlier and ${all.length - from - kept.size} later operations are not drawn`,
  };
}

/** Places a diagram's bars, points and bands. O(bars × columns). */
export function layOut(diagram: ProcessLinesDiagram): Layout {
  const gutter = Math.max(...diagram.lanes.map((lane) => lane.label.length * 7 + 16), 40);
  const left = 16 + gutter;
  const columns = new Columns(diagram);
  const wanted = diagram.lanes.flatMap((lane) => lane.bars).map((bar) => ({ ...columns.spanOf(bar), width: widthOf(bar) }));
  for (const band of diagram.bands ?? []) wanted.push({ from: columns.indexOf(band.start, 0), to: columns.indexOf(band.end, 0), width: monoWidth(band.label, 11) + 12 });
  const xs = columns.positions(left + 14, wanted);
  const right = Math.max(xs.at(-1)! + 44, left + 380);
  const rows = stackBands(diagram, columns, xs);
  const top = 8 + Math.max(0, ...rows.map((band) => band.row + 1)) * 20;
  const bars: PlacedBar[] = [];
  for (const [i, lane] of diagram.lanes.entries()) {
    for (const bar of lane.bars) {
      const span = columns.spanOf(bar);
      const x0 = xs[span.from]!;
      const x1 = bar.end === null ? right : xs[span.to]!;
      const at = bar.point === undefined ? undefined : xs[columns.indexOf(bar.point.at, bar.point.place)]!;
      const point = at === undefined ? undefined : { x: Math.min(Math.max(at, x0 + pointRadius + 3), x1 - pointRadius - 3), place: bar.point!.place };
      bars.push({ bar, x0, x1, y: top + i * laneHeight, point });
    }
  }
  return { left, right, top, bars, bands: rows };
}

function widthOf(bar: ProcessBar): number {
  const text = monoWidth(shownLabel(bar), labelSize) + (bar.mark === "impossible" ? 22 : 8) + (bar.end === null ? 78 : 0);
  return Math.max(text, bar.point === undefined ? 24 : 2 * pointRadius + 10);
}

/** The label as it is drawn: shortened, crossed when no order explains it. */
export function shownLabel(bar: ProcessBar): string {
  return (bar.mark === "impossible" ? "✗ " : "") + shorten(bar.label, labelColumnsMax);
}

/**
 * The distinct positions of a diagram in order. At one rank: calls, then points by place, then returns; a call that
 * follows a return of its own lane at the same rank comes after it.
 */
class Columns {
  readonly #keys: { rank: number; sub: number }[] = [];
  readonly #index = new Map<string, number>();
  readonly #pointRanks = new Set<number>();
  readonly #endsOfLane = new Map<ProcessBar, boolean>();

  constructor(diagram: ProcessLinesDiagram) {
    const bars = diagram.lanes.flatMap((lane) => lane.bars);
    for (const bar of bars) if (bar.point !== undefined) this.#pointRanks.add(bar.point.at);
    for (const lane of diagram.lanes) {
      const ends = new Set(lane.bars.map((bar) => bar.end));
      for (const bar of lane.bars) this.#endsOfLane.set(bar, ends.has(bar.start));
    }
    for (const bar of bars) {
      this.#add(bar.start, this.#startSub(bar));
      if (bar.end !== null) this.#add(bar.end, this.#endSub(bar.end));
      if (bar.point !== undefined) this.#add(bar.point.at, bar.point.place);
    }
    for (const band of diagram.bands ?? []) {
      this.#add(band.start, 0);
      this.#add(band.end, 0);
    }
    if (this.#keys.length === 0) this.#add(0, 0);
    this.#keys.sort((a, b) => a.rank - b.rank || a.sub - b.sub);
    for (const [i, key] of this.#keys.entries()) this.#index.set(`${key.rank}/${key.sub}`, i);
  }

  indexOf(rank: number, sub: number): number {
    return this.#index.get(`${rank}/${sub}`)!;
  }

  spanOf(bar: ProcessBar): { from: number; to: number } {
    const from = this.indexOf(bar.start, this.#startSub(bar));
    return { from, to: bar.end === null ? this.#keys.length : this.indexOf(bar.end, this.#endSub(bar.end)) };
  }

  /** x of each column; the last entry is the end of what is open to the right. */
  positions(from: number, wanted: readonly { from: number; to: number; width: number }[]): number[] {
    const gaps: number[] = this.#keys.map((key, i) => (i + 1 < this.#keys.length && key.sub > 0 && this.#keys[i + 1]!.sub > 0 ? 24 : 20));
    const shortFirst = wanted.filter((want) => want.to > want.from).sort((a, b) => a.to - a.from - (b.to - b.from));
    for (const want of shortFirst) {
      let width = 0;
      for (let i = want.from; i < want.to; i++) width += gaps[i]!;
      const missing = want.width - width;
      if (missing <= 0) continue;
      for (let i = want.from; i < want.to; i++) gaps[i] = gaps[i]! + missing / (want.to - want.from);
    }
    const xs = [from];
    for (const gap of gaps) xs.push(xs.at(-1)! + gap);
    return xs;
  }

  #add(rank: number, sub: number): void {
    const key = `${rank}/${sub}`;
    if (this.#index.has(key)) return;
    this.#index.set(key, -1);
    this.#keys.push({ rank, sub });
  }

  #startSub(bar: ProcessBar): number {
    return this.#endsOfLane.get(bar) === true ? Number.MAX_VALUE : this.#pointRanks.has(bar.start) ? -1 : 0;
  }

  #endSub(rank: number): number {
    return this.#pointRanks.has(rank) ? Number.MAX_SAFE_INTEGER : 0;
  }
}

/** Bands that overlap get their labels in rows of their own. */
function stackBands(diagram: ProcessLinesDiagram, columns: Columns, xs: readonly number[]): PlacedBand[] {
  const ends: number[] = [];
  return [...(diagram.bands ?? [])].sort((a, b) => a.start - b.start).map((band) => {
    const x0 = xs[columns.indexOf(band.start, 0)]!;
    const x1 = Math.max(xs[columns.indexOf(band.end, 0)]!, x0 + 6);
    let row = ends.findIndex((end) => end <= x0);
    if (row < 0) row = ends.length;
    ends[row] = Math.max(x1, x0 + monoWidth(band.label, 11) + 12);
    return { label: band.label, x0, x1, row };
  });
}
