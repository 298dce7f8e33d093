import { element, escapeXml, label, monoWidth, picture, round, shorten } from "../draw/svg.ts";
import type { History } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import type { ComparisonRecord, FaultRecord } from "../records.ts";
import { endOf, faultSpans, type FaultSpan, quantile, startOf } from "../statistics.ts";
import { count, duration, percent } from "../words.ts";
import { linear, linePath, logarithmic, niceStep, xGrid, yGrid } from "./axes.ts";

/**
 * The plots of a report: operations over time, the faults' timeline, the accumulation of histories seen. A history of
 * any length is first gathered into at most 120 buckets, so a plot of ten million operations is as small as one of a
 * thousand. Lines are told apart by dashes and by names at their ends, not by colour alone.
 */
const width = 960;
const [left, right] = [72, width - 76];
const bucketsMax = 120;

interface Bucket {
  ok: number;
  fail: number;
  info: number;
  latencies: number[];
}

/** Throughput by outcome above, latency of `ok` operations below (median, 95 %, maximum; logarithmic), faults shaded behind both. */
export function operationsPlot(history: History, faults: readonly FaultRecord[]): string {
  const endNs = Math.max(endOf(history), 1);
  const bucketNs = niceStep((endNs - Math.min(startOf(history), endNs - 1)) / bucketsMax);
  const startNs = Math.floor(startOf(history) / bucketNs) * bucketNs;
  const buckets = gather(history, { bucketNs, startNs, endNs });
  const x = linear({ low: startNs / 1e9, high: endNs / 1e9, from: left, to: right, count: 8 });
  const bands = bandRows(faultSpans(faults, endNs), x.at);
  const top = 12 + bands.rows * 17;
  const [rateTop, rateBottom, latencyTop, latencyBottom] = [top + 22, top + 152, top + 192, top + 332];
  const perSecond = 1e9 / bucketNs;
  const rateMax = Math.max(1, ...buckets.map((bucket) => (bucket.ok + bucket.fail + bucket.info) * perSecond));
  const rate = linear({ low: 0, high: rateMax, from: rateBottom, to: rateTop, count: 4 });
  const at = (i: number): number => x.at((startNs + i * bucketNs) / 1e9);
  const columns = buckets.map((bucket, i) => {
    const [x0, x1] = [at(i), Math.min(at(i + 1), right)];
    let base = 0;
    return (["ok", "fail", "info"] as const).map((type) => {
      const [from, to] = [rate.at(base * perSecond), rate.at((base += bucket[type]) * perSecond)];
      return from - to < 0.05 ? "" : element("rect", { x: x0, y: to, width: Math.max(0.5, x1 - x0 - 0.6), height: from - to, fill: outcomes[type] });
    }).join("");
  });
  const body =
    drawBands(bands, { top: 6, bottom: latencyBottom }) +
    label("completed operations per second", { x: left, y: rateTop - 8, class: "rd-lane" }) + outcomeLegend(right, rateTop - 8) +
    yGrid(rate, { x0: left, x1: right, name: count }) + columns.join("") +
    latencyPanel(buckets, { at: (i) => (at(i) + Math.min(at(i + 1), right)) / 2, top: latencyTop, bottom: latencyBottom }) +
    xGrid(x, { y: latencyBottom, x0: left, x1: right, name: (tick) => `${tick} s`, title: "time since the run began" });
  return picture({ width, height: latencyBottom + 42, title: "Operations over time", description: `Completed operations per second and their latency over ${duration(endNs - startNs)}, with ${faults.length} faults shaded.`, body, draw: {} });
}

const outcomes = { ok: "var(--rd-blue)", fail: "var(--rd-soft)", info: "var(--rd-red)" } as const;

function outcomeLegend(x1: number, y: number): string {
  const items = [["info", "info: may have happened"], ["fail", "fail: did not happen"], ["ok", "ok"]] as const;
  let x = x1;
  return items.map(([type, text]) => {
    x -= text.length * 6 + 32;
    return element("rect", { x, y: y - 9, width: 11, height: 11, fill: outcomes[type] }) + label(text, { x: x + 16, y, class: "rd-small" });
  }).join("");
}

