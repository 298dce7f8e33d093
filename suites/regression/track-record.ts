import { quantile, wilson } from "../../results/statistics.ts";
import type { RunVerdict } from "../../results/records.ts";
import { regressionRows } from "./registry.ts";
import { type TrackLine, versionText } from "./record.ts";
import type { ControlBy, RegressionRow } from "./row.ts";

/** `docs/track-record.md`: how often each known anomaly was found, and how often its control came out valid. Pure. */
export function trackRecord(lines: readonly TrackLine[], rows: readonly RegressionRow[] = regressionRows): string {
  const parts = rows.map((row) => section(row, lines.filter((line) => line.row === row.name))).filter((part) => part !== "");
  return [
    "# Track record",
    "",
    "Known anomalies of real databases, and of a toy store of ours, found by this harness, each beside the control in which it must not appear.",
    "Made by `rashomon regress`, one line per run in `track-record.jsonl`; the counts of one version add up. Rates have Wilson's 95 % interval.",
    "A control *by setting* has the setting that prevents the anomaly; one *by version* is a later version in which it is mended; a control *without the fault* is the same system left alone, where nothing prevents it.",
    "",
    ...parts,
  ].join("\n");
}

function section(row: RegressionRow, lines: readonly TrackLine[]): string {
  if (lines.length === 0) return "";
  const groups = new Map<string, TrackLine[]>();
  for (const line of lines) {
    const key = JSON.stringify([line.side, line.label, versionText(line)]);
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  const sorted = [...groups.values()].sort((a, b) => (a[0]!.side < b[0]!.side ? -1 : a[0]!.side > b[0]!.side ? 1 : 0));
  return [
    `## ${row.name}`,
    `${row.title[0]!.toUpperCase()}${row.title.slice(1)} (corpus ${row.corpus}). Expected of \`${row.expected.checker}\`: ${row.expected.anomalies.map((name) => `\`${name}\``).join(" or ")}.`,
    "",
    "| side | runs | outcome | 95 % interval | anomalies by checker, in runs (least … most per run) | operations ok / fail / info, median | time, median | versions | a seed |",
    "|---|---|---|---|---|---|---|---|---|",
    ...sorted.map((group) => tableLine(row, group)),
    "",
    `Again: \`${(lines.filter((line) => line.reproduced).at(-1) ?? lines.at(-1)!).rerun}\``,
    "",
  ].join("\n");
}

const controls: { readonly [by in ControlBy]: string } = {
  setting: "control by setting",
  version: "control by version",
  "no fault": "control, no setting prevents it",
};

function tableLine(row: RegressionRow, group: readonly TrackLine[]): string {
  const [first] = group as readonly [TrackLine, ...TrackLine[]];
  const anomalous = first.side === "anomalous";
  const hits = group.filter((line) => (anomalous ? line.reproduced : line.verdict === "valid")).length;
  const { low, high } = wilson(hits, group.length);
  const current = first.label === row[first.side].label;
  const side = anomalous ? "**anomaly**" : current ? controls[row.control.by] : "control";
  const other = otherVerdicts(group, anomalous ? "invalid" : "valid");
  const cells = [
    `${side}: ${first.label}${current ? "" : " (as the row was defined before)"}`,
    group.length,
    `${anomalous ? "found" : "valid"} in ${hits}${other === "" ? "" : ` (${other})`}`,
    `${percent(low)} … ${percent(high)}`,
    anomaliesOf(group) || "none",
    (["ok", "fail", "info"] as const).map((kind) => median(group.map((line) => line.counts[kind]))).join(" / "),
    `${(median(group.map((line) => line.wallMs)) / 1000).toFixed(0)} s`,
    versionText(first),
    `\`${(group.find((line) => line.reproduced) ?? first).seed}\``,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Verdicts other than the one that belongs there: `1 vacuous, 2 unknown`. */
function otherVerdicts(group: readonly TrackLine[], usual: RunVerdict): string {
  const others = (["valid", "invalid", "unknown", "vacuous"] as const).filter((verdict) => verdict !== usual);
  return others.flatMap((verdict) => {
    const count = group.filter((line) => line.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict}`];
  }).join(", ");
}

function anomaliesOf(group: readonly TrackLine[]): string {
  const counts = new Map<string, number[]>();
  for (const { found } of group) {
    for (const { checker, anomaly, count } of found) counts.set(`${checker} ${anomaly}`, [...(counts.get(`${checker} ${anomaly}`) ?? []), count]);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => `${name}: in ${all.length} (${Math.min(...all)} … ${Math.max(...all)})`).join("; ");
}

function median(values: readonly number[]): number {
  return Math.round(quantile([...values].sort((a, b) => a - b), 0.5));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
