const levels = "▁▂▃▄▅▆▇█";

/** An accumulation curve in one line of text: time runs right, a full block is all that the model has. */
export function curveText(curve: readonly { readonly rounds: number; readonly seen: number }[], scale: { readonly rounds: number; readonly total: number; readonly width?: number }): string {
  const { rounds, total, width = 40 } = scale;
  let text = "";
  for (let column = 1; column <= width; column++) {
    const seen = curve.findLast((point) => point.rounds <= Math.ceil((column / width) * rounds))?.seen ?? 0;
    text += seen === 0 ? " " : levels[Math.min(levels.length - 1, Math.floor((seen / Math.max(1, total)) * levels.length))]!;
  }
  return text;
}