function gather(history: History, { bucketNs, startNs, endNs }: { bucketNs: number; startNs: number; endNs: number }): Bucket[] {
  const buckets = Array.from({ length: Math.floor((endNs - startNs) / bucketNs) + 1 }, (): Bucket => ({ ok: 0, fail: 0, info: 0, latencies: [] }));
  for (let i = 0; i < history.length; i++) {
    const [type, timeNs, pair] = [history.types[i]!, history.times[i]!, history.pairs[i]!];
    if (type === 0 || timeNs < 0 || history.processes[i] === NEMESIS) continue;
    const bucket = buckets[Math.min(buckets.length - 1, Math.floor((timeNs - startNs) / bucketNs))]!;
    if (type === 1) bucket.ok++;
    else if (type === 2) bucket.fail++;
    else bucket.info++;
    const begun = pair < 0 ? -1 : history.times[pair]!;
    if (type === 1 && begun >= 0) bucket.latencies.push(timeNs - begun);
  }
  return buckets;
}

function latencyPanel(buckets: readonly Bucket[], frame: { at: (i: number) => number; top: number; bottom: number }): string {
  const sorted = buckets.map((bucket) => bucket.latencies.sort((a, b) => a - b));
  const least = Math.min(Infinity, ...sorted.map((list) => list[0] ?? Infinity));
  const heading = label("latency of ok operations", { x: left, y: frame.top - 8, class: "rd-lane" });
  if (least === Infinity) return heading + label("no operation with known times ended in ok", { x: left + 12, y: frame.top + 24, class: "rd-small" });
  const most = Math.max(...sorted.map((list) => list.at(-1) ?? 0));
  const y = logarithmic({ low: Math.max(least, 1000), high: Math.max(most, 2000), from: frame.bottom, to: frame.top });
  const lines = [
    { name: "max", share: 1, dash: undefined, dots: true },
    { name: "95 %", share: 0.95, dash: "5 3", dots: false },
    { name: "median", share: 0.5, dash: undefined, dots: false },
  ] as const;
  let previous = -Infinity;
  const drawn = lines.map((line) => {
    const points = sorted.map((list, i) => ({ x: frame.at(i), y: list.length === 0 ? undefined : y.at(quantile(list, line.share)) }));
    const last = points.findLast((point) => point.y !== undefined);
    previous = Math.max((last?.y ?? 0) + 4, previous + 13);
    const name = label(line.name, { x: right + 8, y: previous, class: "rd-small", style: "font-weight:600" });
    const shape = line.dots
      ? points.map((point) => (point.y === undefined ? "" : element("circle", { cx: point.x, cy: point.y, r: 1.7, fill: "var(--rd-soft)" }))).join("")
      : element("path", { d: linePath(points), fill: "none", stroke: "var(--rd-blue)", "stroke-width": line.share === 0.5 ? 2.2 : 1.4, "stroke-dasharray": line.dash, "stroke-linejoin": "round" });
    return shape + name;
  });
  return heading + yGrid(y, { x0: left, x1: right, name: duration }) + drawn.join("");
}

interface Bands {
  readonly rows: number;
  readonly placed: readonly { readonly span: FaultSpan; readonly x0: number; readonly x1: number; readonly row: number; readonly named: boolean }[];
}

/** Names in as few rows as fit; beyond four rows a band is shaded without its name (the timeline below has them all). */
function bandRows(spans: readonly FaultSpan[], at: (seconds: number) => number): Bands {
  const ends: number[] = [];
  const placed = [...spans].sort((a, b) => a.fromNs - b.fromNs).map((span) => {
    const x0 = Math.max(left, at(span.fromNs / 1e9));
    const x1 = Math.max(Math.min(right, at(span.toNs / 1e9)), x0 + 1.5);
    const wide = Math.max(x1, x0 + monoWidth(shorten(span.fault.what, 24), 10) + 8);
    let row = ends.findIndex((end) => end <= x0);
    if (row < 0) row = ends.length;
    const named = row < 4;
    if (named) ends[row] = wide;
    return { span, x0, x1, row, named };
  });
  return { rows: Math.min(4, ends.length), placed };
}

