import type { LamportDiagram } from "../../../harness/diagram.ts";
import { monoWidth, shorten } from "../svg.ts";

/**
 * Where everything of a space-time diagram goes. Greedy, by cost: chips first, then names, those of short arrows before
 * those of long ones, each at the cheapest of a few places; covering another name costs most, crossing a line little.
 * The kernel of the drawing, and one file because its parts only make sense together. O(names × places × neighbours).
 */
export const nameSize = 11;
export const chipSize = 11.5;
const nameColumnsMax = 26;
const chipColumnsMax = 34;
const rowsMax = 400;
const headerHeight = 46;
const rowHeightLeast = 34;

/** One event of a diagram. */
export type LamportEvent = LamportDiagram["events"][number];
/** `hidden`: its name stands on a sibling. */
type Message = LamportDiagram["messages"][number] & { readonly hidden?: boolean };
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
/** An event's name beside its line. */
export interface Chip {
  readonly event: LamportEvent;
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly box: Box;
}
/** A message: from (x0, y0) to (x1, y1), with its name's place and what that costs. */
export interface Arrow {
  readonly message: Message;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly shape: "straight" | "loop" | "lost";
  readonly text: string;
  readonly name: Name;
  readonly cost: number;
}
/** A name's middle on its baseline, its slant in radians, and the paper it takes. */
interface Name {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly boxes: readonly Box[];
}
/** Everything placed; pixels, origin at the top left. */
export interface Layout {
  readonly width: number;
  readonly bottom: number;
  readonly xs: readonly number[];
  readonly rowOf: ReadonlyMap<number, number>;
  readonly chips: readonly Chip[];
  readonly arrows: readonly Arrow[];
  /** Names that could be placed nowhere without covering another. */
  readonly collisions: number;
  /** Lanes and foreign arrows that names cross, weighted. */
  readonly disturbance: number;
}

/** How many names of the picture cover another one, when all was tried; 0 but for the densest diagrams. */
export function lamportCollisions(diagram: LamportDiagram): number {
  return roomiest(cut(uncluttered(diagram)).diagram).collisions;
}

/** Of several row heights the one that weighs least: a covered name most, then crossed lines, then length of the picture. */
export function roomiest(diagram: LamportDiagram): Layout {
  const weigh = (layout: Layout, rowHeight: number): number => layout.collisions * 200 + layout.disturbance + (rowHeight - rowHeightLeast) * layout.rowOf.size * 0.12;
  let best = layOut(diagram, rowHeightLeast);
  let least = weigh(best, rowHeightLeast);
  for (let rowHeight = rowHeightLeast + 8; rowHeight <= 74 && best.disturbance + best.collisions > 0; rowHeight += 8) {
    const layout = layOut(diagram, rowHeight);
    const weight = weigh(layout, rowHeight);
    if (weight < least) [best, least] = [layout, weight];
  }
  return best;
}

/**
 * Lanes on which nothing happens are left out. A lost message that also went to others from the same event (a
 * broadcast) keeps its cross but not its name, which its sibling bears; the name is in its tooltip.
 */
export function uncluttered(diagram: LamportDiagram): LamportDiagram {
  const busy = new Set([...diagram.events.map((event) => event.lane), ...diagram.messages.flatMap((message) => [message.from.lane, ...(message.to === null ? [] : [message.to.lane])])]);
  const kept = diagram.lanes.map((_, lane) => lane).filter((lane) => busy.has(lane));
  const newLane = new Map(kept.map((lane, i) => [lane, i]));
  const moved = <P extends { readonly lane: number }>(place: P): P => ({ ...place, lane: newLane.get(place.lane)! });
  const named = new Set<string>();
  for (const { from, to, label: name } of diagram.messages) if (to !== null) named.add(`${from.lane}/${from.at}/${name}`);
  return {
    ...diagram,
    lanes: kept.length === 0 ? diagram.lanes : kept.map((lane) => diagram.lanes[lane] ?? "?"),
    events: diagram.events.map(moved),
    messages: diagram.messages.map((message) => {
      if (message.to !== null) return { ...message, from: moved(message.from), to: moved(message.to) };
      const key = `${message.from.lane}/${message.from.at}/${message.label}`;
      const repeated = named.has(key);
      named.add(key);
      return { ...message, from: moved(message.from), ...(repeated && { hidden: true }) };
    }),
  };
}

