/** Figures and sentences as people read them. Pure. */

/** `12,345`. */
export function count(value: number): string {
  return Number.isInteger(value) ? value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",") : value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

/** `12 %`, `0.3 %`, `< 0.01 %`: two digits that count. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return "0 %";
  if (value < 0.01) return "< 0.01 %";
  if (value > 99 && value < 100) return `${Math.floor(value * 100) / 100} %`;
  return `${Number(value.toPrecision(value >= 10 ? 3 : 2))} %`;
}

/** `850 µs`, `12 ms`, `3.2 s`, `2 min 5 s`. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${Number((ns / 1e3).toPrecision(3))} µs`;
  if (ns < 1e9) return `${Number((ns / 1e6).toPrecision(3))} ms`;
  if (ns < 120e9) return `${Number((ns / 1e9).toPrecision(3))} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `1.2 MB`; powers of ten. */
export function bytes(value: number): string {
  for (const [unit, scale] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]] as const) if (value >= scale) return `${Number((value / scale).toPrecision(3))} ${unit}`;
  return `${value} B`;
}

/** The first line of a text, cut at `most` characters: what fits into a table. */
export function firstLine(text: string, most = 240): string {
  const line = text.trimStart().split("\n", 1)[0]!.trimEnd();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
