import { contradiction, type Monitor, type MonitorAnswer } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";
import { byteColumn, int32Column } from "../small-columns.ts";
import { CAS, NOTHING, READ, REFUSED, registerForms, type RegisterForms, WRITE } from "../register-forms.ts";
import { registerOrder } from "./register-order.ts";

/**
 * A register in which every value comes about once, by a write or a cas, and no cas was refused (Gibbons and Korach,
 * 1997, extended by cas).
 *
 * All operations on a value take effect while the register holds it, in one stretch of time; so do the values of a
 * chain write a, cas a → b, cas b → c. Such a chain is a block, and inside it the order is forced: write a, reads of a,
 * the cas, reads of b, … Between its first return f and its last call s a block certainly holds the register:
 *
 *     f < s   forward zone:  held during [f, s]          |---- f ######## s ----|
 *     f ≥ s   backward zone: some moment within [s, f]   |---- s ........ f ----|
 *
 * The part is linearizable exactly if every block is in order, no two forward zones overlap, and no backward zone lies
 * inside a forward one. O(operations), on event numbers, without sorting. Blocks may then follow each other as their
 * zones begin to matter: forward ones at f, backward ones at s, or after the forward zone that covers s, which ends
 * before f.
 */
export const registerZones: Monitor = {
  name: "zones",
  summary: "register, every value written once, no refused cas: O(n)",
  judge(part) {
    if (part.spec.behavesAs !== "register" || registerForms(part).kinds.includes(REFUSED)) return undefined;
    return judgeRegister(byOperation(part));
  },
};

/** Operations on a register as integers, by operation: what its class says in `RegisterForms`. */
export interface RegisterOperations extends Pick<Part, "count" | "eventCount" | "calls" | "returns">, RegisterForms {}

function byOperation(part: Part): RegisterOperations {
  const forms = registerForms(part);
  const { count, eventCount, calls, returns, classes } = part;
  const kinds = byteColumn(count);
  const froms = int32Column(count);
  const tos = int32Column(count);
  for (let i = 0; i < count; i++) {
    const id = classes[i]!;
    kinds[i] = forms.kinds[id]!;
    froms[i] = forms.froms[id]!;
    tos[i] = forms.tos[id]!;
  }
  return { count, eventCount, calls, returns, kinds, froms, tos, valueCount: forms.valueCount, initial: forms.initial };
}

/** The same for operations that were put as those of a register; undefined where a value comes about twice. */
export function judgeRegister(operations: RegisterOperations): MonitorAnswer | undefined {
  const values = valuesOf(operations);
  return values === undefined ? undefined : judgeBlocks(operations, values);
}

/** Who makes and who uses each value; operations by number, -1 none. */
interface Values {
  readonly producer: Int32Array;
  /** The cas that takes the value away. */
  readonly consumer: Int32Array;
  /** Of its reads the first to return, and the last to be called. */
  readonly firstReturned: Int32Array;
  readonly lastCalled: Int32Array;
  /** A second cas that takes the same value away, if any. */
  readonly rival: readonly [number, number] | undefined;
}

function valuesOf(operations: RegisterOperations): Values | undefined {
  const { count, kinds, froms, tos, returns, initial, valueCount } = operations;
  const producer = int32Column(valueCount).fill(-1);
  const consumer = int32Column(valueCount).fill(-1);
  const firstReturned = int32Column(valueCount).fill(-1);
  const lastCalled = int32Column(valueCount).fill(-1);
  let crashed = false;
  let rival: readonly [number, number] | undefined;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i]!;
    if (kind === REFUSED) return undefined;
    if (kind === WRITE || kind === CAS) {
      const to = tos[i]!;
      if (to === initial || producer[to] !== -1 || to === froms[i]) return undefined;
      producer[to] = i;
    }
    if (kind === READ) {
      const value = froms[i]!;
      const first = firstReturned[value]!;
      if (first < 0 || returns[i]! < returns[first]!) firstReturned[value] = i;
      lastCalled[value] = i;
    }
    if (returns[i] === NEVER) crashed = true;
  }
  const keep = crashed ? neededValues(operations, producer) : undefined;
  for (let i = 0; i < count; i++) {
    if (kinds[i] === NOTHING || kinds[i] === READ) continue;
    if (returns[i] === NEVER && keep![tos[i]!] === 0) producer[tos[i]!] = -1;
    else if (kinds[i] === CAS) {
      if (consumer[froms[i]!] !== -1) rival = [consumer[froms[i]!]!, i];
      consumer[froms[i]!] = i;
    }
  }
  return { producer, consumer, firstReturned, lastCalled, rival };
}

