import type { ProcessBar, ProcessLinesDiagram } from "../../harness/diagram.ts";
import { focus, labelSize, laneHeight, type Layout, layOut, type PlacedBand, type PlacedBar, pointRadius, shownLabel } from "./process-lines/layout.ts";
import { type DrawOptions, element, escapeXml, label, monoWidth, picture, round, wrapText } from "./svg.ts";

/**
 * A history as process lines, as Herlihy and Wing (1990) drew them: one lane per process, one segment per operation
 * from its call to its return, and on the segment the point at which it takes effect.
 *
 *     process 0  ├──①── write 1 ───┤
 *     process 1          ├─ ✗ read → 0 ─┤
 *
 * Positions are ranks, so the drawing owns the scale: every gap between two neighbouring events begins small, and
 * operations whose label needs more room push theirs apart evenly, short operations first. Labels therefore never
 * collide, whatever they say, and a picture is as wide as its text, no wider.
 */
export function drawProcessLines(diagram: ProcessLinesDiagram, draw: DrawOptions = {}): string {
  const shown = focus(diagram);
  const layout = layOut(shown.diagram);
  const lanesBottom = layout.top + shown.diagram.lanes.length * laneHeight;
  const body: string[] = [];
  for (const band of layout.bands) body.push(drawBand(band, layout, lanesBottom));
  for (const [i, lane] of shown.diagram.lanes.entries()) body.push(drawLane(lane.label, layout.top + i * laneHeight, layout));
  for (const bar of layout.bars) if (bar.bar.mark !== "impossible") body.push(drawBar(bar, layout));
  for (const bar of layout.bars) if (bar.bar.mark === "impossible") body.push(drawBar(bar, layout));
  body.push(drawTimeArrow(layout, lanesBottom + 12));
  const legend = drawLegend(shown.diagram, shown.note, { y: lanesBottom + 34, width: layout.right });
  return picture({
    width: layout.right + 16,
    height: legend.bottom,
    title: diagram.title,
    description: describeProcessLines(diagram),
    body: body.join("") + legend.markup,
    caption: diagram.caption,
    draw,
  });
}

/** The picture in words: the order found and the operation that no order explains. For `desc` and the legend. */
export function describeProcessLines(diagram: ProcessLinesDiagram): string {
  const bars = diagram.lanes.flatMap((lane) => lane.bars.map((bar) => ({ lane: lane.label, bar })));
  const order = orderOf(diagram);
  const impossible = bars.filter(({ bar }) => bar.mark === "impossible").map(({ lane, bar }) => `${bar.label} (${lane})`);
  const parts = [`${bars.length} operations of ${diagram.lanes.length} processes.`];
  if (order.length > 0) parts.push(`Order found: ${order.map((bar, i) => `${i + 1}. ${bar.label}`).join(", ")}.`);
  if (impossible.length > 0) parts.push(`No order explains ${impossible.join(" and ")}.`);
  return parts.join(" ");
}

/** The bars that have a point, by place. */
export function orderOf(diagram: ProcessLinesDiagram): ProcessBar[] {
  const placed = diagram.lanes.flatMap((lane) => lane.bars).filter((bar) => bar.point !== undefined);
  return placed.sort((a, b) => a.point!.place - b.point!.place);
}

function drawBand(band: PlacedBand, layout: Layout, bottom: number): string {
  const y = 6 + band.row * 20;
  const width = band.x1 - band.x0;
  return element("g", {}, `<title>${escapeXml(band.label)}</title>` +
    element("rect", { x: band.x0, y: y + 2, width, height: bottom - y - 2, fill: "var(--rd-band)", opacity: 0.2 }) +
    element("path", { d: `M${round(band.x0)} ${round(y + 2)}V${round(bottom)}M${round(band.x1)} ${round(y + 2)}V${round(bottom)}`, stroke: "var(--rd-amber)", "stroke-dasharray": "2 3", "stroke-width": 1, fill: "none" }) +
    label(band.label, { x: band.x0 + 5, y: y + 15, class: "rd-mono", style: "font-size:11px;fill:var(--rd-amber)" }));
}

