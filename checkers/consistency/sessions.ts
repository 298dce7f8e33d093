import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import { type Access, accessesOf, valueName, writersOf } from "./accesses.ts";

/**
 * Session guarantees (Terry and others, 1994), each for itself, on registers whose values are written once:
 *
 *     monotonic-reads        a session that has read a value never reads an older one of that key
 *     monotonic-writes       the writes of a session take their places in its order
 *     read-your-writes       a session reads its own last write of a key, or a newer one
 *     writes-follow-reads    what a session writes after reading is newer than what it read
 *
 * Older and newer are places in an order of all writes of a key that nobody recorded. Each guarantee says of some pairs
 * of writes which is older; it is kept exactly if those statements contradict each other nowhere, that is, form no cycle
 * (the initial value is the oldest). A session is a process. O(operations × log operations).
 *
 * The order is one for all sessions. So these guarantees say more than plain causal consistency where concurrent writes
 * are concerned: two sessions that disagree for ever on which of two came first break `monotonic-reads`.
 */
export type Guarantee = "monotonic-reads" | "monotonic-writes" | "read-your-writes" | "writes-follow-reads";
export const guarantees: readonly Guarantee[] = ["monotonic-reads", "monotonic-writes", "read-your-writes", "writes-follow-reads"];

export function checkSessions(history: History, options: { readonly initial?: Json; readonly guarantees?: readonly Guarantee[] } = {}): Verdict {
  const initial = options.initial ?? null;
  const accesses = accessesOf(history);
  const found = writersOf(accesses, initial);
  if ("reason" in found) return { verdict: "unknown", checker: "sessions", reason: found.reason };
  const anomalies: Anomaly[] = [];
  const wanted = options.guarantees ?? guarantees;
  for (const guarantee of wanted) {
    const anomaly = broken(guarantee, accesses, { writers: found.writers, initial: canonicalJson(initial) });
    if (anomaly !== undefined) anomalies.push(anomaly);
  }
  const [first, ...others] = anomalies;
  const details = { guarantees: [...wanted], operations: accesses.length };
  if (first !== undefined) return { verdict: "invalid", checker: "sessions", anomalies: [first, ...others], details };
  return { verdict: "valid", checker: "sessions", details };
}

/** The same as a checker for runs. */
export function sessions(initial: Json = null): Checker {
  return {
    name: "sessions",
    summary: "monotonic reads, monotonic writes, read your writes, writes follow reads (registers whose values are written once)",
    check: (history) => Promise.resolve().then(() => checkSessions(history, { initial })),
  };
}

/** `older` comes before `newer`, because of the operation `why` (after `since`) of one session. */
interface Edge {
  readonly older: string;
  readonly newer: string;
  readonly since: number;
  readonly why: number;
}

function broken(guarantee: Guarantee, accesses: readonly Access[], values: { writers: ReadonlyMap<string, Access>; initial: string }): Anomaly | undefined {
  const edges = new Map<string, Edge[]>();
  const link = (key: string, edge: Edge): void => {
    if (edge.older === edge.newer) return;
    const from = valueName(key, edge.older);
    const list = edges.get(from);
    if (list === undefined) edges.set(from, [edge]);
    else list.push(edge);
  };
  const lastRead = new Map<string, Access>();
  const lastWrite = new Map<string, Access>();
  /** By session and key: every value that later ones must not be older than. */
  const earlier = new Map<string, EarlierValues>();
  const earlierOf = (place: string, key: string): EarlierValues => {
    const known = earlier.get(place) ?? new EarlierValues(place, (edge) => link(key, edge));
    earlier.set(place, known);
    return known;
  };
  for (const access of accesses) {
    if (!access.returned && access.writes === undefined) continue;
    const { key, op } = access;
    const place = `${access.process} ${key}`;
    const [read, wrote] = [lastRead.get(place), lastWrite.get(place)];
    if (access.reads !== undefined && access.returned) {
      const source = values.writers.get(valueName(key, access.reads));
      if (source === undefined && access.reads !== values.initial) {
        return { name: "thin-air-read", operations: [op], explanation: `op ${op} read ${access.reads}${ofKey(key)}, which nobody wrote` };
      }
      if (guarantee === "monotonic-reads" && read !== undefined) link(key, { older: read.reads!, newer: access.reads, since: read.op, why: op });
      if (guarantee === "read-your-writes") earlierOf(place, key).allBefore(access.reads, op);
      if (guarantee === "writes-follow-reads") earlierOf(place, key).add(access.reads, op);
      lastRead.set(place, access);
    }
    if (access.writes !== undefined) {
      if (guarantee === "monotonic-writes" && wrote !== undefined) link(key, { older: wrote.writes!, newer: access.writes, since: wrote.op, why: op });
      if (guarantee === "writes-follow-reads") earlierOf(place, key).allBefore(access.writes, op);
      if (guarantee === "read-your-writes") earlierOf(place, key).add(access.writes, op);
      if (access.returned) lastWrite.set(place, access);
    }
    // The initial value is the oldest of all.
    for (const value of [access.reads, access.writes]) {
      if (value !== undefined && value !== values.initial) link(key, { older: values.initial, newer: value, since: op, why: op });
    }
  }
  const cycle = findCycle(edges);
  return cycle === undefined ? undefined : describe(guarantee, cycle);
}

