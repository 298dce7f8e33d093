/** Lists of numbers side by side: row r is `items[starts[r]]` … `items[starts[r + 1] - 1]`. */
export interface Rows {
  readonly starts: Int32Array;
  readonly items: Int32Array;
}

/** Rows of what `each` puts, in that order; it is called twice. O(rows + items). */
export function rows(count: number, each: (put: (row: number, item: number) => void) => void): Rows {
  const starts = new Int32Array(count + 1);
  each((row) => starts[row + 1]!++);
  for (let row = 0; row < count; row++) starts[row + 1]! += starts[row]!;
  const next = starts.slice();
  const items = new Int32Array(starts[count]!);
  each((row, item) => (items[next[row]!++] = item));
  return { starts, items };
}
