import type { CycleGraphDiagram } from "../../harness/diagram.ts";
import { head } from "./lamport.ts";
import { type DrawOptions, element, escapeXml, label, monoWidth, picture, round, wrapText } from "./svg.ts";

/**
 * Transactions and their dependencies (Adya's serialization graph). A cycle is drawn as a ring, in its own order, so
 * that the contradiction is what one sees: following the arrows one comes back to where one began. Two transactions
 * stand side by side. Anti-dependencies (rw) are dashed, as the literature draws them; real-time and process edges are
 * dotted. Every kind of edge is named on the edge and explained below.
 */
export function drawCycleGraph(diagram: CycleGraphDiagram, draw: DrawOptions = {}): string {
  const order = cycleOrder(diagram);
  const boxes = place(order.map((node) => ({ ...node, ...sizeOf(node.label, node.id) })));
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const lines = routes(diagram, byId);
  const none = boxes.length === 0 ? [0] : [];
  const left = Math.min(...none, ...boxes.map((box) => box.x - box.width / 2), ...lines.map((line) => line.nameX - line.nameWidth / 2));
  const top = Math.min(...none, ...boxes.map((box) => box.y - box.height / 2), ...lines.map((line) => line.nameY - 10));
  const right = Math.max(...none, ...boxes.map((box) => box.x + box.width / 2), ...lines.map((line) => line.nameX + line.nameWidth / 2));
  const bottom = Math.max(...none, ...boxes.map((box) => box.y + box.height / 2), ...lines.map((line) => line.nameY + 10));
  const width = Math.max(right - left + 40, 360);
  const shift = { x: 20 - left + (width - (right - left + 40)) / 2, y: 18 - top };
  const body = element("g", { transform: `translate(${round(shift.x)} ${round(shift.y)})` }, lines.map(drawEdge).join("") + boxes.map(drawNode).join("") + lines.map(drawEdgeName).join(""));
  const legend = drawLegend(diagram, { y: bottom + shift.y + 34, width });
  return picture({ width, height: legend.bottom, title: diagram.title, description: describeCycle(diagram), body: body + legend.markup, caption: diagram.caption, draw });
}

/** The picture in words: `T1 —rw→ T2 —wr→ T1`. */
export function describeCycle(diagram: CycleGraphDiagram): string {
  return diagram.edges.map((edge) => `${edge.from} —${edge.label}→ ${edge.to}${edge.note === undefined ? "" : ` (${edge.note})`}`).join("; ");
}

/** The nodes, beginning with the first edge's, in the order in which the edges lead on; what no edge reaches comes last. O(nodes + edges). */
export function cycleOrder(diagram: CycleGraphDiagram): CycleGraphDiagram["nodes"][number][] {
  const nodes = new Map(diagram.nodes.map((node) => [node.id, node]));
  const next = new Map<string, string[]>();
  for (const edge of diagram.edges) next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to]);
  const ordered: CycleGraphDiagram["nodes"][number][] = [];
  const starts = [diagram.edges[0]?.from, ...diagram.nodes.map((node) => node.id)];
  for (const start of starts) {
    let at = start;
    while (at !== undefined && nodes.has(at)) {
      ordered.push(nodes.get(at)!);
      nodes.delete(at);
      at = next.get(at)?.find((id) => nodes.has(id));
    }
  }
  return ordered;
}

const labelSize = 12;
const nameSize = 12;
const labelColumns = 30;

interface Box {
  readonly id: string;
  readonly lines: readonly string[];
  readonly full: string;
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
}

function sizeOf(text: string, id: string): { lines: readonly string[]; full: string; width: number; height: number } {
  const lines = text === "" || text === id ? [] : wrapText(text, labelColumns, 5);
  const width = Math.max(64, monoWidth(id, 13) + 28, ...lines.map((line) => monoWidth(line, labelSize) + 24));
  return { lines, full: text, width, height: 32 + lines.length * 17 + (lines.length > 0 ? 6 : 0) };
}

