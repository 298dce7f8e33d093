import { isAlias, isMap, isScalar, isSeq, type LineCounter, type ParsedNode } from "yaml";

/** A value of the file and the place where it stands. */
export interface Field {
  readonly node: unknown;
  readonly line: number;
}

/** Reads parts of a YAML document of expected shapes; what is not so becomes a problem with its line. Never throws. */
export class ComposeReader {
  readonly problems: string[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  problem(at: Field, text: string): void {
    this.problems.push(`line ${at.line}: ${text}`);
  }

  root(node: unknown): Field {
    return { node, line: 1 };
  }

  /** A mapping's fields in order; one that is not `known` is a problem. */
  fields(at: Field, options: { readonly known?: readonly string[] } = {}): ReadonlyMap<string, Field> {
    const found = new Map<string, Field>();
    if (!isMap(at.node)) {
      this.problem(at, "here stands a mapping, KEY: VALUE");
      return found;
    }
    for (const { key, value } of at.node.items) {
      const place = this.#field(key, at);
      const name = this.text(place);
      if (options.known?.includes(name) === false) this.problem(place, `${JSON.stringify(name)} is not supported here (${options.known.join(", ")} are)`);
      else found.set(name, { node: value, line: value === null ? place.line : this.#field(value, place).line });
    }
    return found;
  }

  list(at: Field): Field[] {
    if (isSeq(at.node)) return at.node.items.map((item) => this.#field(item, at));
    this.problem(at, "here stands a list");
    return [];
  }

  /** A text or number; what Compose would fill in from its own environment is a problem. */
  text(at: Field): string {
    const value: unknown = isScalar(at.node) ? at.node.value : undefined;
    if (isAlias(at.node)) this.problem(at, "aliases (*name) are not supported");
    else if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") this.problem(at, "here stands a text or a number");
    else if (String(value).includes("$")) this.problem(at, "variables ($NAME) are not supported: write the value");
    return String(value ?? "");
  }

  /** `{ KEY: value }` or a list of `KEY=value`. */
  pairs(at: Field): { [name: string]: string } {
    if (!isSeq(at.node)) return Object.fromEntries([...this.fields(at)].map(([name, field]) => [name, this.text(field)]));
    return Object.fromEntries(
      this.list(at).map((item) => {
        const text = this.text(item);
        const cut = text.indexOf("=");
        if (cut < 0) this.problem(item, `${text} has no value: it would come from the environment of whoever runs this`);
        return cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 1)];
      }),
    );
  }

  #field(node: unknown, otherwise: Field): Field {
    const range = (node as Partial<ParsedNode> | null)?.range;
    return { node, line: range === undefined || range === null ? otherwise.line : this.#lines.linePos(range[0]).line };
  }
}
