import type { Json } from "../../../harness/json.ts";
import { contradiction, contradictionAmong, identityOf, type MonitorAnswer } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";

/**
 * A container (queue, stack, priority queue) into which every value is put once: who took which value out is then known.
 *
 *     put v |--------|                   v is certainly in between the return of its put and the call of its take:
 *     take v              |-----|        |--------|####|-----|
 *
 * A take that crashed may have taken any value that is left, or found nothing, or not happened. Values that are left
 * are judged twice: as if every one stayed in for ever, and as if each could be taken at any time after the first such
 * call. The truth lies between: linearizable the first way is linearizable, not the second way is not.
 */
export interface PairedValues {
  /** By operation. Of a put: its take, -1 none. Of a take: its put, `EMPTY` when it found nothing, -1 when it crashed. */
  readonly partner: Int32Array;
  /** By class: 1 puts, 0 takes. */
  readonly puts: Uint8Array;
  /** Event of the first call of a take that crashed; `NEVER` without one. */
  readonly crashedTake: number;
  /** What contradicts itself already: a value that nobody put in, or that came out twice, or before it was put in. */
  readonly wrong: MonitorAnswer | undefined;
}

/** The partner of a take that found nothing. */
export const EMPTY = -2;

/** Pairs puts and takes; undefined when a value is put twice. O(operations). */
export function pairValues(part: Part, put: string): PairedValues | undefined {
  const { classes, classTable, calls, returns } = part;
  const numbers = new Map<Json, number>();
  /** By class: the number of its value; -1: takes that found nothing or crashed. */
  const valueOf = new Int32Array(classTable.length).fill(-1);
  const puts = new Uint8Array(classTable.length);
  for (let id = 0; id < classTable.length; id++) {
    const { call, recorded } = classTable[id]!;
    puts[id] = call.f === put ? 1 : 0;
    const value = call.f === put ? call.value : (recorded ?? null);
    if (value === null) continue;
    const key = identityOf(value);
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    valueOf[id] = number;
  }
  const putter = new Int32Array(numbers.size).fill(-1);
  for (let i = 0; i < part.count; i++) {
    const id = classes[i]!;
    if (puts[id] === 0) continue;
    if (putter[valueOf[id]!] !== -1) return undefined;
    putter[valueOf[id]!] = i;
  }
  const partner = new Int32Array(part.count).fill(-1);
  let crashedTake = NEVER;
  let wrong: MonitorAnswer | undefined;
  for (let i = 0; i < part.count && wrong === undefined; i++) {
    const id = classes[i]!;
    if (puts[id] === 1) continue;
    if (returns[i] === NEVER) {
      crashedTake = Math.min(crashedTake, calls[i]!);
      continue;
    }
    if (valueOf[id] === -1) {
      partner[i] = EMPTY;
      continue;
    }
    const source = putter[valueOf[id]!]!;
    if (source < 0) wrong = contradiction(i);
    else if (returns[i]! < calls[source]!) wrong = contradiction(i, source);
    else if (partner[source] !== -1) wrong = contradiction(partner[source]!, i);
    else {
      partner[i] = source;
      partner[source] = i;
    }
  }
  return { partner, puts, crashedTake, wrong };
}

/**
 * Judges with `judge`, which is told from which event on a value that nobody took may have been taken (`NEVER`: not at
 * all). Undefined where the two ways of looking at crashed takes do not agree.
 */
export function judgeBetween({ wrong, crashedTake }: PairedValues, judge: (leftFrom: number) => MonitorAnswer): MonitorAnswer | undefined {
  if (wrong !== undefined) return wrong;
  const staying = judge(NEVER);
  if (staying.linearizable || crashedTake === NEVER) return staying;
  const leaving = judge(crashedTake);
  return leaving.linearizable ? undefined : leaving;
}

/** A span of events in which a value is certainly in: from the return of its put to the call of its take. */
export interface Span {
  readonly put: number;
  readonly from: number;
  readonly to: number;
}

/** The spans of those puts, in the order of their beginnings; values that need not be in at any moment have none. */
export function* spansOf(part: Part, pairs: PairedValues, leftFrom: number): Generator<Span> {
  for (let e = 0; e < part.eventCount; e++) {
    const put = part.events[e]! >> 1;
    if ((part.events[e]! & 1) === 0 || pairs.puts[part.classes[put]!] === 0) continue;
    const take = pairs.partner[put]!;
    const to = take >= 0 ? part.calls[take]! : leftFrom;
    if (to > e) yield { put, from: e, to };
  }
}

/**
 * By event e: the first moment from there on at which nothing needs to be in, as the event before it (`g` stands for
 * the time between events g and g + 1). `eventCount` past the last such moment. O(events).
 */
export function freeMoments(part: Part, spans: Iterable<Span>): Int32Array {
  const next = new Int32Array(part.eventCount + 1);
  for (const { from, to } of spans) {
    next[from]!++;
    next[Math.min(to, part.eventCount)]!--;
  }
  for (let e = 1; e < part.eventCount; e++) next[e]! += next[e - 1]!;
  next[part.eventCount] = part.eventCount;
  for (let e = part.eventCount - 1; e >= 0; e--) next[e] = next[e] === 0 ? e : next[e + 1]!;
  return next;
}

/** A take that found nothing although at every moment of it something must have been in. */
export function wrongEmpty(part: Part, pairs: PairedValues, leftFrom: number): MonitorAnswer | undefined {
  const first = pairs.partner.indexOf(EMPTY);
  if (first < 0) return undefined;
  const free = freeMoments(part, spansOf(part, pairs, leftFrom));
  for (let i = first; i < part.count; i++) {
    if (pairs.partner[i] !== EMPTY || free[part.calls[i]!]! < part.returns[i]!) continue;
    const between = { from: part.calls[i]!, to: part.returns[i]! };
    return contradictionAmong([i, ...covering(spansOf(part, pairs, leftFrom), pairs, between)]);
  }
  return undefined;
}

/** Few spans that together leave no moment free between two events, as their puts and takes; spans in order of beginnings. */
export function covering(spans: Iterable<Span>, pairs: PairedValues, between: { readonly from: number; readonly to: number }): number[] {
  const found: number[] = [];
  let reached = between.from;
  let best: Span | undefined;
  const take = ({ put, to }: Span): void => {
    found.push(put, pairs.partner[put]!);
    reached = to;
    best = undefined;
  };
  for (const span of spans) {
    if (best !== undefined && span.from > reached) take(best);
    if (reached >= between.to) break;
    if (span.to > reached && (best === undefined || span.to > best.to)) best = span;
  }
  if (best !== undefined && reached < between.to) take(best);
  return found;
}
