import type { LamportDiagram } from "../../harness/diagram.ts";
import { type Arrow, type Chip, chipSize, cut, type LamportEvent, type Layout, nameSize, roomiest, uncluttered } from "./lamport/layout.ts";
import { type DrawOptions, element, escapeXml, label, monoWidth, picture, round, wrapText } from "./svg.ts";

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

/** The picture in words. */
export function describeLamport(diagram: LamportDiagram): string {
  const lost = diagram.messages.filter((message) => message.to === null).length;
  const violation = diagram.events.find((event) => event.mark === "violation");
  const parts = [`${diagram.events.length} events of ${diagram.lanes.join(", ")}; ${diagram.messages.length} messages${lost > 0 ? `, ${lost} of them not delivered` : ""}.`];
  if (violation !== undefined) parts.push(`Violation at ${diagram.lanes[violation.lane] ?? "?"}: ${violation.label}.`);
  return parts.join(" ");
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
