import type { ProcessLinesDiagram } from "../../harness/diagram.ts";
import type { History } from "../../harness/history.ts";
import type { Anomaly } from "../../harness/verdict.ts";
import type { FaultRecord } from "../records.ts";
import { endOf, faultSpans, type FaultSpan } from "../statistics.ts";
import { duration } from "../words.ts";

/**
 * What was wrong with the world while an anomaly came about. A checker sees operations only; the run knows the faults,
 * and the history has the times of both. A fault's place among a diagram's ranks lies between the last event before
 * it and the first one after it.
 */
export function withFaultBands(diagram: ProcessLinesDiagram, history: History, faults: readonly FaultRecord[]): ProcessLinesDiagram {
  const events = eventsOf(diagram, history);
  if (events.length === 0 || diagram.bands !== undefined) return diagram;
  const [first, last] = [events[0]!, events.at(-1)!];
  const rankAt = (timeNs: number): number => {
    const before = events.findLast((event) => event.timeNs <= timeNs);
    const after = events.find((event) => event.timeNs > timeNs);
    if (before === undefined) return first.rank - 0.5;
    return after === undefined ? last.rank + 0.5 : (before.rank + after.rank) / 2;
  };
  const bands = overlapping(faults, { history, fromNs: first.timeNs, toNs: last.timeNs }).map((span) => ({ label: span.fault.what, start: rankAt(span.fromNs), end: rankAt(span.toNs) }));
  return bands.length === 0 ? diagram : { ...diagram, bands: bands.slice(0, 6) };
}

/** `from 6.21 s to 6.8 s, while isolate n1 was on (7.06 s to 8.2 s)`; undefined where the history has no times for it. */
export function whenSentence(anomaly: Anomaly, history: History, faults: readonly FaultRecord[]): string | undefined {
  const times = anomaly.operations.filter((index) => index >= 0 && index < history.length).map((index) => history.times[index]!).filter((timeNs) => timeNs >= 0);
  if (times.length === 0) return undefined;
  const fromNs = times.reduce((a, b) => Math.min(a, b));
  const toNs = times.reduce((a, b) => Math.max(a, b));
  const on = overlapping(faults, { history, fromNs, toNs }).map((span) => `${span.fault.what} (${duration(span.fromNs)} to ${duration(span.toNs)})`);
  const when = `It took from ${duration(fromNs)} to ${duration(toNs)}`;
  if (on.length > 0) return `${when}, while ${on.slice(0, 4).join(", ")} ${on.length === 1 ? "was" : "were"} on.`;
  return faults.length === 0 ? `${when}.` : `${when}, while no fault was on.`;
}

function overlapping(faults: readonly FaultRecord[], window: { readonly history: History; readonly fromNs: number; readonly toNs: number }): FaultSpan[] {
  return faultSpans(faults, endOf(window.history)).filter((span) => span.fromNs <= window.toNs && span.toNs >= window.fromNs);
}

/** The calls and returns that a diagram shows, with their times, in order of rank. */
function eventsOf(diagram: ProcessLinesDiagram, history: History): { rank: number; timeNs: number }[] {
  const events: { rank: number; timeNs: number }[] = [];
  const add = (rank: number, index: number): void => {
    const timeNs = index >= 0 && index < history.length ? history.times[index]! : -1;
    if (timeNs >= 0) events.push({ rank, timeNs });
  };
  for (const bar of diagram.lanes.flatMap((lane) => lane.bars)) {
    if (bar.operation === undefined) continue;
    add(bar.start, bar.operation);
    if (bar.end !== null) add(bar.end, history.pairs[bar.operation] ?? -1);
  }
  return events.sort((a, b) => a.rank - b.rank);
}
