import { assert } from "../assert.ts";
import type { GeneratorContext, Thread, ThreadSet } from "../generator.ts";
import { NEMESIS, type ProcessId, processId } from "../ids.ts";
import type { Random } from "../random.ts";

/**
 * Who is free and who is busy, for the runner and for the simulation. Client threads are bits of 32-bit words, so that
 * picking one of a thousand free threads, in any subset, touches a few words and allocates nothing.
 *
 *     thread   0 1 2 3 4 … concurrency-1, nemesis
 *     process  0 6 2 3 4 …                          thread 1 had one `info` at concurrency 5: 1 + 5
 */
export class ThreadTable {
  readonly concurrency: number;
  readonly everyone: ThreadSet;
  readonly free: Int32Array;
  nemesisFree: boolean;
  readonly #processes: Int32Array;
  readonly #placement: Random;
  readonly #intersections = new WeakMap<ThreadSet, WeakMap<ThreadSet, ThreadSet>>();
  /** The last that was asked for; without a nemesis it is always the same. */
  #last: { readonly a: ThreadSet; readonly b: ThreadSet; readonly both: ThreadSet } | undefined;
  /** Changes with every op taken: where `pick` begins to look. */
  start = 0;

  constructor(options: { readonly concurrency: number; readonly nemesis: boolean; readonly random: Random }) {
    assert(options.concurrency >= 0 && Number.isInteger(options.concurrency), "concurrency is a whole number");
    this.concurrency = options.concurrency;
    this.everyone = threadSet(Array.from({ length: options.concurrency }, (_, i) => i), options.nemesis);
    this.free = this.everyone.clients.slice();
    this.nemesisFree = options.nemesis;
    this.#processes = Int32Array.from({ length: options.concurrency }, (_, i) => i);
    this.#placement = options.random.fork("threads");
    this.#advance();
  }

  /** Marks a free thread busy. */
  take(thread: Thread): void {
    assert(this.isFree(thread), "a thread that takes an op is free");
    if (thread === "nemesis") this.nemesisFree = false;
    else this.free[thread >> 5]! &= ~(1 << (thread & 31));
    this.#advance();
  }

  /** Marks a busy thread free. */
  release(thread: Thread): void {
    if (thread === "nemesis") this.nemesisFree = true;
    else this.free[thread >> 5]! |= 1 << (thread & 31);
  }

  /** Gives a thread its next process number, after an `info`. */
  renumber(thread: number): void {
    this.#processes[thread]! += this.concurrency;
  }

  isFree(thread: Thread): boolean {
    return thread === "nemesis" ? this.nemesisFree : (this.free[thread >> 5]! & (1 << (thread & 31))) !== 0;
  }

  processOf(thread: Thread): ProcessId {
    return thread === "nemesis" ? NEMESIS : processId(this.#processes[thread]!);
  }

  threadOf(process: ProcessId): Thread {
    return process === NEMESIS ? "nemesis" : process % this.concurrency;
  }

  /** The threads that are in both; the same object for the same two, so that nesting costs nothing per draw. */
  intersection(a: ThreadSet, b: ThreadSet): ThreadSet {
    if (this.#last === undefined || this.#last.a !== a || this.#last.b !== b) this.#last = { a, b, both: this.#intersected(a, b) };
    return this.#last.both;
  }

  #intersected(a: ThreadSet, b: ThreadSet): ThreadSet {
    let known = this.#intersections.get(a);
    if (known === undefined) this.#intersections.set(a, (known = new WeakMap()));
    let set = known.get(b);
    if (set === undefined) {
      const clients = a.clients.slice(0, Math.min(a.clients.length, b.clients.length));
      for (let i = 0; i < clients.length; i++) clients[i]! &= b.clients[i]!;
      const nemesis = a.nemesis && b.nemesis;
      known.set(b, (set = { clients, nemesis, size: sizeOf(clients, nemesis) }));
    }
    return set;
  }

  /** What a generator that may use everyone sees at `timeNs`. */
  context(timeNs: number, random: Random): GeneratorContext {
    return new View(this, timeNs, this.everyone, random);
  }

  #advance(): void {
    if (this.concurrency > 0) this.start = this.#placement.int(this.concurrency);
  }
}

/** The set of the given client threads, and the nemesis or not. */
export function threadSet(clients: readonly number[], nemesis: boolean): ThreadSet {
  const words = new Int32Array(((clients.length === 0 ? 0 : Math.max(...clients)) >> 5) + 1);
  for (const thread of clients) words[thread >> 5]! |= 1 << (thread & 31);
  return { clients: words, nemesis, size: sizeOf(words, nemesis) };
}

function sizeOf(words: Int32Array, nemesis: boolean): number {
  let size = nemesis ? 1 : 0;
  for (let word of words) for (; word !== 0; word &= word - 1) size++;
  return size;
}

class View implements GeneratorContext {
  readonly timeNs: number;
  readonly random: Random;
  readonly #table: ThreadTable;
  readonly #set: ThreadSet;

  constructor(table: ThreadTable, timeNs: number, set: ThreadSet, random: Random) {
    this.#table = table;
    this.timeNs = timeNs;
    this.#set = set;
    this.random = random;
  }

  get free(): readonly Thread[] {
    return this.threads.filter((thread) => this.#table.isFree(thread));
  }

  get threads(): readonly Thread[] {
    const list: Thread[] = [];
    for (let thread = 0; thread < this.#table.concurrency; thread++) if (this.has(thread)) list.push(thread);
    if (this.#set.nemesis) list.push("nemesis");
    return list;
  }

  get size(): number {
    return this.#set.size;
  }

  get idle(): boolean {
    const { clients, nemesis } = this.#set;
    if (nemesis && !this.#table.nemesisFree) return false;
    for (let i = 0; i < clients.length; i++) if ((clients[i]! & ~this.#table.free[i]!) !== 0) return false;
    return true;
  }

  pick(): Thread | undefined {
    const { clients, nemesis } = this.#set;
    const free = this.#table.free;
    const length = clients.length;
    const start = this.#table.start;
    const first = (start >> 5) % length;
    let anyClient = false;
    // The word of `start` is looked at twice: its bits from `start` on first, all of them last.
    for (let step = 0; step <= length; step++) {
      const i = (first + step) % length;
      const mine = clients[i]!;
      if (mine === 0) continue;
      anyClient = true;
      const bits = mine & free[i]! & (step === 0 ? -1 << (start & 31) : -1);
      if (bits !== 0) return i * 32 + 31 - Math.clz32(bits & -bits);
    }
    return !anyClient && nemesis && this.#table.nemesisFree ? "nemesis" : undefined;
  }

  isFree(thread: Thread): boolean {
    return this.has(thread) && this.#table.isFree(thread);
  }

  has(thread: Thread): boolean {
    if (thread === "nemesis") return this.#set.nemesis;
    return ((this.#set.clients[thread >> 5] ?? 0) & (1 << (thread & 31))) !== 0;
  }

  processOf(thread: Thread): ProcessId {
    return this.#table.processOf(thread);
  }

  threadOf(process: ProcessId): Thread {
    return this.#table.threadOf(process);
  }

  only(threads: ThreadSet): GeneratorContext {
    return new View(this.#table, this.timeNs, this.#table.intersection(this.#set, threads), this.random);
  }

  under(random: Random): GeneratorContext {
    return new View(this.#table, this.timeNs, this.#set, random);
  }
}
