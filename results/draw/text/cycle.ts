import type { CycleGraphDiagram } from "../../../harness/diagram.ts";
import { cycleOrder } from "../cycle-graph.ts";
import { columnsOf, wrapText } from "../svg.ts";
import type { Style } from "./signs.ts";

/** A column of transactions, each joined to the next by its dependency; the last edge says where it leads back. */
export function cycleText(diagram: CycleGraphDiagram, style: Style): string[] {
  const { signs } = style;
  const order = cycleOrder(diagram);
  const lines: string[] = [];
  for (const [i, node] of order.entries()) {
    const words = node.label === "" || node.label === node.id ? [] : wrapText(node.label, style.width - columnsOf(node.id) - 8, 4);
    lines.push(`  ${node.id}${words.length > 0 ? `  ${words[0]!}` : ""}`, ...words.slice(1).map((line) => `  ${" ".repeat(columnsOf(node.id))}  ${line}`));
    const next = order[i + 1]?.id;
    const leaving = diagram.edges.filter((edge) => edge.from === node.id);
    for (const edge of leaving.filter((candidate) => candidate.to !== next)) {
      const back = order.findIndex((other) => other.id === edge.to) <= i;
      lines.push(...edgeLines(edge, ` ${back ? "back " : ""}to ${edge.to}`, style).map(back ? style.emphasize : (line) => line));
    }
    const onward = leaving.filter((candidate) => candidate.to === next);
    for (const edge of onward) lines.push(...edgeLines(edge, "", style));
    if (onward.length > 0) lines.push(`   ${signs.arrowDown}`);
    else if (next !== undefined) lines.push("");
  }
  return lines;
}

function edgeLines(edge: CycleGraphDiagram["edges"][number], target: string, style: Style): string[] {
  const name = `${edge.label}${target}`;
  const note = edge.note === undefined ? [] : wrapText(edge.note, Math.max(20, style.width - columnsOf(name) - 8), 4);
  return [`   ${style.signs.lane} ${name}${note.length > 0 ? `: ${note[0]!}` : ""}`, ...note.slice(1).map((line) => `   ${style.signs.lane} ${" ".repeat(columnsOf(name) + 2)}${line}`)];
}
