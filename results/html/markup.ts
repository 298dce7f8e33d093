import { escapeXml } from "../draw/svg.ts";

/**
 * Markup as a type of its own, so that plain text never becomes HTML by accident: the tag `html` escapes every value
 * that is not markup already. Lists are joined; `false`, `undefined` and `null` are nothing.
 */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Content = Markup | string | number | false | null | undefined | readonly Content[];

/** html`<p>${text}</p>`: values are escaped, markup and lists of it are not. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = parts[0]!;
  for (const [i, value] of values.entries()) text += render(value) + parts[i + 1]!;
  return new Markup(text);
}

/** Markup that was made and escaped elsewhere: a drawing. */
export function raw(text: string): Markup {
  return new Markup(text);
}

export const nothing: Markup = new Markup("");

function render(value: Content): string {
  if (value === false || value === null || value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escapeXml(String(value));
}
