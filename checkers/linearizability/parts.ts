import { assert } from "../../harness/assert.ts";
import { type History, typeCodes } from "../../harness/history.ts";
import { NEMESIS } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { Classifier, type PartDraft } from "./classifier.ts";
import { type Evidence, evidenceByInvocation } from "./evidence.ts";

/**
 * A history, encoded once for every engine of this folder: split into its independent parts (keys), and each part
 * laid out in typed arrays.
 *
 *     events   0:call a  1:call b  2:return a  3:call c  4:return b      (c never returned: it crashed)
 *     calls    [0, 1, 3]      returns [2, 4, NEVER]     classes [0, 1, 2]
 *
 * A class is a call with its recorded answer; operations of one class are interchangeable. Operations that surely did
 * not happen (`fail`) are left out; so are crashed operations that could not have changed anything.
 */
export interface Part {
  /** The key, as its canonical text; undefined where the object is one piece. */
  readonly key: string | undefined;
  readonly spec: SequentialSpec;
  /** Number of operations. */
  readonly count: number;
  /** Number of events: calls and returns. */
  readonly eventCount: number;
  /** By event: `2 * operation` for its call, `2 * operation + 1` for its return. */
  readonly events: Int32Array;
  /** By operation, in order of calls: the events of its call and return (`NEVER`: it crashed). */
  readonly calls: Int32Array;
  readonly returns: Int32Array;
  /** By operation: its class. */
  readonly classes: Int32Array;
  readonly classTable: readonly OperationClass[];
  /** By operation: `Op.index` of its invocation. */
  readonly invocations: Int32Array;
}

export interface OperationClass {
  readonly call: Call;
  /** What it returned; undefined when nobody knows (it crashed). */
  readonly recorded: Json | undefined;
  /** Changes no state wherever it is possible. */
  readonly readOnly: boolean;
}

/** The return of an operation that never returned: after every event. */
export const NEVER = 0x7fffffff;

/** Splits and encodes. O(ops). Throws `HarnessError` where the spec refuses a call, or evidence does not fit. */
export function partsOf(history: History, spec: SequentialSpec, evidence: readonly Evidence[] = []): Part[] {
  const proven = evidenceByInvocation(history, evidence);
  const classifier = new Classifier(history, spec);
  const { types, processes, pairs, length } = history;
  const drafts: PartDraft[] = [];
  /** By op index of an invocation: the number of its part plus 1 (0: left out), its class there, its place in the layout. */
  const owners = new Int32Array(length);
  const classes = new Int32Array(length);
  const places = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (types[i] !== typeCodes.invoke || processes[i] === NEMESIS) continue;
    const pair = pairs[i]!;
    const proof = proven.size === 0 ? undefined : proven.get(i);
    const outcome = proof === undefined ? (pair < 0 ? typeCodes.info : types[pair]!) : typeCodes.ok;
    if (outcome === typeCodes.fail || proof?.says === "did not happen") continue;
    const known = classifier.callOf(i);
    const id = proof !== undefined ? classifier.proven(known, proof.answer ?? null) : outcome === typeCodes.ok ? classifier.returned(known, pair) : classifier.crashed(known);
    const { draft } = known;
    if (outcome !== typeCodes.ok && draft.classTable[id]!.readOnly) continue;
    if (draft.number < 0) draft.number = drafts.push(draft) - 1;
    owners[i] = draft.number + 1;
    classes[i] = id;
    draft.count++;
    draft.eventCount += outcome === typeCodes.ok ? 2 : 1;
  }
  const layout = new Layout(drafts);
  const provenBefore = provenByEnd(proven, length);
  for (let i = 0; i < length; i++) {
    if (provenBefore !== undefined) for (const invocation of provenBefore.get(i) ?? []) layout.return(owners[invocation]! - 1, places[invocation]!);
    const type = types[i]!;
    if (type === typeCodes.invoke) {
      if (owners[i] !== 0) places[i] = layout.call(owners[i]! - 1, i, classes[i]!);
    } else if (type === typeCodes.ok) {
      const invocation = pairs[i]!;
      if (invocation >= 0 && owners[invocation] !== 0) layout.return(owners[invocation]! - 1, places[invocation]!);
    }
  }
  for (const invocation of provenBefore?.get(length) ?? []) layout.return(owners[invocation]! - 1, places[invocation]!);
  return layout.parts();
}

