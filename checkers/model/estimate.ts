/**
 * How large a space will turn out, guessed from the sizes of its levels so far. Breadth-first levels grow, peak and
 * shrink like a bell: the logarithm of the ratio of neighbours falls about in a line. The line through the last levels'
 * ratios (least squares) is followed until a level would be empty.
 *
 *     levels   1  4  15  50  120  200 | 240  210  130 …
 *     ratio      4  3.8  3.3  2.4  1.7 | 1.2  0.9  0.6 …     log ratio falls, and passes 0 at the peak
 *
 * Undefined while there are too few levels or the ratios do not fall: then nothing is known. It is a guess, never a bound.
 */
export function estimateStates(levels: readonly number[]): number | undefined {
  const used = levels.slice(-fitted - 1);
  if (used.length < fitted + 1) return undefined;
  const ratios = used.slice(1).map((size, i) => Math.log(size / used[i]!));
  const mean = ratios.reduce((a, b) => a + b) / fitted;
  const middle = (fitted - 1) / 2;
  const slope = ratios.reduce((sum, ratio, i) => sum + (i - middle) * (ratio - mean), 0) / ratios.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  if (slope >= -slopeLeast) return undefined;
  let total = levels.reduce((a, b) => a + b);
  let level = levels.at(-1)!;
  let ratio = mean + slope * middle;
  for (let step = 0; step < stepsMax && level >= 1; step++) {
    ratio += slope;
    level *= Math.exp(ratio);
    total += level;
  }
  return Math.round(total);
}

/** Ratios that the line is drawn through. */
const fitted = 4;
/** A line that falls less steeply than that leads nowhere soon. */
const slopeLeast = 0.005;
const stepsMax = 1000;
