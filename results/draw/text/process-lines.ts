import type { ProcessBar, ProcessLinesDiagram } from "../../../harness/diagram.ts";
import { orderOf } from "../process-lines.ts";
import { columnsOf, shorten, wrapText } from "../svg.ts";
import { blank, pad, put, type Style } from "./signs.ts";

/** One lane on the grid: its cells, and the stretches to emphasize. */
interface Row {
  readonly head: string;
  readonly cells: string[];
  readonly loud: readonly (readonly [from: number, to: number])[];
  /** Where its words are: a stave does not end inside one if it can help it. */
  readonly words: readonly (readonly [from: number, to: number])[];
}

/** Lanes as lines of text, in staves where they are wider than the terminal. */
export function processLinesText(diagram: ProcessLinesDiagram, style: Style): string[] {
  const columns = columnsOfDiagram(diagram, style);
  const width = columns.end + 2;
  const rows: Row[] = (diagram.bands ?? []).map((band) => bandRow(band, columns, width, style));
  for (const lane of diagram.lanes) rows.push(laneRow(lane, columns, width, style));
  const gutter = Math.min(Math.max(...rows.map((row) => columnsOf(row.head))) + 2, Math.floor(style.width / 3));
  const lines = staves(rows, { gutter, style });
  const order = orderOf(diagram);
  if (order.length > 0) lines.push("", ...wrapText(`order: ${order.map((bar) => `(${bar.point!.place}) ${bar.label}`).join("  ")}`, style.width, 12));
  for (const bar of diagram.lanes.flatMap((lane) => lane.bars)) {
    if (bar.mark === "impossible") lines.push(...wrapText(`${style.signs.cross} no order explains: ${bar.label}${bar.note === undefined ? "" : ` (${bar.note})`}`, style.width, 4).map(style.emphasize));
  }
  if (diagram.lanes.some((lane) => lane.bars.some((bar) => bar.end === null))) lines.push(...wrapText(`${style.signs.open}${style.signs.crash}${style.signs.crash}${style.signs.crashEnd} no answer: it may have happened at any later time, or never`, style.width, 3));
  return lines;
}

function barText(bar: ProcessBar, style: Style): string {
  const place = bar.point === undefined ? "" : `(${bar.point.place}) `;
  return ` ${bar.mark === "impossible" ? `${style.signs.cross} ` : place}${shorten(bar.label, 40)} `;
}

/** Character column of each rank; short operations widen first, as in the SVG. */
function columnsOfDiagram(diagram: ProcessLinesDiagram, style: Style): { at: (rank: number) => number; end: number } {
  const bars = diagram.lanes.flatMap((lane) => lane.bars);
  const ranks = [...new Set([...bars.flatMap((bar) => [bar.start, ...(bar.end === null ? [] : [bar.end])]), ...(diagram.bands ?? []).flatMap((band) => [band.start, band.end])])].sort((a, b) => a - b);
  const index = new Map(ranks.map((rank, i) => [rank, i]));
  const gaps = ranks.map(() => 2);
  const wanted = bars.map((bar) => ({ from: index.get(bar.start)!, to: bar.end === null ? ranks.length : index.get(bar.end)!, width: columnsOf(barText(bar, style)) + 3 }));
  for (const band of diagram.bands ?? []) wanted.push({ from: index.get(band.start)!, to: index.get(band.end)!, width: columnsOf(band.label) + 3 });
  for (const want of wanted.sort((a, b) => a.to - a.from - (b.to - b.from))) {
    let missing = want.width;
    for (let i = want.from; i < want.to; i++) missing -= gaps[i]!;
    for (let i = want.from; missing > 0 && want.to > want.from; i = i + 1 < want.to ? i + 1 : want.from, missing--) gaps[i] = gaps[i]! + 1;
  }
  const at = new Map<number, number>();
  let column = 0;
  for (const [i, rank] of ranks.entries()) {
    at.set(rank, column);
    column += gaps[i]!;
  }
  return { at: (rank) => at.get(rank) ?? 0, end: Math.max(column, 1) };
}

function bandRow(band: { readonly label: string; readonly start: number; readonly end: number }, columns: { at: (rank: number) => number; end: number }, width: number, style: Style): Row {
  const cells = blank(width);
  const [from, to] = [columns.at(band.start), columns.at(band.end)];
  for (let i = from; i <= to; i++) cells[i] = style.signs.band;
  put(cells, from + 1, ` ${band.label} `.slice(0, Math.max(0, to - from)));
  return { head: "", cells, loud: [], words: [[from + 1, from + 2 + columnsOf(band.label)]] };
}

function laneRow(lane: ProcessLinesDiagram["lanes"][number], columns: { at: (rank: number) => number; end: number }, width: number, style: Style): Row {
  const cells = blank(width);
  const loud: [number, number][] = [];
  const words: [number, number][] = [];
  const { signs } = style;
  for (const bar of lane.bars) {
    const bad = bar.mark === "impossible";
    const from = columns.at(bar.start);
    const to = bar.end === null ? columns.end : columns.at(bar.end);
    const line = bar.end === null ? signs.crash : bad ? signs.badLine : signs.line;
    for (let i = from + 1; i < to; i++) cells[i] = line;
    cells[from] = bad ? signs.badOpen : signs.open;
    cells[to] = bar.end === null ? signs.crashEnd : bad ? signs.badClose : signs.close;
    const text = barText(bar, style);
    const middle = bar.end === null ? from + 2 : from + 1 + Math.max(0, Math.floor((to - from - 1 - columnsOf(text)) / 2));
    put(cells, middle, text);
    words.push([middle, middle + columnsOf(text)]);
    if (bad) loud.push([from, to]);
  }
  return { head: lane.label, cells, loud, words };
}

/** Breaks rows that are too wide, all at the same column, and where that cuts the fewest words. */
function staves(rows: readonly Row[], { gutter, style }: { gutter: number; style: Style }): string[] {
  const room = style.width - gutter;
  const total = Math.max(0, ...rows.map((row) => row.cells.length));
  const lines: string[] = [];
  for (let from = 0; from < total; ) {
    let to = Math.min(total, from + room);
    if (to < total) {
      const torn = (at: number): number => rows.filter((row) => row.words.some(([low, high]) => low < at && at < high)).length;
      let best = to;
      for (let at = to; at > to - room * 0.6; at--) if (torn(at) < torn(best)) best = at;
      to = best;
    }
    if (from > 0) lines.push("");
    for (const row of rows) {
      const shown = emphasizeCells(row, { from, to, style });
      if (shown.trim() !== "" || row.head !== "") lines.push(pad(shorten(row.head, gutter - 1), gutter) + shown);
    }
    from = to;
  }
  return lines;
}

function emphasizeCells(row: Row, { from, to, style }: { from: number; to: number; style: Style }): string {
  let text = "";
  let at = from;
  for (const [start, end] of row.loud) {
    const [low, high] = [Math.max(start, from), Math.min(end + 1, to)];
    if (low >= high) continue;
    text += row.cells.slice(at, low).join("") + style.emphasize(row.cells.slice(low, high).join(""));
    at = high;
  }
  return text + row.cells.slice(at, to).join("");
}
