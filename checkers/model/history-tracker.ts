import type { HistoryEvent } from "../../harness/actor-model.ts";
import { assert } from "../../harness/assert.ts";
import { historyText, operationText, returnText } from "../../harness/canonical-history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import { type LinearizabilityMonitor, linearizabilityMonitor } from "../../harness/monitor.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { Column, Interner, mix, PairTable } from "./tables.ts";

/**
 * The clients' history as a component of the state, by id. Two trackers, one interface:
 *
 *     history   all that clients saw; the set of reachable outcomes comes out, and the state space is larger for it
 *     monitor   only what can still matter for linearizability (harness/monitor.ts); no outcomes
 *
 * Both step through a memo (id, event list) → id, and both decide linearizability once per id: the history tracker
 * carries the monitor's set along with each history, so nothing is ever searched.
 */
export interface HistoryTracker {
  readonly initial: number;
  readonly lo: Column;
  readonly hi: Column;
  readonly count: number;
  /** Id after the events of list `events`, in order. */
  next(history: number, events: number): number;
  linearizable(history: number): boolean;
  /** Canonical text of a history; undefined for a monitor. */
  text(history: number): string | undefined;
}

/** Lists of history events, interned; id 0 is the empty list. */
export class EventLists {
  readonly #lists = new Interner<readonly HistoryEvent[]>("events");

  constructor() {
    this.id([]);
  }

  id(events: readonly HistoryEvent[]): number {
    return this.#lists.id(canonicalJson(events as unknown as Json), () => events);
  }

  get(id: number): readonly HistoryEvent[] {
    return this.#lists.objects[id]!;
  }
}

/** Monitors by number, and what each becomes after a list of events, remembered. */
class Monitors {
  readonly all: LinearizabilityMonitor[] = [];
  readonly #ids = new Map<LinearizabilityMonitor, number>();
  readonly #steps = new PairTable();
  readonly #lists: EventLists;

  constructor(spec: SequentialSpec, lists: EventLists) {
    this.#lists = lists;
    this.#file(linearizabilityMonitor(spec));
  }

  next(id: number, events: number): number {
    const known = this.#steps.get(id, events);
    if (known !== PairTable.missing) return known;
    let monitor = this.all[id]!;
    // The empty set is absorbing: no order explains what was seen, and none ever will.
    for (const event of this.#lists.get(events)) {
      if (!monitor.linearizable) break;
      monitor = event.event === "invoke" ? monitor.invoke(event.thread, event.call) : monitor.return(event.thread, event.value);
    }
    const next = this.#file(monitor);
    this.#steps.set(id, events, next);
    return next;
  }

  #file(monitor: LinearizabilityMonitor): number {
    const known = this.#ids.get(monitor);
    if (known !== undefined) return known;
    this.#ids.set(monitor, this.all.length);
    return this.all.push(monitor) - 1;
  }
}

/** Only what can still matter. */
export class MonitorTracker implements HistoryTracker {
  readonly initial = 0;
  readonly lo: Column = new Column();
  readonly hi: Column = new Column();
  readonly #monitors: Monitors;

  constructor(spec: SequentialSpec, lists: EventLists) {
    this.#monitors = new Monitors(spec, lists);
    this.#hash();
  }

  get count(): number {
    return this.lo.length;
  }

  next(history: number, events: number): number {
    const next = this.#monitors.next(history, events);
    if (next >= this.lo.length) this.#hash();
    return next;
  }

  linearizable(history: number): boolean {
    return this.#monitors.all[history]!.linearizable;
  }

  text(): undefined {
    return undefined;
  }

  #hash(): void {
    while (this.lo.length < this.#monitors.all.length) {
      const [lo, hi] = this.#monitors.all[this.lo.length]!.hash;
      this.lo.push(mix(lo, 1));
      this.hi.push(mix(hi, 2));
    }
  }
}

/**
 * All that clients saw. Each thread's operations are a linked list that histories share; an operation remembers how
 * many operations every other thread had completed when it was invoked, which is the real-time order and nothing else:
 *
 *     thread 0:  root <- [write 1 → ok; before it: none] <- [read, open; before it: 1 of thread 1]
 */
