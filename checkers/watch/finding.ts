/** One thing that is wrong with a watch, or with what two of them say. */
export interface Finding {
  /** The property that does not hold. */
  readonly property: WatchProperty;
  /** `Op.index` of the ops that show it. */
  readonly operations: readonly number[];
  readonly text: string;
}

/** In the order in which they are reported. */
export const watchProperties = [
  "inconsistent",
  "unexpected",
  "refused-yet-seen",
  "ordered",
  "unique",
  "atomic",
  "reliable",
  "resumable",
  "bookmarkable",
  "prev-kv",
  "is-create",
  "filter",
] as const;
export type WatchProperty = (typeof watchProperties)[number];

export function finding(property: WatchProperty, operations: readonly number[], text: string): Finding {
  return { property, operations, text };
}
