import type { ClockSkew } from "../../harness/cluster.ts";
import { describeError } from "../../harness/errors.ts";
import { isSame } from "../../harness/process-identity.ts";
import { type Cancellable, type ClockReading, every, readClocks } from "../../harness/time.ts";
import { type ClockState, lookAtClock, resetClock, setClock } from "./process-clock.ts";
import { type AllWords, combine, type HeldSkew, sameWords } from "./skew.ts";
import type { ProcessId } from "./standstill.ts";

/**
 * Keeps the clocks of a node's processes as they are wanted. A skew belongs to the node, not to a process: one that is
 * started while it is on (after a kill, or by another) has the machine's clocks at first, is found within a tenth of a
 * second, and its drift goes on where that of the last one would be.
 */
export interface Keeper {
  /** Resolves when every process has it. */
  hold(id: string, skew: ClockSkew, process?: string): Promise<void>;
  /** Resolves when no process has it any more; an id that is not held is none. */
  release(id: string): Promise<void>;
  look(id: string): Promise<KeeperLook>;
}

/** What was seen of a held skew. */
export interface KeeperLook {
  /** The machine's clocks, when it was looked. */
  readonly clocks: ClockReading;
  /** Processes that are to have it. */
  readonly processes: readonly { readonly pid: number; readonly wanted: AllWords; readonly seen: ClockState }[];
  /** What keeps a process from having it, since the last sweep. */
  readonly problems: readonly string[];
}

interface Held extends HeldSkew {
  readonly process: string | undefined;
}
interface Wanted {
  readonly process: ProcessId;
  readonly words: AllWords;
}

const sweepMs = 100;

/** `select`: processes of a node that now run, all or those of a name; each is known by pid and start, and no other is touched. */
export function localKeeper(select: (process: string | undefined) => readonly ProcessId[]): Keeper & Disposable {
  const held = new Map<string, Held>();
  /** By pid: processes whose clocks were changed, and not given back. */
  const changed = new Map<number, ProcessId>();
  let problems: readonly string[] = [];
  let sweeps: Cancellable | undefined;
  /** One change at a time. */
  let turn: Promise<unknown> = Promise.resolve();
  let busy = false;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      busy = true;
      try {
        return await work();
      } finally {
        busy = false;
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };

  function wanted(): readonly Wanted[] {
    const skews = new Map<number, { readonly process: ProcessId; readonly held: Held[] }>();
    for (const one of held.values()) {
      for (const process of select(one.process)) {
        const found = skews.get(process.pid) ?? { process, held: [] };
        found.held.push(one);
        skews.set(process.pid, found);
      }
    }
    return [...skews.values()].map(({ process, held }) => ({ process, words: combine(held) }));
  }

  /** Every process as it is wanted; each is tried, and what failed is thrown together. */
  async function sweep(): Promise<void> {
    const now = wanted();
    const errors: unknown[] = [];
    const attempt = async (process: ProcessId, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (isSame(process.pid, process.startTicks)) errors.push(error);
      }
    };
    for (const { process, words } of now) {
      await attempt(process, async () => {
        const seen = lookAtClock(process);
        if (seen.state === "gone" || (seen.state === "skewed" && sameWords(seen.words, words))) return;
        changed.set(process.pid, process);
        await setClock(process, words);
      });
    }
    for (const process of changed.values()) {
      if (now.some((one) => one.process.pid === process.pid && one.process.startTicks === process.startTicks)) continue;
      await attempt(process, async () => {
        await resetClock(process);
        changed.delete(process.pid);
      });
      if (!isSame(process.pid, process.startTicks)) changed.delete(process.pid);
    }
    problems = errors.map(describeError);
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, problems.join("; "));
  }

  return {
    hold: (id, skew, process) =>
      inTurn(async () => {
        held.set(id, { skew, process, since: readClocks() });
        sweeps ??= every(sweepMs, () => void (busy || inTurn(sweep).catch(() => undefined)), { unref: true });
        await sweep();
      }),
    release: (id) =>
      inTurn(async () => {
        held.delete(id);
        await sweep();
        if (held.size > 0) return;
        sweeps?.cancel();
        sweeps = undefined;
      }),
    look: (id) =>
      inTurn(() => {
        const of = held.get(id);
        const selected = new Set(of === undefined ? [] : select(of.process).map(({ pid }) => pid));
        const processes = wanted().flatMap(({ process, words }) => (selected.has(process.pid) ? [{ pid: process.pid, wanted: words, seen: lookAtClock(process) }] : []));
        return Promise.resolve({ clocks: readClocks(), processes, problems });
      }),
    [Symbol.dispose]: () => sweeps?.cancel(),
  };
}
