import { PREDICATE, PROCESS, R, D, REALTIME, RW, WR, WRP, WW, WWP } from "../graph.ts";
import { cycleSearchOrder } from "../models.ts";

/** A cycle of one kind. */
export interface Cycle {
  readonly type: string;
  /** Local vertices; the last leads back to the first. */
  readonly vertices: readonly number[];
  /** Bit of the edge from each vertex to the next. */
  readonly labels: readonly number[];
}

/** A set of relations and a condition on the anti-dependencies and order edges among them. */
export interface Kind {
  readonly type: string;
  readonly allowed: number;
  /** A cycle of this kind has one of these edges; the search starts there. */
  readonly starts: number;
  readonly antidependencies: "none" | "single" | "nonadjacent" | "multiple";
  /** An order edge that must occur, or 0. */
  readonly order: number;
  /** A bit of these must occur, or 0: without predicate edges every cycle is an "-item" one. */
  readonly needs: number;
}

/** The 24 kinds, the worst first. */
export const kinds: readonly Kind[] = cycleSearchOrder.map((type) => {
  const order = type.endsWith("-process") ? PROCESS : type.endsWith("-realtime") ? REALTIME : 0;
  const shape = type.replace(/-(?:process|realtime)$/, "");
  if (shape === "G0") return { type, allowed: WW | WWP | order, starts: WW | WWP, antidependencies: "none", order, needs: 0 };
  if (shape === "G1c") return { type, allowed: D | order, starts: WR | WRP, antidependencies: "none", order, needs: 0 };
  const item = shape.endsWith("-item");
  const name = item ? shape.slice(0, -5) : shape;
  const antidependencies = name === "G-single" ? "single" : name === "G-nonadjacent" ? "nonadjacent" : "multiple";
  // An item cycle has no predicate edge at all; without "-item" all edges may occur.
  return { type, allowed: (item ? WW | WR | RW : D | R) | order, starts: item ? RW : R, antidependencies, order, needs: item ? 0 : PREDICATE };
});

/** The class of a cycle by its edges, in order. */
export function classify(labels: readonly number[]): string {
  const any = (mask: number): boolean => labels.some((label) => (label & mask) !== 0);
  const suffix = any(REALTIME) ? "-realtime" : any(PROCESS) ? "-process" : "";
  const antidependencies = labels.filter((label) => (label & R) !== 0).length;
  if (antidependencies === 0) return (any(WR | WRP) ? "G1c" : "G0") + suffix;
  const adjacent = labels.some((label, i) => (label & R) !== 0 && (labels[(i + 1) % labels.length]! & R) !== 0);
  const shape = antidependencies === 1 ? "G-single" : adjacent ? "G2" : "G-nonadjacent";
  return shape + (any(PREDICATE) ? "" : "-item") + suffix;
}
