import { type History, HistoryBuilder } from "../../../harness/history.ts";
import type { Json } from "../../../harness/json.ts";
import type { Random } from "../../../harness/random.ts";
import { TransactionBuilder, type Transactions } from "../transactions.ts";

/**
 * A small multi-version database at a chosen isolation level, and clients that run random transactions on it: histories
 * whose truth is known. Transactions interleave step by step; each takes effect between its invocation and completion.
 *
 *     strict-serializable   everything at once, at commit
 *     serializable          the same, but transactions that only read may see an older state
 *     snapshot-isolation    reads from the state at begin; of two that write the same key at once, the second fails
 *     read-committed        each read sees what is committed at that moment; keys written before are not read again
 */
export type Level = "strict-serializable" | "serializable" | "snapshot-isolation" | "read-committed";
export const levels: readonly Level[] = ["strict-serializable", "serializable", "snapshot-isolation", "read-committed"];

export interface SimulationOptions {
  readonly workload: "list-append" | "rw-register";
  readonly level: Level;
  readonly transactions: number;
  readonly concurrency: number;
  /** Keys in use at once; a key is replaced after `writesPerKey` writes. */
  readonly keys: number;
  readonly writesPerKey: number;
  readonly lengthMax: number;
  readonly failRatio: number;
  readonly infoRatio: number;
  /** Whether completions tell the database's timestamps (see `timestamps.ts`). */
  readonly timestamps?: boolean;
  readonly random: Random;
}

interface Version {
  readonly at: number;
  readonly value: Json;
}

interface Running {
  readonly process: number;
  readonly asked: readonly (readonly [f: string, key: number, value: Json])[];
  done: Json[];
  readonly own: Map<number, Json[]>;
  snapshot: number;
  fate: "ok" | "fail" | "info" | "info-lost";
  committed: boolean;
  /** When it committed, -1 if it did not. */
  commit: number;
}

/** One history. O(transactions · (length + writesPerKey)). */
export function simulate(options: SimulationOptions): History {
  const builder = new HistoryBuilder();
  builder.endAtInfo = false;
  run(options, {
    invoke: (process, value) => builder.push({ process, type: "invoke", f: "txn", value }),
    complete: (process, type, value) => void builder.push({ process, type, f: "txn", value }),
  });
  return builder.build();
}

/** The same transactions in columns, without a history in between: millions of them fit. */
export function simulateTransactions(options: SimulationOptions): Transactions {
  const builder = new TransactionBuilder({ write: options.workload === "list-append" ? "append" : "w" });
  const open = new Map<number, number>();
  let index = 0;
  run(options, {
    invoke: (process) => open.set(process, index++),
    complete: (process, type, value) => {
      const begin = open.get(process)!;
      builder.add({ type, process, begin, end: index, index: index++, invocation: begin, value });
    },
  });
  return builder.build();
}

/** What a simulation tells, in order. */
interface Sink {
  readonly invoke: (process: number, value: Json) => void;
  readonly complete: (process: number, type: "ok" | "fail" | "info", value: Json) => void;
}

