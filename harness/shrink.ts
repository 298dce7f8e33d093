/**
 * Delta debugging (Zeller and Hildebrandt, TSE 2002): the smallest list that still fails, by leaving out ever smaller
 * chunks. The result is 1-minimal: leaving out any single element makes it pass.
 *
 *     fails([a b c d e f g h])  →  halves, quarters, … single elements  →  [c f]
 */
export function shrink<T>(list: readonly T[], fails: (candidate: readonly T[]) => boolean, options: { readonly triesMax?: number } = {}): readonly T[] {
  let best = list;
  let tries = 0;
  const triesMax = options.triesMax ?? 10_000;
  for (let chunk = Math.ceil(best.length / 2); chunk >= 1; ) {
    let removed = false;
    for (let at = 0; at < best.length && tries < triesMax; ) {
      const candidate = [...best.slice(0, at), ...best.slice(at + chunk)];
      tries++;
      if (fails(candidate)) {
        best = candidate;
        removed = true;
      } else at += chunk;
    }
    if (tries >= triesMax) return best;
    if (chunk > 1) chunk = Math.ceil(chunk / 2);
    else if (!removed) return best;
  }
  return best;
}