/** Two side by side, more on an ellipse whose radii keep neighbours apart. */
function place(sized: readonly (Omit<Box, "x" | "y"> & { readonly label: string })[]): Box[] {
  const count = sized.length;
  const wide = Math.max(...sized.map((box) => box.width), 64);
  const high = Math.max(...sized.map((box) => box.height), 32);
  if (count <= 1) return sized.map((box) => ({ ...box, x: 0, y: 0 }));
  if (count === 2) return sized.map((box, i) => ({ ...box, x: (i - 0.5) * (wide + 170), y: 0 }));
  const chord = 2 * Math.sin(Math.PI / count);
  const radiusX = Math.max(140, (wide + 70) / (count <= 4 ? 1.7 : chord), wide * 0.75);
  const radiusY = Math.max(100, (high + 80) / (count === 3 ? 1.5 : count === 4 ? 1 : chord));
  return sized.map((box, i) => {
    const angle = -Math.PI / 2 + (2 * Math.PI * i) / count;
    return { ...box, x: Math.cos(angle) * radiusX, y: Math.sin(angle) * radiusY };
  });
}

interface Route {
  readonly label: string;
  readonly note: string | undefined;
  readonly path: string;
  readonly tip: { readonly x: number; readonly y: number; readonly dx: number; readonly dy: number };
  readonly nameX: number;
  readonly nameY: number;
  readonly nameWidth: number;
}

/** Each edge is a quadratic curve bent outwards; parallel edges and the way back get bends of their own. */
function routes(diagram: CycleGraphDiagram, byId: ReadonlyMap<string, Box>): Route[] {
  const used = new Map<string, number>();
  return diagram.edges.flatMap((edge) => {
    const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
    if (from === undefined || to === undefined) return [];
    const pair = `${edge.from}\u0000${edge.to}`;
    const parallel = used.get(pair) ?? 0;
    used.set(pair, parallel + 1);
    if (from === to) return [selfRoute(edge, from, parallel)];
    const distance = Math.hypot(to.x - from.x, to.y - from.y);
    const [dx, dy] = [(to.x - from.x) / distance, (to.y - from.y) / distance];
    const back = diagram.edges.some((other) => other.from === edge.to && other.to === edge.from);
    const bend = (byId.size === 2 ? 66 : back ? 44 : 26) + parallel * 40;
    const control = { x: (from.x + to.x) / 2 + dy * bend, y: (from.y + to.y) / 2 - dx * bend };
    const start = borderPoint(from, control, 3);
    const end = borderPoint(to, control, 5);
    const middle = { x: (start.x + 2 * control.x + end.x) / 4, y: (start.y + 2 * control.y + end.y) / 4 };
    const slope = Math.hypot(end.x - control.x, end.y - control.y) || 1;
    const tip = { x: end.x, y: end.y, dx: (end.x - control.x) / slope, dy: (end.y - control.y) / slope };
    const stop = { x: end.x - tip.dx * 8, y: end.y - tip.dy * 8 };
    return [{
      label: edge.label,
      note: edge.note,
      path: `M${round(start.x)} ${round(start.y)}Q${round(control.x)} ${round(control.y)} ${round(stop.x)} ${round(stop.y)}`,
      tip,
      nameX: middle.x,
      nameY: middle.y,
      nameWidth: monoWidth(edge.label, nameSize) + 14,
    }];
  });
}

function selfRoute(edge: CycleGraphDiagram["edges"][number], box: Box, parallel: number): Route {
  const [x, y] = [box.x + box.width / 2, box.y];
  const reach = 60 + parallel * 30;
  return {
    label: edge.label,
    note: edge.note,
    path: `M${round(x + 3)} ${round(y - 8)}C${round(x + reach)} ${round(y - 44)} ${round(x + reach)} ${round(y + 44)} ${round(x + 10)} ${round(y + 12)}`,
    tip: { x: x + 4, y: y + 9, dx: -0.9, dy: -0.43 },
    nameX: x + reach * 0.76 + monoWidth(edge.label, nameSize) / 2,
    nameY: y,
    nameWidth: monoWidth(edge.label, nameSize) + 14,
  };
}

/** Where the line from a box's middle to `towards` leaves the box, and `gap` beyond. */
function borderPoint(box: Box, towards: { readonly x: number; readonly y: number }, gap: number): { x: number; y: number } {
  const [dx, dy] = [towards.x - box.x, towards.y - box.y];
  const scale = Math.min(dx === 0 ? Infinity : (box.width / 2 + gap) / Math.abs(dx), dy === 0 ? Infinity : (box.height / 2 + gap) / Math.abs(dy));
  return { x: box.x + dx * scale, y: box.y + dy * scale };
}