function drawBands(bands: Bands, frame: { top: number; bottom: number }): string {
  return bands.placed.map(({ span, x0, x1, row, named }) => {
    const y = frame.top + (named ? row * 17 : 0);
    const text = shorten(span.fault.what, 24);
    const anchor = x0 + monoWidth(text, 10) + 4 > width ? { x: width - 2, "text-anchor": "end" } : { x: x0 + 3 };
    return element("g", {}, `<title>${escapeXml(`${span.fault.what}: ${duration(span.fromNs)} to ${duration(span.toNs)}`)}</title>` +
      element("rect", { x: x0, y, width: x1 - x0, height: frame.bottom - y, fill: "var(--rd-band)", opacity: 0.2 }) +
      element("line", { x1: x0, x2: x0, y1: y, y2: frame.bottom, stroke: "var(--rd-amber)", "stroke-width": 0.8, "stroke-dasharray": "2 3" }) +
      (named ? label(text, { ...anchor, y: y + 12, class: "rd-mono", style: "font-size:10px;fill:var(--rd-amber)" }) : ""));
  }).join("");
}

/** One row per different fault, a bar per time it was on; a bar without evidence of effect is hollow and says so. */
export function faultTimelinePlot(faults: readonly FaultRecord[], { startNs, endNs }: { readonly startNs: number; readonly endNs: number }): string {
  const rows = new Map<string, FaultSpan[]>();
  for (const span of faultSpans(faults, endNs)) rows.set(span.fault.what, [...(rows.get(span.fault.what) ?? []), span]);
  const shown = [...rows].slice(0, 24);
  const gutter = Math.min(300, Math.max(90, ...shown.map(([what]) => monoWidth(shorten(what, 38), 11) + 24)));
  const x = linear({ low: Math.min(startNs, ...faults.map((fault) => fault.doneNs ?? fault.intendedNs)) / 1e9, high: Math.max(endNs, 1) / 1e9, from: gutter, to: width - 24, count: 8 });
  const bottom = 14 + shown.length * 24;
  const body = shown.map(([what, spans], i) => {
    const y = 10 + i * 24;
    const bars = spans.map((span) => {
      const seen = span.fault.evidence?.effective ?? span.fault.healEvidence?.effective;
      const [x0, x1] = [x.at(span.fromNs / 1e9), Math.max(x.at(span.toNs / 1e9), x.at(span.fromNs / 1e9) + 2)];
      const unhealed = span.fault.healedNs === undefined;
      const hint = `${what}: ${duration(span.fromNs)} to ${unhealed ? "the end, not healed by the run" : duration(span.toNs)}; ${seen === true ? `effect seen: ${span.fault.evidence?.seen ?? span.fault.healEvidence?.seen ?? ""}` : "no effect seen"}`;
      return element("g", {}, `<title>${escapeXml(hint)}</title>` + element("rect", { x: x0, y: y + 3, width: x1 - x0, height: 14, rx: 2, fill: seen === true ? "var(--rd-amber)" : "var(--rd-page)", stroke: "var(--rd-amber)", "stroke-width": 1.4, "stroke-dasharray": seen === true ? undefined : "3 2" }) +
        (unhealed ? element("path", { d: `M${round(x1)} ${round(y + 1)}l8 9l-8 9z`, fill: "var(--rd-amber)" }) : ""));
    });
    return element("line", { x1: gutter, x2: width - 24, y1: y + 10, y2: y + 10, stroke: "var(--rd-line)", "stroke-width": 0.8 }) + label(shorten(what, 38), { x: gutter - 10, y: y + 14, "text-anchor": "end", class: "rd-mono", style: "font-size:11px" }) + bars.join("");
  });
  const rest = rows.size > shown.length ? label(`and ${rows.size - shown.length} more, in the table`, { x: 16, y: bottom + 34, class: "rd-small" }) : "";
  return picture({
    width,
    height: bottom + 44,
    title: "Faults over time",
    description: shown.map(([what, spans]) => `${what}: ${spans.length} times`).join("; "),
    body: body.join("") + rest + xGrid(x, { y: bottom, x0: gutter, x1: width - 24, name: (tick) => `${tick} s`, title: "time since the run began" }),
    draw: {},
  });
}

/** `deploy` and `simulate` as a reader calls them; other names as they are. */
export function sourceName(name: string): string {
  return name === "deploy" ? "deployed" : name === "simulate" ? "simulated" : name;
}