function run(options: SimulationOptions, sink: Sink): void {
  const { workload, level, random } = options;
  const append = workload === "list-append";
  const versions = new Map<number, Version[]>();
  const active = Array.from({ length: options.keys }, (_, i) => i);
  const written = new Map<number, number>();
  // How many running transactions use a key; one that is out of use and of nobody is forgotten.
  const users = new Map<number, number>();
  let nextKey = options.keys;
  let clock = 0;
  let invoked = 0;

  const at = (key: number, time: number): Version | undefined => {
    const list = versions.get(key);
    for (let i = (list?.length ?? 0) - 1; i >= 0; i--) if (list![i]!.at <= time) return list![i]!;
    return undefined;
  };
  const initial: Json = append ? [] : null;

  const begin = (process: number): Running => {
    const length = random.between(1, options.lengthMax);
    const asked: [string, number, Json][] = [];
    for (let i = 0; i < length; i++) {
      const slot = random.int(active.length);
      const key = active[slot]!;
      users.set(key, (users.get(key) ?? 0) + 1);
      if (random.chance(0.5)) {
        if (level === "read-committed" && asked.some(([f, other]) => f !== "r" && other === key)) {
          users.set(key, users.get(key)! - 1);
          continue;
        }
        asked.push(["r", key, null]);
        continue;
      }
      const value = (written.get(key) ?? 0) + 1;
      written.set(key, value);
      asked.push([append ? "append" : "w", key, value]);
      if (value >= options.writesPerKey) active[slot] = nextKey++;
    }
    const draw = random.float();
    const fate = draw < options.failRatio ? "fail" : draw < options.failRatio + options.infoRatio ? (random.chance(0.5) ? "info" : "info-lost") : "ok";
    sink.invoke(process, asked);
    invoked++;
    const stale = level === "serializable" && asked.every(([f]) => f === "r");
    return { process, asked, done: [], own: new Map(), snapshot: stale ? Math.max(0, clock - random.int(20)) : clock, fate, committed: false, commit: -1 };
  };

  const value = (running: Running, key: number, time: number): Json => {
    const base = at(key, time)?.value ?? initial;
    const own = running.own.get(key);
    if (own === undefined) return base;
    return append ? [...(base as readonly Json[]), ...own] : own[own.length - 1]!;
  };
  const perform = (running: Running, time: number): void => {
    const [f, key, argument] = running.asked[running.done.length]!;
    if (f === "r") running.done.push([f, key, value(running, key, time)]);
    else {
      running.own.set(key, [...(running.own.get(key) ?? []), argument]);
      running.done.push([f, key, argument]);
    }
  };
  const commit = (running: Running): void => {
    const atOnce = level === "strict-serializable" || level === "serializable";
    if (atOnce) {
      const stale = running.asked.every(([f]) => f === "r");
      while (running.done.length < running.asked.length) perform(running, stale && level === "serializable" ? running.snapshot : clock);
    }
    if (running.fate === "fail" || running.fate === "info-lost") return;
    if (level === "snapshot-isolation") {
      for (const key of running.own.keys()) {
        if ((at(key, clock)?.at ?? 0) > running.snapshot) {
          running.fate = running.fate === "info" ? "info-lost" : "fail";
          return;
        }
      }
    }
    clock++;
    running.commit = atOnce && level === "serializable" && running.asked.every(([f]) => f === "r") ? running.snapshot : clock;
    for (const key of running.own.keys()) {
      const list = versions.get(key) ?? [];
      list.push({ at: clock, value: value(running, key, clock) });
      if (list.length > 64) list.splice(0, 32);
      versions.set(key, list);
    }
  };
  const complete = (running: Running): void => {
    const type = running.fate === "info-lost" ? "info" : running.fate;
    const value = type === "ok" ? running.done : running.asked;
    sink.complete(running.process, type, options.timestamps === true && running.commit >= 0 ? { txn: value, start: running.snapshot, commit: running.commit } : value);
    for (const [, key] of running.asked) {
      users.set(key, users.get(key)! - 1);
      if (users.get(key) === 0 && !active.includes(key)) for (const map of [versions, written, users]) map.delete(key);
    }
  };

  const running: (Running | undefined)[] = Array.from({ length: options.concurrency }, () => undefined);
  let open = 0;
  while (invoked < options.transactions || open > 0) {
    const slot = random.int(options.concurrency);
    const one = running[slot];
    if (one === undefined) {
      if (invoked >= options.transactions) continue;
      running[slot] = begin(slot);
      open++;
      continue;
    }
    const stepwise = level === "snapshot-isolation" || level === "read-committed";
    if (stepwise && one.done.length < one.asked.length) perform(one, level === "snapshot-isolation" ? one.snapshot : clock);
    else if (!one.committed) {
      commit(one);
      one.committed = true;
    } else {
      complete(one);
      running[slot] = undefined;
      open--;
    }
  }
}