/**
 * All values that a session has seen of a key, each of which must be older than another: as edges over ranges of them, so
 * that n statements about n values take O(n log n) edges. Range (j, l) stands for the 2^l values up to the j-th.
 */
class EarlierValues {
  readonly #place: string;
  readonly #link: (edge: Edge) => void;
  readonly #values: { readonly value: string; readonly op: number }[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(place: string, link: (edge: Edge) => void) {
    this.#place = place;
    this.#link = link;
  }

  add(value: string, op: number): void {
    if (this.#numbers.has(value)) return;
    const j = this.#values.push({ value, op }) - 1;
    this.#numbers.set(value, j);
    for (let level = 1; 2 ** level <= j + 1; level++) {
      for (const half of [j, j - 2 ** (level - 1)]) this.#from(half, level - 1, this.#name(j, level), op);
    }
  }

  /** Every value added, but for `value` itself, is older than it. */
  allBefore(value: string, why: number): void {
    const own = this.#numbers.get(value);
    this.#range(0, own ?? this.#values.length, value, why);
    if (own !== undefined) this.#range(own + 1, this.#values.length, value, why);
  }

  #range(from: number, to: number, newer: string, why: number): void {
    if (from >= to) return;
    const level = Math.floor(Math.log2(to - from));
    this.#from(to - 1, level, newer, why);
    this.#from(from + 2 ** level - 1, level, newer, why);
  }

  #from(j: number, level: number, newer: string, why: number): void {
    const { value, op } = this.#values[j]!;
    this.#link({ older: level === 0 ? value : this.#name(j, level), newer, since: op, why });
  }

  #name(j: number, level: number): string {
    return `${RANGE}${this.#place}/${j}/${level}`;
  }
}

/** Begins the names of ranges; no value's text does. */
const RANGE = "\u0001";

/** A cycle's edges from value to value: what leads through ranges is one step, since its first and because of its last. */
function betweenValues(cycle: readonly Edge[]): Edge[] {
  const first = cycle.findIndex(({ older }) => !older.startsWith(RANGE));
  const steps: Edge[] = [];
  let open: Edge | undefined;
  for (const edge of [...cycle.slice(first), ...cycle.slice(0, first)]) {
    open = open === undefined ? edge : { ...open, newer: edge.newer, why: edge.why };
    if (edge.newer.startsWith(RANGE)) continue;
    steps.push(open);
    open = undefined;
  }
  return steps;
}

/** A shortest-to-find cycle of edges, by depth-first search without recursion. */
function findCycle(edges: ReadonlyMap<string, readonly Edge[]>): { key: string; edges: Edge[] } | undefined {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    if (done.has(start)) continue;
    const path: { node: string; next: number }[] = [{ node: start, next: 0 }];
    const onPath = new Map<string, number>([[start, 0]]);
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const edge = edges.get(top.node)?.[top.next++];
      if (edge === undefined) {
        done.add(top.node);
        onPath.delete(top.node);
        path.pop();
        continue;
      }
      const key = top.node.slice(0, top.node.indexOf("\u0000"));
      const target = valueName(key, edge.newer);
      const at = onPath.get(target);
      if (at !== undefined) return { key, edges: path.slice(at).map(({ node, next }) => edges.get(node)![next - 1]!) };
      if (done.has(target)) continue;
      onPath.set(target, path.length);
      path.push({ node: target, next: 0 });
    }
  }
  return undefined;
}

function describe(guarantee: Guarantee, cycle: { key: string; edges: readonly Edge[] }): Anomaly {
  const steps = betweenValues(cycle.edges).map(({ older, newer, since, why }) =>
    since === why ? `${newer} is newer than ${older}, the initial value (op ${why})` : `${newer} is not older than ${older} (op ${why} after op ${since} of the same session)`,
  );
  return {
    name: guarantee,
    operations: [...new Set(betweenValues(cycle.edges).flatMap(({ since, why }) => [since, why]))].sort((a, b) => a - b),
    explanation: `${guarantee} would need an order of the writes${ofKey(cycle.key)} in which ${steps.join(", and ")}: that is a circle`,
  };
}

function ofKey(key: string): string {
  return key === "" ? "" : ` of key ${key}`;
}
