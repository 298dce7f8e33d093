import type { LamportDiagram } from "../../harness/diagram.ts";
import { type DrawOptions, element, escapeXml, label, monoWidth, picture, round, shorten, wrapText } from "./svg.ts";

/**
 * Lamport's space-time diagram (CACM 1978), time downwards: one vertical line per actor, an arrow per message.
 *
 *     client 0        n1           n2
 *        ● write 1 ─╲
 *        │           ╲▶● ─╲
 *        │            │    ╲▶● 
 *
 * Names of events sit in chips beside their line. A message's name sits on its arrow, at the first of several places
 * along it where it covers no other name; if none is free the rows move apart and the placing begins again, so names
 * do not collide. Calls and returns of a client bound a thick stretch of its line: the operation.
 */
export function drawLamport(diagram: LamportDiagram, draw: DrawOptions = {}): string {
  const shown = cut(uncluttered(diagram));
  const layout = roomiest(shown.diagram);
  const body = [
    ...drawLanes(shown.diagram, layout),
    ...drawOperations(shown.diagram, layout),
    ...layout.arrows.map(drawArrow),
    ...layout.arrows.map(drawArrowName),
    ...layout.chips.map(drawEvent),
  ];
  const legend = drawLegend(shown.diagram, shown.note, { y: layout.bottom + 18, width: layout.width });
  return picture({
    width: layout.width,
    height: legend.bottom,
    title: diagram.title,
    description: describeLamport(diagram),
    body: body.join("") + legend.markup,
    caption: diagram.caption,
    draw,
  });
}

/** How many names of the picture cover another one, when all was tried; 0 but for the densest diagrams. */
export function lamportCollisions(diagram: LamportDiagram): number {
  return roomiest(cut(uncluttered(diagram)).diagram).collisions;
}

