import type { CycleGraphDiagram, Diagram, LamportDiagram, ProcessBar, ProcessLinesDiagram } from "../../harness/diagram.ts";
import { unreachable } from "../../harness/assert.ts";
import { cycleOrder } from "./cycle-graph.ts";
import { orderOf } from "./process-lines.ts";
import { columnsOf, shorten, wrapText } from "./svg.ts";

/**
 * Diagrams for terminals and logs. Process lines keep their shape and are broken into staves, as music is, where they
 * are wider than the terminal; a Lamport diagram gets one row per step, its lanes as columns and its words on the
 * right, so that it fits any width; a cycle is a column of transactions joined by its dependencies.
 */
export interface TextOptions {
  /** Columns, at least 40; default 100. */
  readonly width?: number;
  /** `ascii` for terminals and files without box drawing. */
  readonly charset?: "unicode" | "ascii";
  /** Wraps the parts that are impossible or broken, e.g. in a colour; default: as they are. */
  readonly emphasize?: (text: string) => string;
}

/** The diagram as lines of text, title first. */
export function drawText(diagram: Diagram, options: TextOptions = {}): string {
  const style: Style = { width: Math.max(40, options.width ?? 100), signs: options.charset === "ascii" ? ascii : unicode, emphasize: options.emphasize ?? ((text) => text) };
  const spelled = options.charset === "ascii" ? inAscii(diagram) : diagram;
  const lines = [...wrapText(spelled.title, style.width, 3), "", ...bodyOf(spelled, style)];
  if (spelled.caption !== undefined) lines.push("", ...wrapText(spelled.caption, style.width, 8));
  const text = lines.map((line) => line.trimEnd()).join("\n");
  return options.charset === "ascii" ? text.replace(/…/g, "~").replace(/→/g, ">") : text;
}

/** Our own signs in labels, spelled in ASCII before the layout measures them. */
function inAscii(diagram: Diagram): Diagram {
  const spell = (_key: string, value: unknown): unknown => (typeof value === "string" ? value.replace(/→/g, "->").replace(/[✗×]/g, "X").replace(/[—–]/g, "--").replace(/…/g, "~") : value);
  const spelled: Diagram = JSON.parse(JSON.stringify(diagram), spell);
  return spelled;
}

function bodyOf(diagram: Diagram, style: Style): string[] {
  switch (diagram.kind) {
    case "process-lines":
      return processLines(diagram, style);
    case "lamport":
      return lamport(diagram, style);
    case "cycle-graph":
      return cycle(diagram, style);
    default:
      return unreachable(diagram);
  }
}

interface Signs {
  readonly open: string;
  readonly close: string;
  readonly line: string;
  readonly badOpen: string;
  readonly badClose: string;
  readonly badLine: string;
  readonly crash: string;
  readonly crashEnd: string;
  readonly lane: string;
  readonly dot: string;
  readonly right: string;
  readonly left: string;
  readonly cross: string;
  readonly clock: string;
  readonly arrowDown: string;
  readonly corner: readonly [topLeft: string, topRight: string, bottomLeft: string, bottomRight: string];
  readonly band: string;
}
const unicode: Signs = {
  open: "├", close: "┤", line: "─", badOpen: "╠", badClose: "╣", badLine: "═", crash: "╌", crashEnd: "▷", lane: "│", dot: "●",
  right: "▶", left: "◀", cross: "✗", clock: "◷", arrowDown: "▼", corner: ["┌", "┐", "└", "┘"], band: "▒",
};
const ascii: Signs = {
  open: "|", close: "|", line: "-", badOpen: "#", badClose: "#", badLine: "=", crash: "~", crashEnd: ">", lane: "|", dot: "*",
  right: ">", left: "<", cross: "X", clock: "o", arrowDown: "v", corner: ["+", "+", "+", "+"], band: ":",
};
interface Style {
  readonly width: number;
  readonly signs: Signs;
  readonly emphasize: (text: string) => string;
}

/** One lane on the grid: its cells, and the stretches to emphasize. */
interface Row {
  readonly head: string;
  readonly cells: string[];
  readonly loud: readonly (readonly [from: number, to: number])[];
  /** Where its words are: a stave does not end inside one if it can help it. */
  readonly words: readonly (readonly [from: number, to: number])[];
}

