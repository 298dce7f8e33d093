import type { Json } from "../harness/json.ts";
import type { Anomaly } from "../harness/verdict.ts";

/**
 * What the checkers of sets and of queues have in common: elements that clients handed over and that were or were not
 * found again. One anomaly stands for all elements of a class; the first few are named.
 */
export interface Element {
  readonly value: Json;
  /** `Op.index` of the invocation that handed it over first; undefined when nobody did. */
  readonly invoked?: number;
  /** `Op.index` of the `ok` that acknowledged it. */
  readonly acknowledged?: number;
  /** Every attempt to hand it over was refused with `fail`. */
  readonly refused: boolean;
}

/** So many elements of a class are named in words, and have their ops listed. */
const namedMax = 10;

/** An element with the op that shows what is wrong with it. */
export interface Finding {
  readonly element: Element;
  /** `Op.index`. */
  readonly seenBy: readonly number[];
}

/** One anomaly for a class of elements; undefined when the class is empty. `claim` says what is wrong with them. */
export function anomalyOf(name: string, claim: string, findings: readonly Finding[], outOf: number): Anomaly | undefined {
  if (findings.length === 0) return undefined;
  const named = findings.slice(0, namedMax);
  const operations = new Set(named.flatMap(({ element, seenBy }) => [element.acknowledged ?? element.invoked ?? -1, ...seenBy]).filter((op) => op >= 0));
  const shown = named.map(({ element }) => `${JSON.stringify(element.value)}${element.acknowledged === undefined ? "" : ` (op ${element.acknowledged})`}`);
  const rest = findings.length - named.length;
  return {
    name,
    operations: [...operations].sort((a, b) => a - b),
    explanation: `${findings.length} of ${outOf} ${claim}: ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
    details: { count: findings.length, outOf, elements: findings.slice(0, elementsMax).map(({ element }) => element.value) },
  };
}

/** So many elements of a class go into the verdict's details. */
const elementsMax = 1_000;