/** Of several row heights the one that weighs least: a covered name most, then crossed lines, then length of the picture. */
function roomiest(diagram: LamportDiagram): Layout {
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

/** The picture in words. */
export function describeLamport(diagram: LamportDiagram): string {
  const lost = diagram.messages.filter((message) => message.to === null).length;
  const violation = diagram.events.find((event) => event.mark === "violation");
  const parts = [`${diagram.events.length} events of ${diagram.lanes.join(", ")}; ${diagram.messages.length} messages${lost > 0 ? `, ${lost} of them not delivered` : ""}.`];
  if (violation !== undefined) parts.push(`Violation at ${diagram.lanes[violation.lane] ?? "?"}: ${violation.label}.`);
  return parts.join(" ");
}

const nameSize = 11;
const chipSize = 11.5;
const nameColumnsMax = 26;
const chipColumnsMax = 34;
const rowsMax = 400;
const headerHeight = 46;
const rowHeightLeast = 34;

type LamportEvent = LamportDiagram["events"][number];
/** `hidden`: its name stands on a sibling. */
type Message = LamportDiagram["messages"][number] & { readonly hidden?: boolean };
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
interface Chip {
  readonly event: LamportEvent;
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly box: Box;
}
interface Arrow {
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
interface Layout {
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

/**
 * Lanes on which nothing happens are left out. A lost message that also went to others from the same event (a
 * broadcast) keeps its cross but not its name, which its sibling bears; the name is in its tooltip.
 */
function uncluttered(diagram: LamportDiagram): LamportDiagram {
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
function cut(diagram: LamportDiagram): { diagram: LamportDiagram; note: string | undefined } {
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

function drawLanes(diagram: LamportDiagram, layout: Layout): string[] {
  return diagram.lanes.flatMap((name, lane) => {
    const x = layout.xs[lane]!;
    const width = Math.max(44, monoWidth(name, 12) + 18);
    return [
      drawLaneLine(diagram, layout, lane),
      element("rect", { x: x - width / 2, y: 10, width, height: 26, rx: 5, fill: "var(--rd-faint)", stroke: "var(--rd-line)" }),
      label(name, { x, y: 27, "text-anchor": "middle", style: "font-weight:650" }),
      element("path", { d: `M${round(x - 4)} ${round(layout.bottom - 6)}l4 7l4 -7z`, fill: "var(--rd-line)" }),
    ];
  });
}

/** Solid while the actor is up, dotted between its crash and its recovery. */
function drawLaneLine(diagram: LamportDiagram, layout: Layout, lane: number): string {
  const x = layout.xs[lane]!;
  const turns = diagram.events.filter((event) => event.lane === lane && (event.mark === "crash" || event.mark === "recover")).sort((a, b) => a.at - b.at);
  let up = true;
  let from = 36;
  let markup = "";
  const stretch = (to: number): void => {
    markup += element("line", { x1: x, x2: x, y1: from, y2: to, stroke: up ? "var(--rd-soft)" : "var(--rd-amber)", "stroke-width": 1.4, "stroke-dasharray": up ? undefined : "2 5" });
    from = to;
  };
  for (const turn of turns) {
    stretch(layout.rowOf.get(turn.at)!);
    up = turn.mark === "recover";
  }
  stretch(layout.bottom - 4);
  return markup;
}

/** The thick stretch from a client's call to its return; open calls fade into dashes. */
function drawOperations(diagram: LamportDiagram, layout: Layout): string[] {
  const parts: string[] = [];
  for (let lane = 0; lane < diagram.lanes.length; lane++) {
    const x = layout.xs[lane]!;
    let since: number | undefined;
    const events = diagram.events.filter((event) => event.lane === lane).sort((a, b) => a.at - b.at);
    for (const event of events) {
      const y = layout.rowOf.get(event.at)!;
      if (event.mark === "invoke") since = y;
      if ((event.mark === "return" || event.mark === "violation") && since !== undefined) {
        parts.push(element("rect", { x: x - 4.5, y: since, width: 9, height: Math.max(2, y - since), rx: 3, fill: "var(--rd-blue-soft)", stroke: "var(--rd-blue)", "stroke-width": 1.2 }));
        since = undefined;
      }
    }
    if (since !== undefined) {
      parts.push(element("path", { d: `M${round(x - 4.5)} ${round(layout.bottom - 8)}V${round(since)}H${round(x + 4.5)}V${round(layout.bottom - 8)}`, fill: "var(--rd-blue-soft)", stroke: "var(--rd-blue)", "stroke-width": 1.2, "stroke-dasharray": "4 3" }));
    }
  }
  return parts;
}

function drawArrow(arrow: Arrow): string {
  const { x0, y0, x1, y1 } = arrow;
  const hint = `<title>${escapeXml(arrow.message.to === null ? `${arrow.message.label} (not delivered)` : arrow.message.label)}</title>`;
  if (arrow.shape === "lost") {
    const cross = `M${round(x1 - 5)} ${round(y1 - 5)}l10 10m0 -10l-10 10`;
    return element("g", {}, hint +
      element("path", { d: `M${round(x0)} ${round(y0)}L${round(x1)} ${round(y1)}`, stroke: "var(--rd-amber)", "stroke-width": 1.5, "stroke-dasharray": "4 3", fill: "none" }) +
      element("path", { d: cross, stroke: "var(--rd-amber)", "stroke-width": 2.2, fill: "none" }));
  }
  if (arrow.shape === "loop") {
    const d = `M${round(x0)} ${round(y0)}C${round(x0 + 34)} ${round(y0 + 4)} ${round(x0 + 34)} ${round(y1 - 4)} ${round(x1 + 7)} ${round(y1)}`;
    return element("g", {}, hint + element("path", { d, stroke: "var(--rd-ink)", "stroke-width": 1.3, fill: "none" }) + head(x1 + 5, y1, -1, 0.15));
  }
  const length = Math.hypot(x1 - x0, y1 - y0);
  const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
  return element("g", {}, hint +
    element("line", { x1: x0, y1: y0, x2: x1 - dx * 12, y2: y1 - dy * 12, stroke: "var(--rd-ink)", "stroke-width": 1.3 }) +
    head(x1 - dx * 5, y1 - dy * 5, dx, dy));
}

/** An arrow head whose tip is at (x, y), pointing along (dx, dy). */
export function head(x: number, y: number, dx: number, dy: number, fill: string = "var(--rd-ink)"): string {
  const [bx, by] = [x - dx * 10, y - dy * 10];
  return element("path", { d: `M${round(x)} ${round(y)}L${round(bx - dy * 4.2)} ${round(by + dx * 4.2)}L${round(bx + dy * 4.2)} ${round(by - dx * 4.2)}z`, fill });
}

function drawArrowName({ text, name, shape }: Arrow): string {
  if (text === "") return "";
  const degrees = (name.angle * 180) / Math.PI;
  const transform = degrees === 0 ? undefined : `rotate(${round(degrees)} ${round(name.x)} ${round(name.y)})`;
  const style = `font-size:${nameSize}px${shape === "lost" ? ";fill:var(--rd-amber)" : ""}`;
  return label(text, { x: name.x, y: name.y, "text-anchor": "middle", class: "rd-mono rd-halo", style, transform });
}

function drawEvent({ event, x, y, text, box }: Chip): string {
  const title = `<title>${escapeXml([event.label, event.note ?? ""].filter((part) => part !== "").join(" · "))}</title>`;
  const look = chipLooks[event.mark];
  const chip = box.width === 0 ? "" :
    element("rect", { ...box, rx: 4, fill: look.fill, stroke: look.stroke, "stroke-width": event.mark === "violation" ? 2 : 1 }) +
    label(text, { x: box.x + 6, y: box.y + 14, class: "rd-mono", style: `font-size:${chipSize}px;fill:${look.ink}${look.bold ? ";font-weight:700" : ""}` });
  return element("g", {}, title + chip + drawMark(event, x, y));
}

interface ChipLook {
  readonly fill: string;
  readonly stroke: string;
  readonly ink: string;
  readonly bold: boolean;
}
const quiet: ChipLook = { fill: "var(--rd-page)", stroke: "var(--rd-line)", ink: "var(--rd-ink)", bold: false };
const client: ChipLook = { fill: "var(--rd-blue-soft)", stroke: "var(--rd-blue)", ink: "var(--rd-ink)", bold: true };
const broken: ChipLook = { fill: "var(--rd-amber-soft)", stroke: "var(--rd-amber)", ink: "var(--rd-ink)", bold: false };
const chipLooks: { readonly [mark in LamportEvent["mark"]]: ChipLook } = {
  plain: quiet,
  timer: quiet,
  invoke: client,
  return: client,
  crash: broken,
  recover: broken,
  violation: { fill: "var(--rd-red)", stroke: "var(--rd-red)", ink: "var(--rd-on)", bold: true },
};

/** Each kind of event has a shape of its own, so none depends on its colour. */
function drawMark(event: LamportEvent, x: number, y: number): string {
  switch (event.mark) {
    case "invoke":
    case "return":
      return element("line", { x1: x - 8, x2: x + 8, y1: y, y2: y, stroke: "var(--rd-blue)", "stroke-width": 3, "stroke-linecap": "round" });
    case "crash":
      return element("path", { d: `M${round(x - 6)} ${round(y - 6)}l12 12m0 -12l-12 12`, stroke: "var(--rd-amber)", "stroke-width": 3, "stroke-linecap": "round" });
    case "recover":
      return element("path", { d: `M${round(x - 6)} ${round(y + 5)}L${round(x)} ${round(y - 7)}L${round(x + 6)} ${round(y + 5)}z`, fill: "var(--rd-amber)" });
    case "timer":
      return element("circle", { cx: x, cy: y, r: 5.5, fill: "var(--rd-page)", stroke: "var(--rd-purple)", "stroke-width": 2 }) + element("path", { d: `M${round(x)} ${round(y - 3)}V${round(y)}h2.5`, stroke: "var(--rd-purple)", "stroke-width": 1.3, fill: "none" });
    case "violation":
      return element("circle", { cx: x, cy: y, r: 9, fill: "var(--rd-red)", stroke: "var(--rd-page)", "stroke-width": 2 }) + element("path", { d: `M${round(x - 3.5)} ${round(y - 3.5)}l7 7m0 -7l-7 7`, stroke: "var(--rd-on)", "stroke-width": 2.2, "stroke-linecap": "round" });
    case "plain":
      return element("circle", { cx: x, cy: y, r: 3.6, fill: "var(--rd-ink)" });
  }
}

function drawLegend(diagram: LamportDiagram, note: string | undefined, place: { readonly y: number; readonly width: number }): { markup: string; bottom: number } {
  const marks = new Set(diagram.events.map((event) => event.mark));
  const items: [mark: LamportEvent["mark"], text: string][] = [["timer", "a timer fires"], ["crash", "crashes"], ["recover", "recovers with what it had saved"], ["violation", "the promise is broken here"]];
  let x = 16;
  let y = place.y;
  let markup = "";
  const add = (icon: (x: number, y: number) => string, text: string): void => {
    const width = 26 + text.length * 6 + 16;
    if (x > 16 && x + width > place.width) {
      x = 16;
      y += 22;
    }
    markup += icon(x + 9, y) + label(text, { x: x + 25, y: y + 4, class: "rd-small" });
    x += width;
  };
  if (marks.has("invoke")) add((cx, cy) => element("rect", { x: cx - 4.5, y: cy - 8, width: 9, height: 16, rx: 3, fill: "var(--rd-blue-soft)", stroke: "var(--rd-blue)" }), "a client's operation, from call to return");
  for (const [mark, text] of items) if (marks.has(mark)) add((cx, cy) => drawMark({ lane: 0, at: 0, label: "", mark }, cx, cy), text);
  if (diagram.messages.some((message) => message.to === null)) {
    add((cx, cy) => element("path", { d: `M${round(cx - 8)} ${round(cy)}h9m-4 -5l8 10m0 -10l-8 10`, stroke: "var(--rd-amber)", "stroke-width": 2, fill: "none" }), "not delivered");
  }
  let bottom = markup === "" ? place.y - 6 : y + 18;
  for (const line of note === undefined ? [] : wrapText(note, Math.max(30, Math.floor(place.width / 6.5)), 3)) {
    bottom += 16;
    markup += label(line, { x: 16, y: bottom - 6, class: "rd-small" });
  }
  return { markup, bottom };
}
