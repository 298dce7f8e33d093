import { visible } from "../visible.ts";

/**
 * Small tools for drawing SVG as text. No DOM: pictures are made on servers, in tests and in old runs' reports.
 *
 * Colours come from CSS variables, so one picture serves light and dark pages and print. The palette is Okabe and
 * Ito's (colour-universal design, 2008), and no meaning hangs on colour alone: what is impossible is also thick,
 * hatched and crossed; what crashed is also dashed and open.
 */

/** Width of one character of the drawings' monospaced face, as a share of the font size; the widest common face. */
const monoAdvance = 0.605;

/** Escapes text for XML content and attributes; signs that nobody sees are spelled out, and what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return visible(text)
    .replace(/[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => entities[character]!);
}
const entities: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export type Attributes = { readonly [name: string]: string | number | undefined };

/** One element. Numbers are rounded to tenths; undefined attributes are left out; `children` is markup already. */
export function element(name: string, attributes: Attributes, children = ""): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${key}="${typeof value === "number" ? round(value) : escapeXml(value)}"`;
  }
  return children === "" ? `${text}/>` : `${text}>${children}</${name}>`;
}

/** A text element; `content` is plain text. */
export function label(content: string, attributes: Attributes): string {
  return element("text", attributes, escapeXml(content));
}

/** Tenths are enough for the eye, and keep files small and equal. */
export function round(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

/** Pixels that `text` takes in the monospaced face at `size`; wide (East Asian, emoji) characters count double. */
export function monoWidth(text: string, size: number): number {
  return columnsOf(text) * monoAdvance * size;
}

/** Columns that `text` takes in a terminal or a monospaced face. O(length). */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += isWide(character.codePointAt(0)!) ? 2 : 1;
  return columns;
}

function isWide(code: number): boolean {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) || (code >= 0x1f300 && code <= 0x1faff);
}

/** `text` cut to `columns` with an ellipsis at its end. */
export function shorten(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let result = "";
  let used = 0;
  for (const character of text) {
    const next = columnsOf(character);
    if (used + next > columns - 1) break;
    result += character;
    used += next;
  }
  return `${result}…`;
}

/** `text` in lines of at most `columns`, broken at spaces and commas where it can be, cut after `linesMax` lines. */
export function wrapText(text: string, columns: number, linesMax: number): string[] {
  const lines: string[] = [];
  let rest = text.trim();
  while (rest !== "" && lines.length < linesMax) {
    if (columnsOf(rest) <= columns) {
      lines.push(rest);
      return lines;
    }
    if (lines.length === linesMax - 1) {
      lines.push(shorten(rest, columns));
      return lines;
    }
    const head = shorten(rest, columns + 1).slice(0, -1) || [...rest][0]!;
    const cut = rest[head.length] === " " ? head.length : Math.max(head.lastIndexOf(" "), head.lastIndexOf(",") + 1, head.lastIndexOf(";") + 1);
    const at = cut > columns / 3 ? cut : head.length;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return lines;
}

/** How a picture is used: inside a page that has `drawingCss`, or as a file of its own. */
export interface DrawOptions {
  /** `file` brings style, title and caption with it; `page` (default) leaves them to the page. */
  readonly for?: "page" | "file";
}

/** The outer element: natural size in pixels, title and description for assistive technology. */
export function picture(options: {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly description: string;
  readonly body: string;
  readonly caption?: string | undefined;
  readonly draw: DrawOptions;
}): string {
  const { width, height, title, description, body, caption } = options;
  const described = `<title>${escapeXml(title)}</title><desc>${escapeXml(description)}</desc>`;
  if (options.draw.for !== "file") {
    return element("svg", { class: "rd", width: Math.ceil(width), height: Math.ceil(height), viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`, role: "img", "aria-label": title }, described + body);
  }
  const lines = caption === undefined ? [] : wrapText(caption, Math.max(40, Math.floor(width / 7)), 6);
  const top = 44;
  const full = top + height + lines.length * 20 + (lines.length > 0 ? 12 : 0);
  const wide = Math.ceil(Math.max(width, 32 + monoWidth(title, 16)));
  const inner =
    `<style>${drawingCss}</style>` + element("rect", { width: wide, height: Math.ceil(full), class: "rd-page" }) + label(title, { x: 16, y: 28, class: "rd-heading" }) +
    element("g", { transform: `translate(0 ${top})` }, body) +
    lines.map((line, i) => label(line, { x: 16, y: top + height + 18 + i * 20, class: "rd-caption" })).join("");
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", class: "rd", width: wide, height: Math.ceil(full), viewBox: `0 0 ${wide} ${Math.ceil(full)}`, role: "img", "aria-label": title }, described + inner);
}

const light =
  "--rd-page:#ffffff;--rd-ink:#1b2430;--rd-soft:#5b6675;--rd-line:#c3cad4;--rd-faint:#eef1f5;--rd-blue:#0067a5;--rd-blue-soft:#d7e8f5;" +
  "--rd-red:#c2410c;--rd-red-soft:#fde7db;--rd-amber:#8a5a00;--rd-amber-soft:#fbf0d0;--rd-green:#00704f;--rd-purple:#8e3b78;--rd-on:#ffffff;--rd-band:#f0b429;";
const dark =
  "--rd-page:#11161d;--rd-ink:#e8edf3;--rd-soft:#a3aebb;--rd-line:#46525f;--rd-faint:#1c242d;--rd-blue:#6fbaf0;--rd-blue-soft:#17344b;" +
  "--rd-red:#ff9466;--rd-red-soft:#4a2415;--rd-amber:#e8b64c;--rd-amber-soft:#372b10;--rd-green:#4fcf9f;--rd-purple:#e39bcd;--rd-on:#11161d;--rd-band:#d9a93a;";

/** The style of every drawing, light and dark; a page includes it once. */
export const drawingCss: string =
  `.rd{${light}font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:12px;color:var(--rd-ink)}` +
  `@media screen and (prefers-color-scheme:dark){.rd{${dark}}}` +
  `.rd text{fill:var(--rd-ink)}.rd-page{fill:var(--rd-page)}.rd-heading{font-size:16px;font-weight:650}.rd .rd-caption{font-size:13px;fill:var(--rd-soft)}` +
  `.rd .rd-mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}` +
  `.rd .rd-lane{font-size:12px;font-weight:600;fill:var(--rd-soft)}.rd .rd-small{font-size:11px;fill:var(--rd-soft)}` +
  `.rd .rd-halo{paint-order:stroke;stroke:var(--rd-page);stroke-width:4px;stroke-linejoin:round}`;
