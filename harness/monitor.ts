import { assert } from "./assert.ts";
import { canonicalJson, type Json } from "./json.ts";
import type { Call } from "./op.ts";
import { hash32 } from "./random.ts";
import { agrees, type SequentialSpec } from "./spec.ts";

/**
 * Linearizability while it happens. Instead of the recorded history, the monitor keeps what can still matter of it:
 * the set of all explanations that are alive. An explanation (a configuration) is the object's value and, for each
 * open call, whether it already took effect and what it will then return:
 *
 *     value 1, { 0: write 2 not yet, 2: read took effect → 1 }
 *
 * After every step the set is closed under "one more open call takes effect now"; a return keeps the explanations in
 * which that call took effect with that answer. The history is linearizable exactly while the set is not empty, and
 * an empty set stays empty. Two histories with the same set have the same futures, so a model checker may keep the
 * set instead of the history (and an explorer's state space shrinks by it); a live run may be watched by it.
 *
 * Monitors are immutable and shared: equal sets are the same object, with the same `id`, within one family (all that
 * were reached from one `linearizabilityMonitor(spec)`), and transitions are remembered, so a step that was taken
 * before costs one look-up. Configurations are interned too, and what a step makes of one (closed under effects) is
 * remembered with it: sets that share explanations, as most do, share that work. The first time a step costs
 * O(configurations × open calls!) in the worst case, few in practice.
 */
export class LinearizabilityMonitor {
  /** Number of this set within its family, from 0 in order of discovery. */
  readonly id: number;
  readonly #family: Family;
  /** Ids of configurations, ascending. */
  readonly #configurations: readonly number[];
  readonly #steps = new Map<string, LinearizabilityMonitor>();
  #key: string | undefined;

  /** Use `linearizabilityMonitor(spec)`. */
  constructor(family: Family, configurations: readonly number[], id: number) {
    this.id = id;
    this.#family = family;
    this.#configurations = configurations;
  }

  /** One text per set: sorted canonical JSON of the configurations; equal sets have equal keys, in any run. */
  get key(): string {
    return (this.#key ??= `[${this.#members().map(({ text }) => text).sort().join(",")}]`);
  }

  /** Two 32-bit hashes of the set's content, the same in any run. O(configurations). */
  get hash(): readonly [lo: number, hi: number] {
    let lo = this.#configurations.length;
    let hi = lo;
    for (const configuration of this.#members()) {
      lo = (lo + configuration.lo) | 0;
      hi = (hi + configuration.hi) | 0;
    }
    return [lo, hi];
  }

  /** False once no order of the calls explains the answers; never true again after that. */
  get linearizable(): boolean {
    return this.#configurations.length > 0;
  }

  /** Number of explanations that are alive. */
  get size(): number {
    return this.#configurations.length;
  }

  /** Values that the object may hold now, each once. */
  get values(): readonly Json[] {
    const seen = new Map<string, Json>();
    for (const configuration of this.#members()) seen.set(configuration.valueKey, configuration.value);
    return [...seen.values()];
  }

  /** Thread `thread` (any number that has no open call) calls. A thread whose client died is never used again. */
  invoke(thread: number, call: Call): LinearizabilityMonitor {
    return this.#step(`i${thread} ${this.#family.callKey(call)}`, (configuration) => {
      const open: Pending = { thread, call, ret: undefined, text: `[${thread},${this.#family.callKey(call)}]` };
      assert(!configuration.pending.some((other) => other.thread === thread), `thread ${thread} has no open call when it invokes`);
      return this.#family.configuration(configuration.value, [...configuration.pending, open]);
    });
  }

  /** The open call of `thread` returned `recorded`: it has taken effect, with that answer. */
  return(thread: number, recorded: Json): LinearizabilityMonitor {
    return this.#step(`r${thread} ${canonicalJson(recorded)}`, (configuration) => {
      const mine = openCall(configuration, thread);
      if (mine.ret === undefined || !agrees(this.#family.spec, mine.call, mine.ret, recorded)) return undefined;
      return this.#family.without(configuration, thread);
    });
  }

  /** The open call of `thread` surely did not take effect (a completion of type `fail`). */
  fail(thread: number): LinearizabilityMonitor {
    return this.#step(`f${thread}`, (configuration) =>
      openCall(configuration, thread).ret === undefined ? this.#family.without(configuration, thread) : undefined,
    );
  }

  #step(label: string, successor: (configuration: Configuration) => Configuration | undefined): LinearizabilityMonitor {
    let next = this.#steps.get(label);
    if (next === undefined) {
      const ids = new Set<number>();
      for (const configuration of this.#members()) for (const id of this.#family.after(configuration, label, successor)) ids.add(id);
      next = this.#family.intern([...ids]);
      this.#steps.set(label, next);
    }
    return next;
  }

  #members(): readonly Configuration[] {
    return this.#configurations.map((id) => this.#family.configurations[id]!);
  }
}