function drawLane(name: string, y: number, layout: Layout): string {
  return label(name, { x: 16, y: y + 42, class: "rd-lane" }) +
    element("line", { x1: layout.left, x2: layout.right, y1: y + 38, y2: y + 38, stroke: "var(--rd-line)", "stroke-width": 1 });
}

function drawBar(placed: PlacedBar, layout: Layout): string {
  const { bar, x0, x1, y } = placed;
  const look = looks[bar.mark];
  const top = y + 32;
  const hint = [bar.label, bar.operation === undefined ? "" : `op ${bar.operation}`, bar.note ?? ""].filter((part) => part !== "").join(" · ");
  const tick = (x: number): string => `M${round(x)} ${round(top - 4)}V${round(top + 16)}`;
  const parts: string[] = [`<title>${escapeXml(hint)}</title>`];
  if (bar.end === null) {
    parts.push(
      element("rect", { x: x0, y: top, width: layout.right - x0, height: 12, fill: look.fill }),
      element("path", { d: `M${round(layout.right)} ${round(top)}H${round(x0)}M${round(x0)} ${round(top + 12)}H${round(layout.right)}`, stroke: look.stroke, "stroke-width": look.width, "stroke-dasharray": "5 4", fill: "none" }),
      element("path", { d: tick(x0), stroke: look.stroke, "stroke-width": 2.5, "stroke-linecap": "round" }),
      element("path", { d: `M${round(layout.right)} ${round(top - 4)}l9 10l-9 10z`, fill: look.stroke }),
    );
  } else {
    parts.push(
      element("rect", { x: x0, y: top, width: x1 - x0, height: 12, fill: look.fill, stroke: look.stroke, "stroke-width": look.width }),
      bar.mark === "impossible" ? hatch(x0, x1, top) : "",
      element("path", { d: tick(x0) + tick(x1), stroke: look.stroke, "stroke-width": 2.5, "stroke-linecap": "round" }),
    );
  }
  parts.push(drawLabel(placed, look.ink));
  if (placed.point !== undefined) parts.push(drawPoint(placed.point, top + 6));
  return element("g", {}, parts.join(""));
}

const looks: { readonly [mark in ProcessBar["mark"]]: { readonly fill: string; readonly stroke: string; readonly width: number; readonly ink: string } } = {
  plain: { fill: "var(--rd-faint)", stroke: "var(--rd-soft)", width: 1.5, ink: "var(--rd-ink)" },
  linearized: { fill: "var(--rd-blue-soft)", stroke: "var(--rd-blue)", width: 1.5, ink: "var(--rd-ink)" },
  impossible: { fill: "var(--rd-red-soft)", stroke: "var(--rd-red)", width: 2.5, ink: "var(--rd-on)" },
  crashed: { fill: "var(--rd-faint)", stroke: "var(--rd-amber)", width: 1.5, ink: "var(--rd-ink)" },
  context: { fill: "var(--rd-page)", stroke: "var(--rd-line)", width: 1.2, ink: "var(--rd-soft)" },
};

function drawLabel({ bar, x0, x1, y }: PlacedBar, ink: string): string {
  const text = shownLabel(bar);
  const width = monoWidth(text, labelSize);
  const style = `font-size:${labelSize}px;fill:${ink}${bar.mark === "impossible" ? ";font-weight:700" : ""}`;
  if (bar.end === null) {
    return label(text, { x: x0 + (bar.mark === "impossible" ? 8 : 4), y: y + 20, class: "rd-mono rd-halo", style }) +
      label("no answer", { x: x0 + width + 16, y: y + 20, class: "rd-small rd-halo", style: "font-style:italic" });
  }
  const middle = (x0 + x1) / 2;
  const pill = bar.mark === "impossible" ? element("rect", { x: middle - width / 2 - 8, y: y + 3, width: width + 16, height: 23, rx: 4, fill: "var(--rd-red)" }) : "";
  return pill + label(text, { x: middle, y: y + 20, "text-anchor": "middle", class: bar.mark === "impossible" ? "rd-mono" : "rd-mono rd-halo", style });
}

