import type { ClockSkew } from "../../harness/cluster.ts";
import { describeError } from "../../harness/errors.ts";
import { isSame } from "../../harness/process-identity.ts";
import { type Cancellable, type ClockReading, every, readClocks } from "../../harness/time.ts";
import { type ClockState, lookAtClock, resetClock, setClock } from "./process-clock.ts";
import { addKept, ahead, type AllWords, combine, type HeldSkew, type Kept, noSkew, nothingKept, sameWords } from "./skew.ts";
import type { ProcessId } from "./standstill.ts";

/**
 * Keeps the clocks of a node's processes as they are wanted. A skew belongs to the node, not to a process: one that is
 * started while it is on (after a kill, or by another) has the machine's clocks at first, is found within a tenth of a
 * second, and its drift goes on where that of the last one would be.
 *
 * When a skew ends, dates are the machine's at once, as an operator would set them. Clocks of durations go on from where
 * they are, at the true rate: no kernel ever sets them back, and what they count from means nothing. So a process keeps
 * what it gained, until it ends.
 */
export interface Keeper {
  /** Resolves when every process has it. */
  hold(id: string, skew: ClockSkew, process?: string): Promise<void>;
  /** Resolves when it is over for every process; an id that is not held is none. */
  release(id: string): Promise<void>;
  look(id: string): Promise<KeeperLook>;
}

/** What was seen of a held skew. */
export interface KeeperLook {
  /** The machine's clocks, when it was looked. */
  readonly clocks: ClockReading;
  /** Processes that are to have it. */
  readonly processes: readonly { readonly pid: number; readonly wanted: AllWords; readonly seen: ClockState }[];
  /** What keeps a process from having it. */
  readonly problems: readonly string[];
}

interface Held extends HeldSkew {
  readonly process: string | undefined;
}
interface Wanted {
  readonly process: ProcessId;
  readonly held: readonly Held[];
}
interface Changed {
  readonly process: ProcessId;
  readonly kept: Kept;
}

const sweepMs = 100;

/** `select`: processes of a node that now run, all or those of a name; each is known by pid and start, and no other is touched. */
export function localKeeper(select: (process: string | undefined) => readonly ProcessId[]): Keeper & Disposable {
  const held = new Map<string, Held>();
  /** By pid: processes whose clocks were changed. */
  const changed = new Map<number, Changed>();
  let sweeps: Cancellable | undefined;
  let waiting = false;
  const inTurn = turns();

  function wanted(): readonly Wanted[] {
    const found = new Map<number, { readonly process: ProcessId; readonly held: Held[] }>();
    for (const one of held.values()) {
      for (const process of select(one.process)) {
        const entry = found.get(process.pid) ?? { process, held: [] };
        entry.held.push(one);
        found.set(process.pid, entry);
      }
    }
    return [...found.values()];
  }

  /** One process as it is wanted. A child that inherited its clocks keeps what they have gained. */
  async function bring({ process, held }: Wanted): Promise<void> {
    const seen = lookAtClock(process);
    if (seen.state === "gone") return;
    const known = changed.get(process.pid);
    const inherited = seen.state === "skewed" ? ahead(seen.words, combine(held), readClocks()) : nothingKept;
    const kept = known?.process.startTicks === process.startTicks ? known.kept : inherited;
    changed.set(process.pid, { process, kept });
    const words = combine(held, kept);
    if (sameWords(words, noSkew)) return await resetClock(process);
    if (seen.state !== "skewed" || !sameWords(seen.words, words)) await setClock(process, words);
  }

  /** Every process as it is wanted, also those of which nothing more is wanted; each is tried. Resolves with what failed. */
  async function sweep(): Promise<readonly unknown[]> {
    const now = wanted();
    const left = [...changed.values()].filter(({ process }) => !now.some((one) => one.process.pid === process.pid)).map(({ process }) => ({ process, held: [] }));
    const errors: unknown[] = [];
    for (const one of [...now, ...left]) {
      const { pid, startTicks } = one.process;
      try {
        await bring(one);
      } catch (error) {
        if (isSame(pid, startTicks)) errors.push(error);
      }
      if (!isSame(pid, startTicks)) changed.delete(pid);
    }
    return errors;
  }

  /** Unless one is waiting for its turn. */
  function sweepSoon(): void {
    if (waiting) return;
    waiting = true;
    void inTurn(sweep).finally(() => (waiting = false));
  }

  async function sweepOrThrow(): Promise<void> {
    const errors = await sweep();
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(describeError).join("; "));
  }

  return {
    hold: (id, skew, process) =>
      inTurn(async () => {
        held.set(id, { skew, process, since: readClocks() });
        sweeps ??= every(sweepMs, sweepSoon, { unref: true });
        await sweepOrThrow();
      }),
    release: (id) =>
      inTurn(async () => {
        const now = readClocks();
        for (const { process, held: all } of wanted()) {
          const entry = changed.get(process.pid);
          const others = all.filter((one) => one !== held.get(id));
          if (entry !== undefined) changed.set(process.pid, { process, kept: addKept(entry.kept, ahead(combine(all), combine(others), now)) });
        }
        held.delete(id);
        await sweepOrThrow();
        if (held.size > 0) return;
        sweeps?.cancel();
        sweeps = undefined;
      }),
    look: (id) =>
      inTurn(async () => {
        // Who came since the last sweep has it now, or a problem says why not.
        const problems = (await sweep()).map(describeError);
        const one = held.get(id);
        const processes = wanted()
          .filter(({ held: all }) => one !== undefined && all.includes(one))
          .map(({ process, held: all }) => ({ pid: process.pid, wanted: combine(all, changed.get(process.pid)?.kept), seen: lookAtClock(process) }))
          // Short-lived ones come and go, with databases that start a program for each client.
          .filter(({ seen }) => seen.state !== "gone");
        return { clocks: readClocks(), processes, problems };
      }),
    [Symbol.dispose]: () => sweeps?.cancel(),
  };
}

/** One piece of work at a time, in the order in which they are asked for. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
