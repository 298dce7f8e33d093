import { assert } from "./assert.ts";
import { canonicalJson, type Json } from "./json.ts";
import type { Call } from "./op.ts";
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
 * before costs one look-up. The first time it costs O(configurations × open calls!) in the worst case, few in practice.
 */
export class LinearizabilityMonitor {
  /** Number of this set within its family, from 0 in order of discovery. */
  readonly id: number;
  /** One text per set: sorted canonical JSON of the configurations; equal sets have equal keys. */
  readonly key: string;
  readonly #family: Family;
  readonly #configurations: readonly Configuration[];
  readonly #steps = new Map<string, LinearizabilityMonitor>();

  /** Use `linearizabilityMonitor(spec)`. */
  constructor(family: Family, configurations: readonly Configuration[], key: string) {
    this.id = family.byKey.size;
    this.key = key;
    this.#family = family;
    this.#configurations = configurations;
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
    for (const configuration of this.#configurations) seen.set(configuration.valueKey, configuration.value);
    return [...seen.values()];
  }

  /** Thread `thread` (any number that has no open call) calls. A thread whose client died is never used again. */
  invoke(thread: number, call: Call): LinearizabilityMonitor {
    return this.#step(`i${thread} ${this.#family.callKey(call)}`, () => {
      const open: Pending = { thread, call, ret: undefined, text: `[${thread},${this.#family.callKey(call)}]` };
      return this.#configurations.map((configuration) => {
        assert(!configuration.pending.some((other) => other.thread === thread), `thread ${thread} has no open call when it invokes`);
        return configurationOf(configuration.value, [...configuration.pending, open]);
      });
    });
  }

  /** The open call of `thread` returned `recorded`: it has taken effect, with that answer. */
  return(thread: number, recorded: Json): LinearizabilityMonitor {
    return this.#step(`r${thread} ${canonicalJson(recorded)}`, () => {
      const kept: Configuration[] = [];
      for (const configuration of this.#configurations) {
        const mine = this.#openCall(configuration, thread);
        if (mine.ret !== undefined && agrees(this.#family.spec, mine.call, mine.ret, recorded)) kept.push(without(configuration, thread));
      }
      return kept;
    });
  }

  /** The open call of `thread` surely did not take effect (a completion of type `fail`). */
  fail(thread: number): LinearizabilityMonitor {
    return this.#step(`f${thread}`, () => {
      const kept: Configuration[] = [];
      for (const configuration of this.#configurations) {
        if (this.#openCall(configuration, thread).ret === undefined) kept.push(without(configuration, thread));
      }
      return kept;
    });
  }

  #openCall(configuration: Configuration, thread: number): Pending {
    const mine = configuration.pending.find((pending) => pending.thread === thread);
    assert(mine !== undefined, `thread ${thread} has an open call when it completes`);
    return mine;
  }

  #step(label: string, successors: () => readonly Configuration[]): LinearizabilityMonitor {
    let next = this.#steps.get(label);
    if (next === undefined) {
      next = this.#family.intern(this.#family.saturate(successors()));
      this.#steps.set(label, next);
    }
    return next;
  }
}

/** The monitor of an object that nobody has called yet; see `LinearizabilityMonitor`. */
export function linearizabilityMonitor(spec: SequentialSpec): LinearizabilityMonitor {
  const family = new Family(spec);
  return family.intern([configurationOf(spec.initial, [])]);
}

/** One open call: `ret` is undefined until it takes effect. */
interface Pending {
  readonly thread: number;
  readonly call: Call;
  readonly ret: Json | undefined;
  readonly text: string;
}
interface Configuration {
  readonly value: Json;
  readonly valueKey: string;
  /** Sorted by thread. */
  readonly pending: readonly Pending[];
  readonly key: string;
}

function configurationOf(value: Json, pending: readonly Pending[]): Configuration {
  const sorted = [...pending].sort((a, b) => a.thread - b.thread);
  const valueKey = canonicalJson(value);
  return { value, valueKey, pending: sorted, key: `[${valueKey}${sorted.map((open) => `,${open.text}`).join("")}]` };
}

function without(configuration: Configuration, thread: number): Configuration {
  return configurationOf(configuration.value, configuration.pending.filter((open) => open.thread !== thread));
}

/** What all monitors of one object share: the interned sets and the texts of calls. */
class Family {
  readonly spec: SequentialSpec;
  readonly byKey: Map<string, LinearizabilityMonitor> = new Map();
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

  intern(configurations: readonly Configuration[]): LinearizabilityMonitor {
    const sorted = [...configurations].sort((a, b) => (a.key < b.key ? -1 : 1));
    const key = `[${sorted.map((configuration) => configuration.key).join(",")}]`;
    let monitor = this.byKey.get(key);
    if (monitor === undefined) {
      monitor = new LinearizabilityMonitor(this, sorted, key);
      this.byKey.set(key, monitor);
    }
    return monitor;
  }

  /** Closes the set under "an open call takes effect now". */
  saturate(from: readonly Configuration[]): readonly Configuration[] {
    const seen = new Map<string, Configuration>();
    for (const configuration of from) seen.set(configuration.key, configuration);
    const work = [...seen.values()];
    for (let configuration = work.pop(); configuration !== undefined; configuration = work.pop()) {
      for (const open of configuration.pending) {
        if (open.ret !== undefined) continue;
        for (const { state, ret } of this.spec.apply(configuration.value, open.call)) {
          const next = configurationOf(
            state,
            configuration.pending.map((other) => (other === open ? this.#returning(open, ret) : other)),
          );
          if (seen.has(next.key)) continue;
          seen.set(next.key, next);
          work.push(next);
        }
      }
    }
    return [...seen.values()];
  }

  /** An answer that nobody looks at is no part of the set. */
  #returning(open: Pending, ret: Json): Pending {
    const kept = this.spec.observes !== undefined && !this.spec.observes(open.call) ? null : ret;
    return { thread: open.thread, call: open.call, ret: kept, text: `[${open.thread},${this.callKey(open.call)},${canonicalJson(kept)}]` };
  }
}
