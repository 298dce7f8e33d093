import type { Checker } from "../harness/checker.ts";
import type { History, Operation } from "../harness/history.ts";
import { canonicalJson, isArray } from "../harness/json.ts";
import type { Anomaly, Verdict } from "../harness/verdict.ts";
import { anomalyOf, type Element, type Finding } from "./kept-elements.ts";

/**
 * A grow-only set (`add v`, `read` → all elements) of a system that may be late but must not lose: tells what was lost
 * from what was late and from what the nodes will not agree on.
 *
 *     add 7 ──ok           known from here on
 *        read → [..]       without 7: late, if it comes again
 *                  ══════  last add over: the reads that begin now are final, the last one of each process counts
 *     kept        in all of them
 *     lost        in none                          acknowledged, or read before
 *     divergent   in some, missing in others       as above
 *     stale       kept, but missing in a read that began after it was known; an anomaly only if reads must be fresh
 *     recovered   never acknowledged, yet there
 *     refused-yet-read, unexpected, duplicated     a `fail` that took effect; a value nobody added; twice in one read
 *
 * After Jepsen's `set-full`, which has one verdict for lost and divergent. Without a final read: `unknown`.
 * O(elements read + reads × acknowledged elements in the worst case, where every read misses something).
 */
export interface SetFullOptions {
  /** A read must show whatever was known when it began; default false. */
  readonly fresh?: boolean;
}

export function setFull(options: SetFullOptions = {}): Checker {
  return {
    name: "set-full",
    summary: "acknowledged elements of a grow-only set are in the last reads: lost, late and divergent are told apart",
    check: (history) => Promise.resolve().then(() => judge(history, options)),
  };
}

interface Read {
  readonly invoked: number;
  readonly completed: number;
  readonly process: number;
  /** Positions in the table of elements. */
  readonly present: ReadonlySet<number>;
}

function judge(history: History, options: SetFullOptions): Verdict {
  const table = new ElementTable();
  const readOps: Operation[] = [];
  let lastAdd = -1;
  for (const operation of history.operations()) {
    const { invocation, completion } = operation;
    if (invocation.f === "add") {
      table.add(operation);
      lastAdd = Math.max(lastAdd, completion?.index ?? invocation.index);
    } else if (invocation.f === "read" && completion?.type === "ok") readOps.push(operation);
  }
  const duplicated: Finding[] = [];
  const reads = readOps.map((operation) => readOf(operation, table, duplicated)).filter((read) => read !== undefined);
  const finals = finalReads(reads, lastAdd);
  const firstSeen = firstSightings(reads, table.elements.length);
  const seen = table.elements.flatMap((element, id) => (firstSeen[id]! < 0 ? [] : [{ element, seenBy: [firstSeen[id]!] }]));
  const fates = fatesOf(table, finals, firstSeen);
  const stale = missed(reads, { table, firstSeen, kept: fates.kept });
  const anomalies = [
    anomalyOf("unexpected", "elements that were read had been added by nobody", seen.filter(({ element }) => element.invoked === undefined), seen.length),
    anomalyOf("refused-yet-read", "elements that were read had been refused with `fail`", seen.filter(({ element }) => element.refused), seen.length),
    anomalyOf("duplicated", "elements stood more than once in one read", duplicated, seen.length),
    anomalyOf("lost", "elements that had been acknowledged or read are in none of the last reads", fates.lost, fates.known),
    anomalyOf("divergent", "elements that had been acknowledged or read are in some processes' last reads and not in others'", fates.divergent, fates.known),
    options.fresh === true ? anomalyOf("stale", "elements were missing in a read that began after they were known, and came back", stale, fates.known) : undefined,
  ].filter((anomaly): anomaly is Anomaly => anomaly !== undefined);
  const details = {
    attempted: table.elements.filter(({ invoked }) => invoked !== undefined).length,
    acknowledged: table.elements.filter((element) => element.acknowledged !== undefined).length,
    known: fates.known,
    lost: fates.lost.length,
    divergent: fates.divergent.length,
    stale: stale.length,
    recovered: fates.recovered,
    duplicated: duplicated.length,
    reads: reads.length,
    finalReads: finals.length,
  };
  const [first, ...others] = anomalies;
  if (first !== undefined) return { verdict: "invalid", checker: "set-full", anomalies: [first, ...others], details };
  if (finals.length === 0) return { verdict: "unknown", checker: "set-full", reason: "no read that ended in ok began after the last add was over, so what became of the elements was not seen", details };
  if (fates.known === 0) return { verdict: "unknown", checker: "set-full", reason: "no add was acknowledged and no element read, so nothing was promised", details };
  return { verdict: "valid", checker: "set-full", details };
}