export class FullTracker implements HistoryTracker {
  readonly initial = 0;
  readonly lo: Column = new Column();
  readonly hi: Column = new Column();
  readonly #spec: SequentialSpec;
  readonly #threads: number;
  readonly #lists: EventLists;
  readonly #steps = new PairTable();
  // Nodes of the threads' lists; node 0 is the empty list of every thread.
  readonly #parent = new Column();
  readonly #entry = new Column();
  readonly #completed = new Column();
  readonly #nodeLo = new Column();
  readonly #nodeHi = new Column();
  readonly #nodes = new PairTable();
  readonly #entries = new Interner<Entry>("operation");
  // Histories: one node per thread, flat.
  readonly #heads = new Column();
  readonly #ids = new Map<string, number>();
  readonly #monitorOf = new Column();
  readonly #monitors: Monitors;

  constructor(spec: SequentialSpec, lists: EventLists, threads: number) {
    this.#spec = spec;
    this.#threads = threads;
    this.#lists = lists;
    for (const column of [this.#parent, this.#entry, this.#nodeLo, this.#nodeHi]) column.push(-1);
    this.#completed.push(0);
    this.#monitors = new Monitors(spec, lists);
    this.#file(new Array<number>(threads).fill(0), 0);
  }

  get count(): number {
    return this.#monitorOf.length;
  }

  next(history: number, events: number): number {
    const known = this.#steps.get(history, events);
    if (known !== PairTable.missing) return known;
    const heads = Array.from(this.#heads.at.subarray(history * this.#threads, (history + 1) * this.#threads));
    const monitor = this.#monitors.next(this.#monitorOf.at[history]!, events);
    for (const event of this.#lists.get(events)) {
      const head = heads[event.thread]!;
      if (event.event === "invoke") {
        const before = heads.map((other, thread) => (thread === event.thread ? 0 : this.#completed.at[other]!));
        const text = operationText(before, event.call.f, event.call.value);
        heads[event.thread] = this.#node(head, this.#entries.id(text, () => ({ open: true, text, call: event.call })));
      } else {
        const open = this.#entries.objects[this.#entry.at[head]!];
        assert(open?.open === true, `thread ${event.thread} has an open operation when it returns`);
        const silent = this.#spec.observes !== undefined && !this.#spec.observes(open.call);
        const text = `${open.text}${returnText(silent ? null : event.value)}`;
        heads[event.thread] = this.#node(this.#parent.at[head]!, this.#entries.id(text, () => ({ open: false, text, call: open.call })));
      }
    }
    const id = this.#file(heads, monitor);
    this.#steps.set(history, events, id);
    return id;
  }

  linearizable(history: number): boolean {
    return this.#monitors.all[this.#monitorOf.at[history]!]!.linearizable;
  }

  text(history: number): string {
    const threads: string[] = [];
    for (let thread = 0; thread < this.#threads; thread++) {
      const operations: string[] = [];
      for (let node = this.#heads.at[history * this.#threads + thread]!; node > 0; node = this.#parent.at[node]!) {
        operations.push(this.#entries.objects[this.#entry.at[node]!]!.text);
      }
      threads.push(operations.reverse().join("; "));
    }
    return historyText(threads);
  }

  #node(parent: number, entry: number): number {
    const known = this.#nodes.get(parent, entry);
    if (known !== PairTable.missing) return known;
    const node = this.#parent.push(parent);
    this.#entry.push(entry);
    this.#completed.push(this.#completed.at[parent]! + (this.#entries.objects[entry]!.open ? 0 : 1));
    this.#nodeLo.push(mix(this.#nodeLo.at[parent]!, this.#entries.lo.at[entry]!));
    this.#nodeHi.push(mix(this.#nodeHi.at[parent]!, this.#entries.hi.at[entry]!));
    this.#nodes.set(parent, entry, node);
    return node;
  }

  #file(heads: readonly number[], monitor: number): number {
    const key = heads.join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    let lo = 0;
    let hi = 0;
    for (let thread = 0; thread < heads.length; thread++) {
      this.#heads.push(heads[thread]!);
      lo = (lo + mix(thread + 1, this.#nodeLo.at[heads[thread]!]!)) | 0;
      hi = (hi + mix(thread + 101, this.#nodeHi.at[heads[thread]!]!)) | 0;
    }
    this.lo.push(lo);
    this.hi.push(hi);
    const id = this.#monitorOf.push(monitor);
    this.#ids.set(key, id);
    return id;
  }
}

interface Entry {
  readonly open: boolean;
  readonly text: string;
  readonly call: { readonly f: string; readonly value: Json };
}