/** Beyond `rowsMax` ranks the last ones, which hold the violation of a shortest path, are kept. */
export function cut(diagram: LamportDiagram): { diagram: LamportDiagram; note: string | undefined } {
  const ranks = ranksOf(diagram);
  if (ranks.length <= rowsMax) return { diagram, note: undefined };
  const from = ranks[ranks.length - rowsMax]!;
  return {
    diagram: {
      ...diagram,
      events: diagram.events.filter((event) => event.at >= from),
      messages: diagram.messages.filter((message) => message.from.at >= from),
    },
    note: `the first ${ranks.length - rowsMax} steps are not drawn`,
  };
}

function ranksOf(diagram: LamportDiagram): number[] {
  const ranks = new Set<number>();
  for (const event of diagram.events) ranks.add(event.at);
  for (const message of diagram.messages) {
    ranks.add(message.from.at);
    if (message.to !== null) ranks.add(message.to.at);
  }
  return [...ranks].sort((a, b) => a - b);
}

function layOut(diagram: LamportDiagram, rowHeight: number): Layout {
  const rowOf = new Map(ranksOf(diagram).map((rank, i) => [rank, headerHeight + 26 + i * rowHeight]));
  const xs = lanePositions(diagram);
  const lines = diagram.messages.filter((message) => message.to !== null).map((message): Line => ({
    message,
    x0: xs[message.from.lane] ?? 0,
    y0: rowOf.get(message.from.at)!,
    x1: xs[message.to!.lane] ?? 0,
    y1: rowOf.get(message.to!.at)!,
  }));
  const taken: Box[] = [];
  const chips = diagram.events.map((event) => {
    const chip = placeChip(event, { xs, rowOf, lines, taken });
    taken.push(chip.box);
    return chip;
  });
  const arrows: Arrow[] = [];
  let collisions = 0;
  let disturbance = 0;
  const shortFirst = diagram.messages.map((message, i) => ({ message, i })).sort((a, b) => spanOf(a.message) - spanOf(b.message) || a.i - b.i);
  for (const { message } of shortFirst) {
    const arrow = placeArrow(message, { xs, rowOf, lines, taken });
    if (arrow.cost >= covering) collisions++;
    disturbance += arrow.cost % covering;
    taken.push(...arrow.name.boxes);
    arrows.push(arrow);
  }
  const rightmost = Math.max(xs.at(-1) ?? 0, ...taken.map((box) => box.x + box.width));
  return { width: Math.max(rightmost + 20, 320), bottom: Math.max(headerHeight + 30, ...rowOf.values()) + 26, xs, rowOf, chips, arrows, collisions, disturbance };
}

/** Lanes stand as far apart as the names between neighbours need. */
function lanePositions(diagram: LamportDiagram): number[] {
  const gaps = diagram.lanes.map((lane, i) => {
    const next = diagram.lanes[i + 1];
    return next === undefined ? 0 : Math.max(112, (monoWidth(lane, 12) + monoWidth(next, 12)) / 2 + 32);
  });
  for (const { from, to, label: name } of diagram.messages) {
    const low = to === null ? from.lane : Math.min(from.lane, to.lane);
    const high = to === null ? from.lane + 1 : Math.max(from.lane, to.lane);
    if (high - low === 1 && low < gaps.length - 1) gaps[low] = Math.max(gaps[low]!, monoWidth(shorten(name, nameColumnsMax), nameSize) + 40);
  }
  let margin = 0;
  for (const event of diagram.events) {
    const width = event.label === "" ? 0 : monoWidth(shorten(event.label, chipColumnsMax), chipSize) + 34;
    if (event.lane === 0) margin = Math.max(margin, width - 12);
    const gap = event.lane === 0 ? undefined : emptierSide(event, diagram) === "left" ? event.lane - 1 : event.lane < gaps.length - 1 ? event.lane : undefined;
    if (gap !== undefined) gaps[gap] = Math.max(gaps[gap]!, Math.min(width, 200));
  }
  const xs = [24 + Math.max(30, monoWidth(diagram.lanes[0] ?? "", 12) / 2, margin)];
  for (let i = 0; i + 1 < diagram.lanes.length; i++) xs.push(xs[i]! + gaps[i]!);
  return xs;
}

