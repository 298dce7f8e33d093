import type { WeakColumns } from "./columns.ts";
import type { Before } from "./known.ts";

/**
 * Causal consistency: who is known to a transaction over any steps of session and read.
 *
 * A transaction's past is a clock: one number a session, how many of its transactions are in it. Of the known writers of
 * a key in one session the last alone matters, and if it is in the past of the author who was read, it precedes that
 * one anyway; so few edges are left:
 *
 *     session 0   w x 1 ──────────────╮ (known)
 *     session 1          w x 2 ──▶ r  ▼        session 2: read x = 2, having 1 in its past: 1 commits before 2
 *
 * Clocks live only while somebody still needs them: the session's next transaction and the readers that are to come.
 * O(n · sessions · log n) time; memory for clocks grows with the versions that are still to be read, not with n.
 */
export function knownByPast(columns: WeakColumns, before: Before): void {
  const { count, readStarts, readKeys, readAuthors, sessionStarts, sessionMembers } = columns;
  const order = pastOrder(columns);
  if (order === undefined) return; // Sessions and reads alone make a circle, which the caller's graph has.
  const writers = writersByKey(columns);
  const clocks = new Clocks(columns);
  for (const t of order) {
    const own = clocks.enter(t);
    for (let read = readStarts[t]!; read < readStarts[t + 1]!; read++) {
      const key = readKeys[read]!;
      const author = readAuthors[read]!;
      const theirs = author === count ? -1 : clocks.row(author);
      const end = writers.groupsOf[key + 1]!;
      for (let group = writers.groupsOf[key]!; group < end; group++) {
        const session = writers.sessions[group]!;
        const place = lastBelow(writers.places, writers.starts[group]!, writers.starts[group + 1]!, clocks.table[own + session]!);
        if (place < 0 || (theirs >= 0 && place < clocks.table[theirs + session]!)) continue;
        const t2 = sessionMembers[sessionStarts[session]! + place]!;
        if (t2 !== author) before(t2, author);
      }
    }
    clocks.leave(t);
  }
}

/** The greatest of `places[from … to - 1]`, ascending, below `bound`; -1 if there is none. */
function lastBelow(places: Int32Array, from: number, to: number, bound: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low === from ? -1 : places[low - 1]!;
}

/** The transaction before t in its session, -1 for none. */
function previous(columns: WeakColumns, t: number): number {
  const place = columns.placeOf[t]!;
  return place === 0 ? -1 : columns.sessionMembers[columns.sessionStarts[columns.sessionOf[t]!]! + place - 1]!;
}

/**
 * Transactions with sessions, each after all of its past, else in the order of their ends; undefined if some transaction
 * is in its own past. Depth first: whoever ended before its author waits for it. O(transactions + reads).
 */
function pastOrder(columns: WeakColumns): Int32Array | undefined {
  const { count, sessionMembers, sessionOf, readStarts, readAuthors } = columns;
  const order = new Int32Array(sessionMembers.length);
  let length = 0;
  // 0 not seen, 1 on the path, 2 placed. Of each on the path, `next` is the next cause to look at, 0 being the session.
  const state = new Uint8Array(count);
  const path: number[] = [];
  const next: number[] = [];
  for (let root = 0; root < count; root++) {
    if (sessionOf[root]! < 0 || state[root] !== 0) continue;
    path.push(root);
    next.push(0);
    state[root] = 1;
    while (path.length > 0) {
      const t = path[path.length - 1]!;
      const which = next[next.length - 1]!++;
      const read = readStarts[t]! + which - 1;
      if (read >= readStarts[t + 1]!) {
        state[t] = 2;
        order[length++] = t;
        path.pop();
        next.pop();
        continue;
      }
      const cause = which === 0 ? previous(columns, t) : readAuthors[read]!;
      if (cause < 0 || cause === count || state[cause] === 2) continue;
      if (state[cause] === 1) return undefined;
      state[cause] = 1;
      path.push(cause);
      next.push(0);
    }
  }
  return order;
}

/** For each key the sessions that wrote it, and where: `places[starts[group]]` …, for the groups from `groupsOf[key]` on. */
interface WritersByKey {
  readonly groupsOf: Int32Array;
  readonly sessions: Int32Array;
  readonly starts: Int32Array;
  readonly places: Int32Array;
}