function processLines(diagram: ProcessLinesDiagram, style: Style): string[] {
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

function lamport(diagram: LamportDiagram, style: Style): string[] {
  const { signs } = style;
  const gap = Math.max(4, Math.min(12, Math.floor((style.width * 0.5) / Math.max(1, diagram.lanes.length))));
  const x = (lane: number): number => 2 + lane * gap;
  const grid = x(diagram.lanes.length - 1) + 3;
  const steps = stepsOf(diagram);
  const digits = String(steps.length).length + 1;
  const words = Math.max(8, style.width - digits - 1 - grid - 2);
  const lines = laneHeads(diagram.lanes, { gap, indent: digits + 1, x });
  for (const [i, step] of steps.entries()) {
    const cells = blank(grid);
    for (let lane = 0; lane < diagram.lanes.length; lane++) cells[x(lane)] = signs.lane;
    step.draw(cells, x, signs);
    const text = wrapText(step.text, words, 6);
    for (const [row, part] of (text.length === 0 ? [""] : text).entries()) {
      const drawn = row === 0 ? cells : blank(grid).map((cell, column) => (diagram.lanes.some((_, lane) => x(lane) === column) ? signs.lane : cell));
      const line = `${pad(row === 0 ? String(i + 1).padStart(digits) : "", digits)} ${drawn.join("")}  ${part}`;
      lines.push(step.loud ? style.emphasize(line) : line);
    }
  }
  return lines;
}

/** Lane names, staggered over two lines where they are longer than a lane is wide. */
function laneHeads(lanes: readonly string[], { gap, indent, x }: { gap: number; indent: number; x: (lane: number) => number }): string[] {
  const longest = Math.max(0, ...lanes.map(columnsOf));
  const rows = longest < gap ? 1 : 2;
  return Array.from({ length: rows }, (_, row) => {
    const cells = blank(indent + x(lanes.length) + longest);
    for (const [lane, name] of lanes.entries()) if (lane % rows === row) put(cells, indent + Math.max(0, x(lane) - Math.floor(columnsOf(name) / 2)), shorten(name, gap * rows - 1));
    return cells.join("").trimEnd();
  });
}

interface Step {
  readonly at: number;
  readonly text: string;
  readonly loud: boolean;
  readonly draw: (cells: string[], x: (lane: number) => number, signs: Signs) => void;
}

/** A row per delivery, per loss and per event of its own; an event at which a message arrives joins the delivery's row. */
function stepsOf(diagram: LamportDiagram): Step[] {
  const name = (lane: number): string => diagram.lanes[lane] ?? "?";
  const steps: Step[] = [];
  const joined = new Set<LamportDiagram["events"][number]>();
  for (const message of diagram.messages) {
    const { from, to } = message;
    if (to === null) {
      const toRight = from.lane + 1 < diagram.lanes.length;
      steps.push({ at: from.at, loud: false, text: `${name(from.lane)} sends ${message.label}: not delivered`, draw: (cells, x, signs) => {
        cells[x(from.lane)] = signs.dot;
        put(cells, toRight ? x(from.lane) + 1 : x(from.lane) - 3, toRight ? `${signs.line}${signs.line}${signs.cross}` : `${signs.cross}${signs.line}${signs.line}`);
      } });
      continue;
    }
    const event = diagram.events.find((candidate) => candidate.lane === to.lane && candidate.at === to.at && !joined.has(candidate));
    if (event !== undefined) joined.add(event);
    const then = event === undefined || event.label === "" ? "" : `; ${event.label}`;
    steps.push({ at: to.at, loud: event?.mark === "violation", text: `${name(from.lane)} → ${name(to.lane)}: ${message.label}${then}`, draw: (cells, x, signs) => {
      const [low, high] = [Math.min(x(from.lane), x(to.lane)), Math.max(x(from.lane), x(to.lane))];
      for (let column = low + 1; column < high; column++) cells[column] = signs.line;
      cells[x(from.lane)] = signs.dot;
      cells[x(to.lane)] = event?.mark === "violation" ? signs.cross : from.lane === to.lane ? signs.dot : from.lane < to.lane ? signs.right : signs.left;
    } });
  }
  for (const event of diagram.events) {
    if (joined.has(event) || event.label === "") continue;
    steps.push({ at: event.at, loud: event.mark === "violation", text: `${name(event.lane)}: ${event.label}`, draw: (cells, x, signs) => {
      cells[x(event.lane)] = event.mark === "violation" || event.mark === "crash" ? signs.cross : event.mark === "timer" ? signs.clock : signs.dot;
    } });
  }
  return steps.map((step, i) => ({ step, i })).sort((a, b) => a.step.at - b.step.at || a.i - b.i).map(({ step }) => step);
}

function cycle(diagram: CycleGraphDiagram, style: Style): string[] {
  const { signs } = style;
  const order = cycleOrder(diagram);
  const lines: string[] = [];
  for (const [i, node] of order.entries()) {
    const words = node.label === "" || node.label === node.id ? [] : wrapText(node.label, style.width - columnsOf(node.id) - 8, 4);
    lines.push(`  ${node.id}${words.length > 0 ? `  ${words[0]!}` : ""}`, ...words.slice(1).map((line) => `  ${" ".repeat(columnsOf(node.id))}  ${line}`));
    const next = order[i + 1]?.id;
    const leaving = diagram.edges.filter((edge) => edge.from === node.id);
    for (const edge of leaving.filter((candidate) => candidate.to !== next)) {
      const back = order.findIndex((other) => other.id === edge.to) <= i;
      lines.push(...edgeLines(edge, ` ${back ? "back " : ""}to ${edge.to}`, style).map(back ? style.emphasize : (line) => line));
    }
    const onward = leaving.filter((candidate) => candidate.to === next);
    for (const edge of onward) lines.push(...edgeLines(edge, "", style));
    if (onward.length > 0) lines.push(`   ${signs.arrowDown}`);
    else if (next !== undefined) lines.push("");
  }
  return lines;
}

function edgeLines(edge: CycleGraphDiagram["edges"][number], target: string, style: Style): string[] {
  const name = `${edge.label}${target}`;
  const note = edge.note === undefined ? [] : wrapText(edge.note, Math.max(20, style.width - columnsOf(name) - 8), 4);
  return [`   ${style.signs.lane} ${name}${note.length > 0 ? `: ${note[0]!}` : ""}`, ...note.slice(1).map((line) => `   ${style.signs.lane} ${" ".repeat(columnsOf(name) + 2)}${line}`)];
}

function blank(width: number): string[] {
  return Array.from({ length: Math.max(0, width) }, () => " ");
}

/** Writes `text` into cells; a wide character leaves its second cell empty. */
function put(cells: string[], from: number, text: string): void {
  let at = from;
  for (const character of text) {
    if (at < 0 || at >= cells.length) return;
    cells[at] = character;
    if (columnsOf(character) === 2 && at + 1 < cells.length) cells[++at] = "";
    at++;
  }
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}
