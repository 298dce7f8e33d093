import { drawText } from "../results/draw.ts";
import type { DiscoveryRecord } from "../results/records.ts";

/** The counterexamples' pictures, for a terminal. */
export function pictures(discoveries: readonly DiscoveryRecord[]): string[] {
  return discoveries.filter(({ kind }) => kind === "counterexample").flatMap(({ diagrams }) => diagrams.map((diagram) => "\n" + drawText(diagram)));
}
