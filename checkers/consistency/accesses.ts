import { HarnessError } from "../../harness/errors.ts";
import type { History } from "../../harness/history.ts";
import { canonicalJson, isArray, type Json } from "../../harness/json.ts";

/**
 * A history of registers as plain reads and writes of keys: what session guarantees and causal consistency speak of.
 * Registers (`read`, `write`, `cas`: one nameless key) and kv (`get`, `put`, `cas`).
 */
export interface Access {
  /** `Op.index` of the invocation. */
  readonly op: number;
  readonly process: number;
  readonly key: string;
  /** The value read, as canonical text; undefined: it reads nothing. */
  readonly reads: string | undefined;
  readonly writes: string | undefined;
  /** Did it return? One that crashed counts as a write only if its value was read. */
  readonly returned: boolean;
}

/** In order of invocation. Throws `HarnessError` for functions that are neither reads nor writes. */
export function accessesOf(history: History): Access[] {
  const accesses: Access[] = [];
  for (const { invocation, completion } of history.operations()) {
    if (completion?.type === "fail") continue;
    const returned = completion?.type === "ok";
    const { f, value } = invocation;
    const common = { op: invocation.index, process: invocation.process, returned };
    const text = (json: Json | undefined): string => canonicalJson(json ?? null);
    const list = isArray(value) ? value : [];
    const kv = f === "get" || f === "put" || (f === "cas" && list.length === 3);
    const key = kv ? text(f === "get" ? value : list[0]) : "";
    if (f === "read" || f === "get") {
      if (returned) accesses.push({ ...common, key, reads: text(completion.value), writes: undefined });
    } else if (f === "write" || f === "put") {
      accesses.push({ ...common, key, reads: undefined, writes: text(f === "put" ? list[1] : value) });
    } else if (f === "cas") {
      if (returned && completion.value === false) continue;
      accesses.push({ ...common, key, reads: text(list[kv ? 1 : 0]), writes: text(list[kv ? 2 : 1]) });
    } else {
      throw new HarnessError("HISTORY_MALFORMED", `${f} (op ${invocation.index}) is neither a read nor a write of a register`, {
        nextStep: "session guarantees and causal consistency are checked on registers (read, write, cas) and kv (get, put, cas)",
      });
    }
  }
  return accesses;
}

/** Which write each value of each key comes from; undefined with the reason when a value is written twice. */
export function writersOf(accesses: readonly Access[], initial: Json): { writers: ReadonlyMap<string, Access> } | { reason: string } {
  const writers = new Map<string, Access>();
  for (const access of accesses) {
    if (access.writes === undefined) continue;
    const name = valueName(access.key, access.writes);
    const other = writers.get(name);
    if (other !== undefined || access.writes === canonicalJson(initial)) {
      const first = other === undefined ? "it is the initial value" : `op ${other.op} wrote it before`;
      return { reason: `value ${access.writes}${access.key === "" ? "" : ` of key ${access.key}`} is written by op ${access.op}, and ${first}: who read what is not known; write every value once` };
    }
    writers.set(name, access);
  }
  return { writers };
}

export function valueName(key: string, value: string): string {
  return `${key}\u0000${value}`;
}