/** How many different histories (or `what` else) had been seen after so many rounds, below the number that the model has. */
export function accumulationPlot(comparison: Pick<ComparisonRecord, "system" | "total" | "sources">, what = "histories"): string {
  const [top, bottom] = [34, 250];
  const roundsMax = Math.max(1, ...comparison.sources.map((source) => source.rounds));
  const seenMax = Math.max(1, ...comparison.sources.map((source) => source.seen));
  const offScale = comparison.total > seenMax * 12;
  const high = offScale ? seenMax * 1.3 : Math.max(comparison.total * 1.06, 1);
  const edge = width - 16 - Math.max(40, ...comparison.sources.map((source) => `${sourceName(source.name)} ${count(source.seen)}`.length * 6.8));
  const x = linear({ low: 0, high: roundsMax, from: left, to: edge, count: 8 });
  const y = linear({ low: 0, high, from: bottom, to: top, count: 5 });
  const total = comparison.total;
  const ceiling = offScale
    ? label(`the model has ${count(total)}: ${count(Math.round(total / high))} times the height of this plot`, { x: edge, y: top - 14, "text-anchor": "end", class: "rd-small", style: "fill:var(--rd-red);font-weight:600" }) +
      element("path", { d: `M${left - 4} ${top + 6}l4 -10l4 10`, stroke: "var(--rd-red)", "stroke-width": 1.6, fill: "none" })
    : element("rect", { x: left, y: y.at(total), width: edge - left, height: Math.max(0, y.at(seenMax) - y.at(total)), fill: "var(--rd-red)", opacity: 0.07 }) +
      element("line", { x1: left, x2: edge, y1: y.at(total), y2: y.at(total), stroke: "var(--rd-red)", "stroke-width": 1.6, "stroke-dasharray": "7 4" }) +
      (y.at(seenMax) - y.at(total) < 34 ? "" : label(`${count(total - seenMax)} never seen${comparison.sources.length > 1 ? ` by ${sourceName(comparison.sources.reduce((best, source) => (source.seen > best.seen ? source : best)).name)} rounds` : ""}`, { x: edge - 8, y: (y.at(total) + y.at(seenMax)) / 2 + 4, "text-anchor": "end", class: "rd-small", style: "fill:var(--rd-red)" })) +
      label(`all ${count(total)} ${what} of the model`, { x: left + 6, y: y.at(total) - 6, class: "rd-small", style: "fill:var(--rd-red);font-weight:600" });
  let lowestName = Infinity;
  const curves = [...comparison.sources].sort((a, b) => a.seen - b.seen).map((source, i) => {
    const points = [{ rounds: 0, seen: 0 }, ...source.curve].map((point) => ({ x: x.at(point.rounds), y: y.at(point.seen) }));
    const end = points.at(-1)!;
    const nameY = Math.min(end.y + 4, lowestName - 14);
    lowestName = nameY;
        return element("path", { d: linePath(points), fill: "none", stroke: i === 0 ? "var(--rd-blue)" : "var(--rd-purple)", "stroke-width": 2.4, "stroke-dasharray": i === 0 ? undefined : "6 3", "stroke-linejoin": "round" }) +
      element("circle", { cx: end.x, cy: end.y, r: 3.6, fill: i === 0 ? "var(--rd-blue)" : "var(--rd-purple)" }) +
      label(`${sourceName(source.name)} ${count(source.seen)}`, { x: end.x + 8, y: nameY, class: "rd-small rd-halo", style: "font-weight:650" });
  });
  return picture({
    width,
    height: bottom + 44,
    title: `${what[0]!.toUpperCase()}${what.slice(1)} seen: ${comparison.system}`,
    description: comparison.sources.map((source) => `${source.name}: ${source.seen} of ${total} different ${what} after ${source.rounds} rounds (${percent(source.seen / Math.max(1, total))})`).join("; "),
    body: label(`different ${what} seen`, { x: left, y: 14, class: "rd-lane" }) + yGrid(y, { x0: left, x1: edge, name: count }) + ceiling + curves.join("") +
      xGrid(x, { y: bottom, x0: left, x1: edge, name: count, title: "rounds" }),
    draw: {},
  });
}
