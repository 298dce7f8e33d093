import type { Json } from "../../harness/json.ts";

/**
 * `JSON.parse`, but a number that a double cannot hold stays text, as in the reader of EDN: otherwise two different
 * ones could become equal, and a wrong answer a right one. Throws `SyntaxError`.
 *
 *     [9007199254740993, 1e999, 0.1]  →  ["9007199254740993", "1e999", 0.1]
 *
 * Instants (`timeNs`, `time`) are only shown, so they stay numbers, the nearest ones.
 */
export function parseExact(text: string): Json {
  if (!maybeInexact.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, (key, value: Json, { source = "" }: { readonly source?: string } = {}) => {
    if (typeof value !== "number" || key === "timeNs" || key === "time") return value;
    return /^-?\d+$/.test(source) ? wholeNumber(source) : Number.isFinite(value) ? value : source;
  }) as Json;
}

/** Sixteen digits in a row, or an exponent of three: nearly no line has one, and the others are parsed at full speed. */
const maybeInexact = /\d{16}|[eE]\+?\d{3}/;

/** Whole numbers beyond what a double holds exactly stay text. */
export function wholeNumber(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}