/** By op index: invocations that are known to have taken effect before it, though they never returned. */
function provenByEnd(proven: ReadonlyMap<number, Evidence>, length: number): Map<number, number[]> | undefined {
  if (proven.size === 0) return undefined;
  const ends = new Map<number, number[]>();
  for (const [invocation, proof] of [...proven].sort(([a], [b]) => a - b)) {
    if (proof.says !== "happened") continue;
    const before = proof.before ?? length;
    ends.set(before, [...(ends.get(before) ?? []), invocation]);
  }
  return ends;
}

/** The columns of all parts, part after part: a history may have thousands of small ones. */
class Layout {
  readonly #drafts: readonly PartDraft[];
  readonly #events: Int32Array;
  readonly #calls: Int32Array;
  readonly #returns: Int32Array;
  readonly #classes: Int32Array;
  readonly #invocations: Int32Array;
  /** By part: where its operations and events begin, and where the next ones go. */
  readonly #firstPlaces: Int32Array;
  readonly #firstEvents: Int32Array;
  readonly #nextPlaces: Int32Array;
  readonly #nextEvents: Int32Array;

  constructor(drafts: readonly PartDraft[]) {
    this.#drafts = drafts;
    this.#firstPlaces = new Int32Array(drafts.length + 1);
    this.#firstEvents = new Int32Array(drafts.length + 1);
    drafts.forEach(({ count, eventCount }, part) => {
      this.#firstPlaces[part + 1] = this.#firstPlaces[part]! + count;
      this.#firstEvents[part + 1] = this.#firstEvents[part]! + eventCount;
    });
    this.#nextPlaces = this.#firstPlaces.slice();
    this.#nextEvents = this.#firstEvents.slice();
    const count = this.#firstPlaces[drafts.length]!;
    this.#events = new Int32Array(this.#firstEvents[drafts.length]!);
    this.#calls = new Int32Array(count);
    this.#returns = new Int32Array(count).fill(NEVER);
    this.#classes = new Int32Array(count);
    this.#invocations = new Int32Array(count);
  }

  /** Enters a call; the place of its operation. */
  call(part: number, invocation: number, classId: number): number {
    const place = this.#nextPlaces[part]!++;
    const event = this.#nextEvents[part]!++;
    this.#calls[place] = event - this.#firstEvents[part]!;
    this.#classes[place] = classId;
    this.#invocations[place] = invocation;
    this.#events[event] = 2 * (place - this.#firstPlaces[part]!);
    return place;
  }

  /** Enters the return of the operation at that place. */
  return(part: number, place: number): void {
    const event = this.#nextEvents[part]!++;
    this.#returns[place] = event - this.#firstEvents[part]!;
    this.#events[event] = 2 * (place - this.#firstPlaces[part]!) + 1;
  }

  parts(): Part[] {
    return this.#drafts.map(({ key, spec, classTable, count, eventCount }, part) => {
      const first = this.#firstPlaces[part]!;
      const end = this.#firstPlaces[part + 1]!;
      const firstEvent = this.#firstEvents[part]!;
      const endEvent = this.#firstEvents[part + 1]!;
      assert(this.#nextPlaces[part] === end && this.#nextEvents[part] === endEvent, "every operation that was counted was entered");
      return {
        key,
        spec,
        count,
        eventCount,
        events: this.#events.subarray(firstEvent, endEvent),
        calls: this.#calls.subarray(first, end),
        returns: this.#returns.subarray(first, end),
        classes: this.#classes.subarray(first, end),
        classTable,
        invocations: this.#invocations.subarray(first, end),
      };
    });
  }
}