/** The monitor of an object that nobody has called yet; see `LinearizabilityMonitor`. */
export function linearizabilityMonitor(spec: SequentialSpec): LinearizabilityMonitor {
  const family = new Family(spec);
  return family.intern([family.configuration(spec.initial, []).id]);
}

/** One open call: `ret` is undefined until it takes effect. */
interface Pending {
  readonly thread: number;
  readonly call: Call;
  readonly ret: Json | undefined;
  readonly text: string;
}
interface Configuration {
  readonly id: number;
  readonly value: Json;
  readonly valueKey: string;
  /** Sorted by thread. */
  readonly pending: readonly Pending[];
  readonly text: string;
  readonly lo: number;
  readonly hi: number;
  /** Ids of all that it becomes when open calls take effect, itself included; once asked for. */
  closure: readonly number[] | undefined;
  /** By step: the closed ids that follow; none when the step contradicts it. */
  readonly steps: Map<string, readonly number[]>;
}

function openCall(configuration: Configuration, thread: number): Pending {
  const mine = configuration.pending.find((pending) => pending.thread === thread);
  assert(mine !== undefined, `thread ${thread} has an open call when it completes`);
  return mine;
}

/** What all monitors of one object share: the interned configurations, sets and texts of calls. */
class Family {
  readonly spec: SequentialSpec;
  readonly configurations: Configuration[] = [];
  readonly #byText = new Map<string, Configuration>();
  readonly #monitors = new Map<string, LinearizabilityMonitor>();
  readonly #callKeys = new WeakMap<Call, string>();

  constructor(spec: SequentialSpec) {
    this.spec = spec;
  }

  callKey(call: Call): string {
    let key = this.#callKeys.get(call);
    if (key === undefined) {
      key = canonicalJson([call.f, call.value]);
      this.#callKeys.set(call, key);
    }
    return key;
  }

  /** The monitor of a set of configurations. */
  intern(ids: number[]): LinearizabilityMonitor {
    ids.sort((a, b) => a - b);
    const key = ids.join();
    let monitor = this.#monitors.get(key);
    if (monitor === undefined) {
      monitor = new LinearizabilityMonitor(this, ids, this.#monitors.size);
      this.#monitors.set(key, monitor);
    }
    return monitor;
  }

  configuration(value: Json, pending: readonly Pending[]): Configuration {
    const sorted = [...pending].sort((a, b) => a.thread - b.thread);
    const valueKey = canonicalJson(value);
    const text = `[${valueKey}${sorted.map((open) => `,${open.text}`).join("")}]`;
    let known = this.#byText.get(text);
    if (known === undefined) {
      const id = this.configurations.length;
      known = { id, value, valueKey, pending: sorted, text, lo: hash32(text, 17), hi: hash32(text, 71), closure: undefined, steps: new Map() };
      this.configurations.push(known);
      this.#byText.set(text, known);
    }
    return known;
  }

  without(configuration: Configuration, thread: number): Configuration {
    return this.configuration(configuration.value, configuration.pending.filter((open) => open.thread !== thread));
  }

  after(configuration: Configuration, label: string, successor: (configuration: Configuration) => Configuration | undefined): readonly number[] {
    let ids = configuration.steps.get(label);
    if (ids === undefined) {
      const next = successor(configuration);
      ids = next === undefined ? [] : this.#closure(next);
      configuration.steps.set(label, ids);
    }
    return ids;
  }

  /** All that follows by "an open call takes effect now", any number of times. */
  #closure(from: Configuration): readonly number[] {
    if (from.closure !== undefined) return from.closure;
    const seen = new Set<number>([from.id]);
    const work = [from];
    for (let configuration = work.pop(); configuration !== undefined; configuration = work.pop()) {
      for (const open of configuration.pending) {
        if (open.ret !== undefined) continue;
        for (const { state, ret } of this.spec.apply(configuration.value, open.call)) {
          const next = this.configuration(
            state,
            configuration.pending.map((other) => (other === open ? this.#returning(open, ret) : other)),
          );
          if (seen.has(next.id)) continue;
          seen.add(next.id);
          work.push(next);
        }
      }
    }
    return (from.closure = [...seen]);
  }

  /** An answer that nobody looks at is no part of the set. */
  #returning(open: Pending, ret: Json): Pending {
    const kept = this.spec.observes !== undefined && !this.spec.observes(open.call) ? null : ret;
    return { thread: open.thread, call: open.call, ret: kept, text: `[${open.thread},${this.callKey(open.call)},${canonicalJson(kept)}]` };
  }
}