/** Two counting passes; sessions are gone through in order, so within a key they come grouped. */
function writersByKey(columns: WeakColumns): WritersByKey {
  const { keyCount, sessionStarts, sessionMembers, writeStarts, writeKeys } = columns;
  const groupsOf = new Int32Array(keyCount + 1);
  const startOfKey = new Int32Array(keyCount + 1);
  const lastSession = new Int32Array(keyCount).fill(-1);
  const eachWrite = (visit: (session: number, place: number, key: number) => void): void => {
    for (let s = 0; s + 1 < sessionStarts.length; s++) {
      for (let m = sessionStarts[s]!; m < sessionStarts[s + 1]!; m++) {
        const t = sessionMembers[m]!;
        for (let w = writeStarts[t]!; w < writeStarts[t + 1]!; w++) visit(s, m - sessionStarts[s]!, writeKeys[w]!);
      }
    }
  };
  eachWrite((session, _, key) => {
    startOfKey[key + 1]!++;
    if (lastSession[key] === session) return;
    lastSession[key] = session;
    groupsOf[key + 1]!++;
  });
  for (let key = 0; key < keyCount; key++) {
    groupsOf[key + 1]! += groupsOf[key]!;
    startOfKey[key + 1]! += startOfKey[key]!;
  }
  const groups = groupsOf[keyCount]!;
  const sessions = new Int32Array(groups);
  const starts = new Int32Array(groups + 1);
  starts[groups] = startOfKey[keyCount]!;
  const places = new Int32Array(startOfKey[keyCount]!);
  const nextGroup = groupsOf.slice(0, keyCount);
  const nextPlace = startOfKey.slice(0, keyCount);
  lastSession.fill(-1);
  eachWrite((session, place, key) => {
    if (lastSession[key] !== session) {
      lastSession[key] = session;
      starts[nextGroup[key]!] = nextPlace[key]!;
      sessions[nextGroup[key]!++] = session;
    }
    places[nextPlace[key]!++] = place;
  });
  return { groupsOf, sessions, starts, places };
}

/** Clocks of the transactions that somebody will still ask for; rows of one table, used again when free. */
class Clocks {
  /** By row and session: how many of the session's transactions are in the past. */
  table: Int32Array<ArrayBuffer>;
  readonly #columns: WeakColumns;
  readonly #width: number;
  readonly #row: Int32Array;
  /** By transaction: reads from it and successors in its session that are to come. */
  readonly #needed: Int32Array;
  readonly #free: number[] = [];
  #rows = 0;

  constructor(columns: WeakColumns) {
    const { count, readAuthors, sessionStarts, sessionMembers, placeOf } = columns;
    this.#columns = columns;
    this.#width = sessionStarts.length - 1;
    this.table = new Int32Array(64 * this.#width);
    this.#row = new Int32Array(count);
    this.#needed = new Int32Array(count);
    for (const author of readAuthors) if (author !== count) this.#needed[author]!++;
    for (let m = 1; m < sessionMembers.length; m++) if (placeOf[sessionMembers[m]!] !== 0) this.#needed[sessionMembers[m - 1]!]!++;
  }

  /** Where the clock of a transaction begins in `table`. */
  row(t: number): number {
    return this.#row[t]! * this.#width;
  }

  /** Puts together the clock of t, itself not included; returns where it begins. Its past must have left. */
  enter(t: number): number {
    const { readStarts, readAuthors, count } = this.#columns;
    this.#row[t] = this.#free.pop() ?? this.#rows++;
    const own = this.row(t);
    if (own >= this.table.length) {
      const larger = new Int32Array(this.table.length * 2);
      larger.set(this.table);
      this.table = larger;
    }
    const { table } = this;
    const earlier = previous(this.#columns, t);
    if (earlier < 0) table.fill(0, own, own + this.#width);
    else table.copyWithin(own, this.row(earlier), this.row(earlier) + this.#width);
    for (let read = readStarts[t]!; read < readStarts[t + 1]!; read++) {
      const author = readAuthors[read]!;
      if (author === count) continue;
      const theirs = this.row(author);
      for (let s = 0; s < this.#width; s++) if (table[theirs + s]! > table[own + s]!) table[own + s] = table[theirs + s]!;
    }
    return own;
  }

  /** From now on t is in the past that its clock tells; clocks that nobody else needs are given back. */
  leave(t: number): void {
    const { readStarts, readAuthors, count, sessionOf, placeOf } = this.#columns;
    this.table[this.row(t) + sessionOf[t]!] = placeOf[t]! + 1;
    if (this.#needed[t] === 0) this.#free.push(this.#row[t]!);
    const earlier = previous(this.#columns, t);
    if (earlier >= 0) this.#release(earlier);
    for (let read = readStarts[t]!; read < readStarts[t + 1]!; read++) if (readAuthors[read] !== count) this.#release(readAuthors[read]!);
  }

  #release(t: number): void {
    if (--this.#needed[t]! === 0) this.#free.push(this.#row[t]!);
  }
}
