import type { LamportDiagram } from "../../../harness/diagram.ts";
import { columnsOf, shorten, wrapText } from "../svg.ts";
import { blank, pad, put, type Signs, type Style } from "./signs.ts";

/** A row per step: the lanes as columns, the words on the right. */
export function lamportText(diagram: LamportDiagram, style: Style): string[] {
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
