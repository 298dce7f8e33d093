import { type WeakColumns, wrote } from "./columns.ts";

/** Says that t2 must have committed before t1, whose write was read. */
export type Before = (t2: number, t1: number) => void;

/**
 * Read committed (`earlier`) and read atomic (`any`): who is known to a transaction through its own reads. For each
 * author t2 and each key x that t2 wrote and the transaction reads, t2 precedes the author of
 *
 *     earlier   the first such read after t2 was first read from, that is not from t2 itself
 *     any       the first read of x
 *
 * Further reads of x follow by themselves: whoever was read in between is such an author too. Either the keys of t2 or
 * the reads are gone through, whichever are fewer, so that n micro-operations cost O(n √n · log n), about the lower
 * bound (Møldrup and Pavlogiannis, PLDI 2025), and short transactions O(n).
 */
export function knownByReads(columns: WeakColumns, which: "earlier" | "any", before: Before): void {
  const { count, readStarts, readKeys, readAuthors, writeStarts, writeKeys } = columns;
  // By key: the next read of it, if `stamp` is the transaction at hand. By read: the next of its key by another author.
  const stamp = new Int32Array(columns.keyCount).fill(-1);
  const next = new Int32Array(columns.keyCount);
  const nextOther = new Int32Array(readKeys.length);
  // By author: the reader whose first read from it is `firstRead`.
  const reader = new Int32Array(count + 1).fill(-1);
  const firstRead = new Int32Array(count + 1);

  const enter = (t: number, read: number): void => {
    const key = readKeys[read]!;
    const later = stamp[key] === t ? next[key]! : -1;
    nextOther[read] = later >= 0 && readAuthors[later] === readAuthors[read] ? nextOther[later]! : later;
    stamp[key] = t;
    next[key] = read;
  };
  const relate = (t: number, t2: number, key: number): void => {
    if (stamp[key] !== t) return;
    const read = readAuthors[next[key]!] === t2 ? nextOther[next[key]!]! : next[key]!;
    if (read >= 0) before(t2, readAuthors[read]!);
  };
  const know = (t: number, t2: number): void => {
    const [from, to] = [readStarts[t]!, readStarts[t + 1]!];
    if (writeStarts[t2 + 1]! - writeStarts[t2]! <= to - from) {
      for (let w = writeStarts[t2]!; w < writeStarts[t2 + 1]!; w++) relate(t, t2, writeKeys[w]!);
    } else for (let read = from; read < to; read++) if (wrote(columns, t2, readKeys[read]!)) relate(t, t2, readKeys[read]!);
  };

  for (let t = 0; t < count; t++) {
    const [from, to] = [readStarts[t]!, readStarts[t + 1]!];
    if (to - from < 2) continue;
    for (let read = from; read < to; read++) {
      const author = readAuthors[read]!;
      if (reader[author] === t) continue;
      reader[author] = t;
      firstRead[author] = read;
    }
    if (which === "any") for (let read = to - 1; read >= from; read--) enter(t, read);
    for (let read = to - 1; read >= from; read--) {
      const author = readAuthors[read]!;
      if (author !== count && firstRead[author] === read) know(t, author);
      if (which === "earlier") enter(t, read);
    }
  }
}

/** Read atomic: the last writer of a key in the reader's own session, before the reader. O(micro-operations). */
export function knownBySession(columns: WeakColumns, before: Before): void {
  const { sessionStarts, sessionMembers, readStarts, readKeys, readAuthors, writeStarts, writeKeys } = columns;
  const session = new Int32Array(columns.keyCount).fill(-1);
  const lastWriter = new Int32Array(columns.keyCount);
  for (let s = 0; s + 1 < sessionStarts.length; s++) {
    for (let m = sessionStarts[s]!; m < sessionStarts[s + 1]!; m++) {
      const t = sessionMembers[m]!;
      for (let read = readStarts[t]!; read < readStarts[t + 1]!; read++) {
        const key = readKeys[read]!;
        if (session[key] === s) before(lastWriter[key]!, readAuthors[read]!);
      }
      for (let w = writeStarts[t]!; w < writeStarts[t + 1]!; w++) {
        session[writeKeys[w]!] = s;
        lastWriter[writeKeys[w]!] = t;
      }
    }
  }
}