/** Diagonals inside the bar: the mark survives black-and-white print. */
function hatch(x0: number, x1: number, top: number): string {
  let path = "";
  for (let x = x0 + 3; x + 10 < x1; x += 7) path += `M${round(x)} ${round(top + 11)}l10 -10`;
  return element("path", { d: path, stroke: "var(--rd-red)", "stroke-width": 1.4, fill: "none" });
}

function drawPoint(point: { readonly x: number; readonly place: number }, y: number): string {
  return element("circle", { cx: point.x, cy: y, r: pointRadius, fill: "var(--rd-blue)", stroke: "var(--rd-page)", "stroke-width": 1.5 }) +
    label(String(point.place), { x: point.x, y: y + 4, "text-anchor": "middle", style: `font-size:${point.place > 99 ? 9 : 11}px;font-weight:700;fill:var(--rd-on)` });
}

function drawTimeArrow(layout: Layout, y: number): string {
  return element("path", { d: `M${round(layout.left)} ${round(y)}H${round(layout.right)}m-6 -4l7 4l-7 4`, stroke: "var(--rd-soft)", "stroke-width": 1.2, fill: "none" }) +
    label("time", { x: layout.left - 8, y: y + 4, "text-anchor": "end", class: "rd-small" });
}

/** Only what occurs is explained. Items wrap at the picture's width. */
function drawLegend(diagram: ProcessLinesDiagram, note: string | undefined, place: { readonly y: number; readonly width: number }): { markup: string; bottom: number } {
  const marks = new Set(diagram.lanes.flatMap((lane) => lane.bars.map((bar) => bar.mark)));
  const open = diagram.lanes.some((lane) => lane.bars.some((bar) => bar.end === null));
  const items: { text: string; icon: (x: number, y: number) => string }[] = [];
  if (orderOf(diagram).length > 0) {
    items.push({ text: "takes effect here, in this order", icon: (x, y) => drawPoint({ x: x + 10, place: 1 }, y) });
  }
  if (marks.has("impossible")) {
    items.push({ text: "no order explains it", icon: (x, y) => element("rect", { x, y: y - 6, width: 22, height: 12, fill: "var(--rd-red-soft)", stroke: "var(--rd-red)", "stroke-width": 2.5 }) + hatch(x, x + 22, y - 6) });
  }
  if (open) {
    items.push({ text: "no answer: it may have happened at any later time, or never", icon: (x, y) => element("path", { d: `M${round(x + 22)} ${round(y - 5)}H${round(x)}M${round(x)} ${round(y + 5)}H${round(x + 22)}M${round(x)} ${round(y - 8)}V${round(y + 8)}`, stroke: "var(--rd-amber)", "stroke-width": 1.6, "stroke-dasharray": "5 3", fill: "none" }) });
  }
  if (marks.has("context")) {
    items.push({ text: "shown for context", icon: (x, y) => element("rect", { x, y: y - 6, width: 22, height: 12, fill: "var(--rd-page)", stroke: "var(--rd-line)", "stroke-width": 1.2 }) });
  }
  let x = 16;
  let y = place.y;
  let markup = "";
  for (const item of items) {
    const width = 30 + item.text.length * 6 + 18;
    if (x > 16 && x + width > place.width + 16) {
      x = 16;
      y += 22;
    }
    markup += item.icon(x, y) + label(item.text, { x: x + 29, y: y + 4, class: "rd-small" });
    x += width;
  }
  let bottom = items.length === 0 ? place.y - 6 : y + 16;
  for (const line of note === undefined ? [] : wrapText(note, Math.floor(place.width / 6.5), 3)) {
    bottom += 16;
    markup += label(line, { x: 16, y: bottom - 6, class: "rd-small" });
  }
  return { markup, bottom };
}