interface EdgeKind {
  readonly test: RegExp;
  readonly dash: string | undefined;
  readonly colour: string;
  readonly meaning: string;
}
/** By the first word of the label; an unknown kind is a plain line. */
const kinds: readonly EdgeKind[] = [
  { test: /^ww/, dash: undefined, colour: "var(--rd-ink)", meaning: "ww: its write was overwritten by the next" },
  { test: /^wr/, dash: undefined, colour: "var(--rd-blue)", meaning: "wr: its write was read by the next" },
  { test: /^rw/, dash: "7 4", colour: "var(--rd-red)", meaning: "rw: it read a state that the next overwrote" },
  { test: /^(rt|realtime|real-time)/, dash: "2 4", colour: "var(--rd-green)", meaning: "realtime: it ended before the next began" },
  { test: /^(p$|process)/, dash: "2 4", colour: "var(--rd-purple)", meaning: "process: it came first in the same process" },
];
const otherKind: EdgeKind = { test: /^/, dash: undefined, colour: "var(--rd-soft)", meaning: "" };

function kindOf(edgeLabel: string): EdgeKind {
  return kinds.find((kind) => kind.test.test(edgeLabel)) ?? otherKind;
}

function drawEdge(line: Route): string {
  const kind = kindOf(line.label);
  return element("g", {}, `<title>${escapeXml([line.label, line.note ?? ""].filter((part) => part !== "").join(": "))}</title>` +
    element("path", { d: line.path, stroke: kind.colour, "stroke-width": 1.8, "stroke-dasharray": kind.dash, fill: "none" }) +
    head(line.tip.x, line.tip.y, line.tip.dx, line.tip.dy, kind.colour));
}

function drawEdgeName(line: Route): string {
  if (line.label === "") return "";
  const kind = kindOf(line.label);
  return element("rect", { x: line.nameX - line.nameWidth / 2, y: line.nameY - 10, width: line.nameWidth, height: 20, rx: 4, fill: "var(--rd-page)", stroke: kind.colour, "stroke-width": 1.2 }) +
    label(line.label, { x: line.nameX, y: line.nameY + 4, "text-anchor": "middle", class: "rd-mono", style: `font-size:${nameSize}px;font-weight:700;fill:${kind.colour}` });
}

function drawNode(box: Box): string {
  const [x, y] = [box.x - box.width / 2, box.y - box.height / 2];
  const rule = box.lines.length === 0 ? "" : element("line", { x1: x, x2: x + box.width, y1: y + 28, y2: y + 28, stroke: "var(--rd-line)" });
  return element("g", {}, `<title>${escapeXml(`${box.id}: ${box.full}`)}</title>` +
    element("rect", { x, y, width: box.width, height: box.height, rx: 6, fill: "var(--rd-faint)", stroke: "var(--rd-soft)", "stroke-width": 1.4 }) + rule +
    label(box.id, { x: box.x, y: y + 20, "text-anchor": "middle", style: "font-size:13px;font-weight:700" }) +
    box.lines.map((line, i) => label(line, { x: x + 12, y: y + 45 + i * 17, class: "rd-mono", style: `font-size:${labelSize}px` })).join(""));
}

function drawLegend(diagram: CycleGraphDiagram, spot: { readonly y: number; readonly width: number }): { markup: string; bottom: number } {
  const present = kinds.filter((kind) => diagram.edges.some((edge) => kind.test.test(edge.label)));
  let y = spot.y;
  let x = 16;
  let markup = "";
  for (const kind of present) {
    const width = 36 + kind.meaning.length * 6 + 18;
    if (x > 16 && x + width > spot.width) {
      x = 16;
      y += 22;
    }
    markup += element("line", { x1: x, x2: x + 26, y1: y, y2: y, stroke: kind.colour, "stroke-width": 2, "stroke-dasharray": kind.dash }) + label(kind.meaning, { x: x + 33, y: y + 4, class: "rd-small" });
    x += width;
  }
  return { markup, bottom: present.length === 0 ? spot.y - 12 : y + 16 };
}
