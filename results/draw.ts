import { unreachable } from "../harness/assert.ts";
import type { Diagram } from "../harness/diagram.ts";
import { describeCycle, drawCycleGraph } from "./draw/cycle-graph.ts";
import { describeLamport, drawLamport } from "./draw/lamport.ts";
import { describeProcessLines, drawProcessLines } from "./draw/process-lines.ts";
import type { DrawOptions } from "./draw/svg.ts";

/**
 * Pictures from `Diagram`s: `drawSvg` for pages and files, `drawText` for terminals and logs, `describe` in words.
 * All are pure; equal diagrams give equal pictures.
 */
export { whenSentence, withFaultBands } from "./draw/fault-bands.ts";
export { drawCycleGraph } from "./draw/cycle-graph.ts";
export { drawLamport } from "./draw/lamport.ts";
export { drawProcessLines } from "./draw/process-lines.ts";
export { type DrawOptions, drawingCss } from "./draw/svg.ts";
export { drawText, type TextOptions } from "./draw/text.ts";

/** SVG of any diagram. `for: "file"` makes a document of its own; the default expects `drawingCss` in its page. */
export function drawSvg(diagram: Diagram, draw: DrawOptions = {}): string {
  switch (diagram.kind) {
    case "process-lines":
      return drawProcessLines(diagram, draw);
    case "lamport":
      return drawLamport(diagram, draw);
    case "cycle-graph":
      return drawCycleGraph(diagram, draw);
    default:
      return unreachable(diagram);
  }
}

/** The diagram in words, for alternative texts. */
export function describeDiagram(diagram: Diagram): string {
  switch (diagram.kind) {
    case "process-lines":
      return describeProcessLines(diagram);
    case "lamport":
      return describeLamport(diagram);
    case "cycle-graph":
      return describeCycle(diagram);
    default:
      return unreachable(diagram);
  }
}