/** By value: 1 where something that surely happened needs it, perhaps through crashed cas. Only there do crashed operations count. */
function neededValues({ count, valueCount, kinds, froms, returns }: RegisterOperations, producer: Int32Array): Uint8Array {
  const keep = byteColumn(valueCount);
  const needed: number[] = [];
  for (let i = 0; i < count; i++) if (kinds[i] === READ || (kinds[i] === CAS && returns[i] !== NEVER)) needed.push(froms[i]!);
  for (let value = needed.pop(); value !== undefined; value = needed.pop()) {
    if (keep[value] === 1) continue;
    keep[value] = 1;
    const maker = producer[value]!;
    if (maker >= 0 && returns[maker] === NEVER && kinds[maker] === CAS) needed.push(froms[maker]!);
  }
  return keep;
}

function judgeBlocks(operations: RegisterOperations, values: Values): MonitorAnswer {
  if (values.rival !== undefined) return contradiction(...values.rival);
  const { calls, returns, froms, tos, eventCount, valueCount, initial } = operations;
  const { producer, consumer, firstReturned, lastCalled } = values;
  // Zones by the event at which they begin to matter: forward ones (root + 1) at their first return, backward ones
  // (-1 - root) at their last call.
  const zoneAt = int32Column(eventCount + 1);
  /** By block root: the operations that make its zone; -1 before all events. */
  const firsts = int32Column(valueCount);
  const lasts = int32Column(valueCount);
  const visited = byteColumn(valueCount);
  for (let root = 0; root < valueCount; root++) {
    const maker = producer[root]!;
    if (root !== initial && maker < 0) {
      // Nobody made it, and yet it was read or expected.
      const user = firstReturned[root]! >= 0 ? firstReturned[root]! : consumer[root]!;
      if (user >= 0) return contradiction(user);
      continue;
    }
    if (root !== initial && froms[maker]! >= 0) continue;
    let first = maker;
    let last = maker;
    for (let value = root; ; ) {
      visited[value] = 1;
      const reader = firstReturned[value]!;
      if (reader >= 0) {
        if (last >= 0 && returns[reader]! < calls[last]!) return contradiction(reader, last);
        if (first >= 0 && returns[reader]! < returns[first]!) first = reader;
        if (last < 0 || calls[lastCalled[value]!]! > calls[last]!) last = lastCalled[value]!;
      }
      const next = consumer[value]!;
      if (next < 0) break;
      if (last >= 0 && returns[next]! < calls[last]!) return contradiction(next, last);
      if (first >= 0 && returns[next]! < returns[first]!) first = next;
      if (last < 0 || calls[next]! > calls[last]!) last = next;
      value = tos[next]!;
    }
    firsts[root] = first;
    lasts[root] = last;
    if (root === initial) continue;
    if (returns[first]! < calls[last]!) zoneAt[returns[first]!] = root + 1;
    else if (returns[first] !== NEVER) zoneAt[calls[last]!] = -1 - root;
  }
  for (let value = 0; value < valueCount; value++) {
    // What no chain reaches hangs on a cycle of cas.
    if (visited[value] === 0 && producer[value]! >= 0) return contradiction(producer[value]!, consumer[value]!);
  }
  let holder = initial;
  let end = lasts[initial]! < 0 ? -1 : calls[lasts[initial]!]!;
  for (let event = 0; event < eventCount; event++) {
    const zone = zoneAt[event]!;
    if (zone === 0) continue;
    const root = Math.abs(zone) - 1;
    if (zone > 0 ? end > event : returns[firsts[root]!]! < end) return contradiction(firsts[holder]!, lasts[holder]!, firsts[root]!, lasts[root]!);
    if (zone > 0) {
      end = calls[lasts[root]!]!;
      holder = root;
    }
  }
  return {
    linearizable: true,
    linearization: () => registerOrder({ operations, producer, consumer, roots: rootsBy(zoneAt, initial) }),
  };
}

/** The roots of blocks in the order of their zones, the initial value's first. */
function* rootsBy(zoneAt: Int32Array, initial: number): Generator<number> {
  yield initial;
  for (const zone of zoneAt) if (zone !== 0) yield Math.abs(zone) - 1;
}