/** Where fewer arrows leave or arrive at an event. */
function emptierSide(event: LamportEvent, diagram: LamportDiagram): "left" | "right" {
  let toTheRight = 0;
  for (const { from, to } of diagram.messages) {
    if (to === null) continue;
    if (from.lane === event.lane && from.at === event.at) toTheRight += Math.sign(to.lane - from.lane);
    if (to.lane === event.lane && to.at === event.at) toTheRight += Math.sign(from.lane - to.lane);
  }
  return toTheRight > 0 ? "left" : "right";
}

/** What is on the paper already, for whoever is placed next. */
interface Paper {
  readonly xs: readonly number[];
  readonly rowOf: ReadonlyMap<number, number>;
  readonly lines: readonly Line[];
  readonly taken: readonly Box[];
}
interface Line {
  readonly message: Message;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The cost of covering a name; more than all that merely disturbs. */
const covering = 1000;

/** Beside its line, level with its event or a little above or below, where it covers least; outwards at the first and last lane. */
function placeChip(event: LamportEvent, paper: Paper): Chip {
  const x = paper.xs[event.lane] ?? 0;
  const y = paper.rowOf.get(event.at)!;
  const text = shorten((event.mark === "violation" ? "✗ " : "") + event.label, chipColumnsMax + 2);
  const width = event.label === "" ? 0 : monoWidth(text, chipSize) + 12;
  const beside: { box: Box; cost: number }[] = [];
  for (const side of ["right", "left"] as const) {
    const outside = event.lane === 0 ? side === "left" : event.lane === paper.xs.length - 1 ? side === "right" : undefined;
    for (const lift of [0, -14, 14]) {
      const box: Box = { x: side === "right" ? x + 12 : x - 12 - width, y: y - 10 + lift, width, height: 20 };
      beside.push({ box, cost: costOf([box], paper, undefined) + (lift === 0 ? 0 : 1.5) + (outside === false ? 3 : 0) });
    }
  }
  const best = beside.reduce((least, candidate) => (candidate.cost < least.cost ? candidate : least));
  return { event, x, y, text, box: best.box };
}

/** The part of the paper between two heights: a name there cannot meet what is elsewhere. */
function nearby(paper: Paper, { top, bottom }: { top: number; bottom: number }): Paper {
  return {
    ...paper,
    lines: paper.lines.filter((line) => Math.max(line.y0, line.y1) >= top && Math.min(line.y0, line.y1) <= bottom),
    taken: paper.taken.filter((box) => box.width > 0 && box.y + box.height >= top && box.y <= bottom),
  };
}

function placeArrow(message: Message, paper: Paper): Arrow {
  const text = message.hidden === true ? "" : shorten(message.label, nameColumnsMax);
  const x0 = paper.xs[message.from.lane] ?? 0;
  const y0 = paper.rowOf.get(message.from.at)!;
  const candidates: Omit<Arrow, "cost">[] = [];
  if (message.to === null) {
    for (const [dx, dy] of [[34, 20], [-34, 20], [24, 30], [-24, 30], [14, 36], [-14, 36]] as const) {
      const [x1, y1] = [x0 + dx, y0 + dy];
      const cross: Box = { x: x1 - 7, y: y1 - 7, width: 14, height: 14 };
      for (const down of text === "" ? [0] : [0, 10, -8]) {
        const name = beside(text, x1, y1 + down, Math.sign(dx));
        candidates.push({ message, x0, y0, x1, y1, shape: "lost", text, name: { ...name, boxes: [...name.boxes, cross] } });
      }
    }
  } else {
    const [x1, y1] = [paper.xs[message.to.lane] ?? 0, paper.rowOf.get(message.to.at)!];
    if (message.from.lane === message.to.lane) for (const shift of [0, -8, 8, -16, 16]) candidates.push({ message, x0, y0, x1, y1, shape: "loop", text, name: beside(text, x0 + 24, (y0 + y1) / 2 + shift, 1) });
    else for (const name of alongLine(text, { message, x0, y0, x1, y1 })) candidates.push({ message, x0, y0, x1, y1, shape: "straight", text, name });
  }
  const near = nearby(paper, { top: y0 - 30, bottom: Math.max(y0, ...candidates.map((candidate) => candidate.y1)) + 30 });
  let best: Arrow | undefined;
  for (const [i, candidate] of candidates.entries()) {
    const cost = costOf(candidate.name.boxes, near, message) + i * 0.4;
    if (best === undefined || cost < best.cost) best = { ...candidate, cost };
  }
  return best!;
}

/** Names on (names) or chips covered weigh most, then lanes crossed, then foreign arrows crossed. */
function costOf(boxes: readonly Box[], paper: Paper, own: Message | undefined): number {
  let cost = 0;
  for (const box of boxes) {
    if (box.width === 0) continue;
    for (const other of paper.taken) if (overlaps(box, other)) cost += covering;
    for (const x of paper.xs) if (box.x < x + 5 && box.x + box.width > x - 5) cost += 8;
    if (box.x < 2) cost += covering;
  }
  for (const line of paper.lines) {
    if (line.message !== own && boxes.some((box) => box.width > 0 && crosses(line, box))) cost += 4;
  }
  return cost;
}

function beside(text: string, x: number, y: number, side: number): Name {
  const width = monoWidth(text, nameSize);
  const left = side > 0 ? x + 10 : x - 10 - width;
  return { x: left + width / 2, y: y + 4, angle: 0, boxes: width === 0 ? [] : [{ x: left, y: y - 8, width, height: 16 }] };
}

/** Parallel to its arrow and just above it; on steep arrows upright, across the line. Best places first: the middle, then outwards. */
function alongLine(text: string, line: Line): Name[] {
  const [dx, dy] = [line.x1 - line.x0, line.y1 - line.y0];
  let angle = Math.atan2(dy, dx);
  if (angle > Math.PI / 2) angle -= Math.PI;
  if (angle < -Math.PI / 2) angle += Math.PI;
  const steep = Math.abs(angle) > 0.6;
  const width = monoWidth(text, nameSize);
  const length = Math.hypot(dx, dy);
  const names: Name[] = [];
  for (const share of [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82]) {
    if (!steep && share !== 0.5 && Math.min(share, 1 - share) * length < width / 2 + 8) continue;
    const [x, y] = [line.x0 + dx * share, line.y0 + dy * share];
    if (steep) {
      names.push({ x, y: y + 4, angle: 0, boxes: [{ x: x - width / 2, y: y - 8, width, height: 16 }] });
      continue;
    }
    for (const lift of [-9, 10]) {
      const [cx, cy] = [x - Math.sin(angle) * lift, y + Math.cos(angle) * lift];
      names.push({ x: cx - Math.sin(angle) * 3.6, y: cy + Math.cos(angle) * 3.6, angle, boxes: slices({ x: cx, y: cy, width, angle }) });
    }
  }
  return names;
}

/** A slanting name as a row of small upright boxes, so that it can be tested against others. */
function slices(name: { readonly x: number; readonly y: number; readonly width: number; readonly angle: number }): Box[] {
  const count = Math.max(1, Math.ceil(name.width / 12));
  const step = name.width / count;
  return Array.from({ length: count }, (_, i) => {
    const along = (i + 0.5) * step - name.width / 2;
    return { x: name.x + Math.cos(name.angle) * along - step / 2, y: name.y + Math.sin(name.angle) * along - 6, width: step, height: 12 };
  });
}

/** Whether a line meets a box (Liang and Barsky's clipping). */
function crosses(line: Line, box: Box): boolean {
  const [dx, dy] = [line.x1 - line.x0, line.y1 - line.y0];
  let [low, high] = [0, 1];
  for (const [step, from] of [[-dx, line.x0 - box.x], [dx, box.x + box.width - line.x0], [-dy, line.y0 - box.y], [dy, box.y + box.height - line.y0]] as const) {
    if (step === 0 && from < 0) return false;
    if (step < 0) low = Math.max(low, from / step);
    if (step > 0) high = Math.min(high, from / step);
  }
  return low <= high;
}

function spanOf(message: Message): number {
  return message.to === null ? 0 : Math.abs(message.to.lane - message.from.lane) * 1000 + Math.abs(message.to.at - message.from.at);
}

function overlaps(a: Box, b: Box): boolean {
  return a.width > 0 && b.width > 0 && a.x < b.x + b.width + 3 && b.x < a.x + a.width + 3 && a.y < b.y + b.height && b.y < a.y + a.height;
}
