import { InvalidArgumentError } from "commander";

/** `60s`, `500ms`, `5m`, `2h`, or a bare number of seconds → milliseconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError("takes a duration such as 500ms, 60s, 5m or 2h.");
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? "s"] ?? 1000;
  return Number(match[1]) * factor;
}

/** A whole number of at least `min`, and of at most `max`. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(max === Number.MAX_SAFE_INTEGER ? `takes a whole number of at least ${min}.` : `takes a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** A number above zero. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("takes a number above 0.");
  return value;
}

/** `a,b,c` → its parts, empty ones left out. */
export function list(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** Collects a repeatable option. */
export function repeated(text: string, before: string[]): string[] {
  return [...before, text];
}

/** `--initial 0` is a number, `--initial null` is null, anything that is not JSON is text. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
