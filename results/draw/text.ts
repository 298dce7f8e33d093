import type { Diagram } from "../../harness/diagram.ts";
import { unreachable } from "../../harness/assert.ts";
import { wrapText } from "./svg.ts";
import { cycleText } from "./text/cycle.ts";
import { lamportText } from "./text/lamport.ts";
import { processLinesText } from "./text/process-lines.ts";
import { ascii, type Style, unicode } from "./text/signs.ts";
import { visible } from "../visible.ts";

/**
 * Diagrams for terminals and logs. Process lines keep their shape and are broken into staves, as music is, where they
 * are wider than the terminal; a Lamport diagram gets one row per step, its lanes as columns and its words on the
 * right, so that it fits any width; a cycle is a column of transactions joined by its dependencies.
 */
export interface TextOptions {
  /** Columns, at least 40; default 100. */
  readonly width?: number;
  /** `ascii` for terminals and files without box drawing. */
  readonly charset?: "unicode" | "ascii";
  /** Wraps the parts that are impossible or broken, e.g. in a colour; default: as they are. */
  readonly emphasize?: (text: string) => string;
}

/** The diagram as lines of text, title first. */
export function drawText(diagram: Diagram, options: TextOptions = {}): string {
  const style: Style = { width: Math.max(40, options.width ?? 100), signs: options.charset === "ascii" ? ascii : unicode, emphasize: options.emphasize ?? ((text) => text) };
  const spelled = respelled(diagram, options.charset === "ascii" ? (text) => inAscii(visible(text)) : visible);
  const lines = [...wrapText(spelled.title, style.width, 3), "", ...bodyOf(spelled, style)];
  if (spelled.caption !== undefined) lines.push("", ...wrapText(spelled.caption, style.width, 8));
  const text = lines.map((line) => line.trimEnd()).join("\n");
  return options.charset === "ascii" ? text.replace(/…/g, "~").replace(/→/g, ">") : text;
}

/** Every text of it, spelled before the layout measures it. */
function respelled(diagram: Diagram, spell: (text: string) => string): Diagram {
  const spelled: Diagram = JSON.parse(JSON.stringify(diagram), (_key, value: unknown) => (typeof value === "string" ? spell(value) : value));
  return spelled;
}

/** Our own signs in labels. */
function inAscii(text: string): string {
  return text.replace(/→/g, "->").replace(/[✗×]/g, "X").replace(/[—–]/g, "--").replace(/…/g, "~");
}

function bodyOf(diagram: Diagram, style: Style): string[] {
  switch (diagram.kind) {
    case "process-lines":
      return processLinesText(diagram, style);
    case "lamport":
      return lamportText(diagram, style);
    case "cycle-graph":
      return cycleText(diagram, style);
    default:
      return unreachable(diagram);
  }
}
