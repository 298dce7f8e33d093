import { columnsOf } from "../svg.ts";

/** The signs of text drawings, and cells on a line. */
export interface Signs {
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
/** For terminals with box drawing. */
export const unicode: Signs = {
  open: "├", close: "┤", line: "─", badOpen: "╠", badClose: "╣", badLine: "═", crash: "╌", crashEnd: "▷", lane: "│", dot: "●",
  right: "▶", left: "◀", cross: "✗", clock: "◷", arrowDown: "▼", corner: ["┌", "┐", "└", "┘"], band: "▒",
};
/** For all others. */
export const ascii: Signs = {
  open: "|", close: "|", line: "-", badOpen: "#", badClose: "#", badLine: "=", crash: "~", crashEnd: ">", lane: "|", dot: "*",
  right: ">", left: "<", cross: "X", clock: "o", arrowDown: "v", corner: ["+", "+", "+", "+"], band: ":",
};
/** `TextOptions` with every member filled in. */
export interface Style {
  readonly width: number;
  readonly signs: Signs;
  readonly emphasize: (text: string) => string;
}
/** A line of `width` spaces. */
export function blank(width: number): string[] {
  return Array.from({ length: Math.max(0, width) }, () => " ");
}

/** Writes `text` into cells; a wide character leaves its second cell empty. */
export function put(cells: string[], from: number, text: string): void {
  let at = from;
  for (const character of text) {
    if (at < 0 || at >= cells.length) return;
    cells[at] = character;
    if (columnsOf(character) === 2 && at + 1 < cells.length) cells[++at] = "";
    at++;
  }
}

/** `text` followed by spaces up to `columns`. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}
