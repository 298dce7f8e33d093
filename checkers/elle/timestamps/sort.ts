const digitBits = 16;
const digits = 1 << digitBits;

/**
 * Places of `moments` in ascending order, those below 0 left out; equal ones keep their order. `moments` are whole
 * numbers below 2^53. By digits of 16 bits from the lowest on, so O(length) for each digit that they have.
 */
export function byTimestamp(moments: Float64Array): Int32Array {
  let order = Int32Array.from(moments.keys()).filter((place) => moments[place]! >= 0);
  let next = new Int32Array(order.length);
  const largest = moments.reduce((most, moment) => Math.max(most, moment), 0);
  const ends = new Int32Array(digits + 1);
  for (let unit = 1; unit <= largest; unit *= digits) {
    const digit = (place: number): number => Math.floor(moments[place]! / unit) % digits;
    ends.fill(0);
    for (const place of order) ends[digit(place) + 1]!++;
    for (let d = 0; d < digits; d++) ends[d + 1]! += ends[d]!;
    for (const place of order) next[ends[digit(place)]!++] = place;
    [order, next] = [next, order];
  }
  return order;
}
