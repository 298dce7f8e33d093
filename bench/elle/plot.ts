import { element, label } from "../../results/draw/svg.ts";
import type { Measured } from "./subjects.ts";

const [width, height] = [720, 420];
const frame = { left: 64, right: 216, top: 40, bottom: 48 };
const colours = ["#0072b2", "#56b4e9", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#999999", "#000000"];
const decades = (values: readonly number[]): number[] => {
  const [from, to] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
};

/** CPU seconds over transactions, both axes logarithmic: linear cost is a line of the dashed one's slope. */
export function scalePlot(rows: readonly Measured[]): string {
  const names = [...new Set(rows.map(({ subject }) => subject))];
  const [xs, ys] = [decades(rows.map(({ transactions }) => transactions)), decades(rows.map(({ cpuMs }) => cpuMs / 1000))];
  const scale = (ticks: readonly number[], from: number, to: number) => (value: number): number =>
    from + ((Math.log10(value) - Math.log10(ticks[0]!)) / (Math.log10(ticks[ticks.length - 1]!) - Math.log10(ticks[0]!))) * (to - from);
  const x = scale(xs, frame.left, width - frame.right);
  const y = scale(ys, height - frame.bottom, frame.top);
  const text = { "font-family": "monospace", "font-size": 11, fill: "#333" };
  const parts = [element("rect", { width, height, fill: "#fff" }), label("CPU seconds of one check over transactions", { x: frame.left, y: 22, ...text, "font-size": 13 })];
  for (const tick of xs) {
    parts.push(element("line", { x1: x(tick), x2: x(tick), y1: frame.top, y2: height - frame.bottom, stroke: "#ddd" }));
    parts.push(label(tick.toLocaleString("en"), { x: x(tick), y: height - frame.bottom + 18, "text-anchor": "middle", ...text }));
  }
  for (const tick of ys) {
    parts.push(element("line", { x1: frame.left, x2: width - frame.right, y1: y(tick), y2: y(tick), stroke: "#ddd" }));
    parts.push(label(String(tick), { x: frame.left - 8, y: y(tick) + 4, "text-anchor": "end", ...text }));
  }
  // Ten times the transactions for ten times the time, from the lower left.
  const span = Math.min(xs[xs.length - 1]! / xs[0]!, ys[ys.length - 1]! / ys[0]!);
  parts.push(element("line", { x1: x(xs[0]!), y1: y(ys[0]!), x2: x(xs[0]! * span), y2: y(ys[0]! * span), stroke: "#999", "stroke-dasharray": "4 4" }));
  for (const [i, name] of names.entries()) {
    const colour = colours[i % colours.length]!;
    const points = rows.filter(({ subject }) => subject === name).map(({ transactions, cpuMs }) => [x(transactions), y(cpuMs / 1000)] as const);
    parts.push(element("polyline", { points: points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" "), fill: "none", stroke: colour, "stroke-width": 2 }));
    for (const [px, py] of points) parts.push(element("circle", { cx: px, cy: py, r: 3, fill: colour }));
    parts.push(element("rect", { x: width - frame.right + 12, y: frame.top + i * 20, width: 10, height: 10, fill: colour }));
    parts.push(label(name.replace("strict-serializable", "strict ser."), { x: width - frame.right + 28, y: frame.top + i * 20 + 9, ...text }));
  }
  parts.push(label("dashed: linear", { x: width - frame.right + 12, y: frame.top + names.length * 20 + 9, ...text }));
  return `${element("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" }, parts.join("\n"))}\n`;
}