/** What became of the elements that were acknowledged or read. */
interface Fates {
  readonly known: number;
  /** By id: 1 for those in every final read. */
  readonly kept: Uint8Array;
  readonly lost: readonly Finding[];
  readonly divergent: readonly Finding[];
  readonly recovered: number;
}

function fatesOf(table: ElementTable, finals: readonly Read[], firstSeen: Float64Array): Fates {
  const kept = new Uint8Array(table.elements.length);
  const lost: Finding[] = [];
  const divergent: Finding[] = [];
  let known = 0;
  let recovered = 0;
  for (const [id, element] of table.elements.entries()) {
    const promised = element.invoked !== undefined && !element.refused && (element.acknowledged !== undefined || firstSeen[id]! >= 0);
    if (!promised || finals.length === 0) continue;
    known++;
    const holder = finals.find(({ present }) => present.has(id));
    const without = finals.find(({ present }) => !present.has(id));
    if (holder === undefined) lost.push({ element, seenBy: [finals.at(-1)!.completed] });
    else if (without !== undefined) divergent.push({ element, seenBy: [holder.completed, without.completed] });
    else {
      kept[id] = 1;
      if (element.acknowledged === undefined) recovered++;
    }
  }
  return { known, kept, lost, divergent, recovered };
}

/** Elements by value; ids are positions in `elements`. */
class ElementTable {
  readonly elements: Element[] = [];
  readonly #ids = new Map<string, number>();

  idOf(value: Element["value"]): number {
    const name = canonicalJson(value);
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.elements.push({ value, refused: false }) - 1;
      this.#ids.set(name, id);
    }
    return id;
  }

  add({ invocation, completion }: Operation): void {
    const id = this.idOf(invocation.value);
    const before = this.elements[id]!;
    const acknowledged = before.acknowledged ?? (completion?.type === "ok" ? completion.index : undefined);
    this.elements[id] = {
      value: before.value,
      invoked: before.invoked ?? invocation.index,
      ...(acknowledged === undefined ? {} : { acknowledged }),
      refused: completion?.type === "fail" && (before.invoked === undefined || before.refused),
    };
  }
}

function readOf({ invocation, completion }: Operation, table: ElementTable, duplicated: Finding[]): Read | undefined {
  const values = completion!.value;
  if (!isArray(values)) return undefined;
  const present = new Set<number>();
  for (const value of values) {
    const id = table.idOf(value);
    if (present.has(id)) duplicated.push({ element: table.elements[id]!, seenBy: [completion!.index] });
    present.add(id);
  }
  return { invoked: invocation.index, completed: completion!.index, process: invocation.process, present };
}

/** The last read of each process that began after the last add was over, in order. */
function finalReads(reads: readonly Read[], lastAdd: number): readonly Read[] {
  const last = new Map<number, Read>();
  for (const read of reads) if (read.invoked > lastAdd) last.set(read.process, read);
  return [...last.values()].sort((a, b) => a.completed - b.completed);
}

/** By element: the index of the completion that showed it first; -1 for never. */
function firstSightings(reads: readonly Read[], elements: number): Float64Array {
  const first = new Float64Array(elements).fill(-1);
  for (const { completed, present } of reads) for (const id of present) if (first[id]! < 0 || completed < first[id]!) first[id] = completed;
  return first;
}

/** Elements that are there at the end, but were missing in a read that began after they were known; with the first such read. */
function missed(reads: readonly Read[], at: { readonly table: ElementTable; readonly firstSeen: Float64Array; readonly kept: Uint8Array }): Finding[] {
  const knownAt = (id: number): number => {
    const { acknowledged } = at.table.elements[id]!;
    const seen = at.firstSeen[id]!;
    return acknowledged === undefined ? seen : seen < 0 ? acknowledged : Math.min(acknowledged, seen);
  };
  const byTime = at.table.elements.flatMap((_, id) => (at.kept[id] === 1 ? [{ id, from: knownAt(id) }] : [])).sort((a, b) => a.from - b.from);
  const found = new Map<number, Finding>();
  for (const read of [...reads].sort((a, b) => a.invoked - b.invoked)) {
    for (const { id, from } of byTime) {
      if (from >= read.invoked) break;
      if (!read.present.has(id) && !found.has(id)) found.set(id, { element: at.table.elements[id]!, seenBy: [read.completed] });
    }
  }
  return [...found.values()];
}
