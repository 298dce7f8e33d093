import type { Budget } from "../../harness/budget.ts";
import type { ProcessBar, ProcessLinesDiagram } from "../../harness/diagram.ts";
import type { History } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";
import { describeCall, type SequentialSpec, statesAfter } from "../../harness/spec.ts";
import type { Anomaly } from "../../harness/verdict.ts";
import { type Beginning, deletableBeginning } from "./beginning.ts";
import { type Deletion, deletions } from "./deletion.ts";
import { NEVER, type Part } from "./parts.ts";
import { Search } from "./search.ts";
import { canForgetThePast, partProblem, returnedWithin, windowPart } from "./window.ts";
import { type Known, shrink, type Witness } from "./witness.ts";

/**
 * Says why a part is not linearizable: a witness (see `witness.ts`), the operation that cannot be placed, every state
 * that the object could be in while that operation was open with the reason why it fails there, and a picture.
 *
 *     read → 0 by process 1 (op 2) cannot be placed. While it was open …
 *       the register holds 1: read would return 1, not 0
 *     Only these operations matter: write 1 by process 0 (op 0), read → 0 by process 1 (op 2). …
 */
export function explain(question: { history: History; part: Part; known: Known; budget: Budget }): Anomaly {
  const { history, part } = question;
  const witness = shrink(part, question.known, question.budget);
  const { candidates, order } = candidateStates(witness);
  const name = (operation: number): string => nameOf(history, part, operation);
  const deleted = witness.kept.length <= deletedMax ? deletions(witness, question.budget) : undefined;
  const beginning = deleted?.some(({ explainable }) => explainable === false) === true ? deletableBeginning(part, witness, question.budget) : undefined;
  const where = part.key === undefined ? "" : ` on key ${part.key}`;
  const culprit = name(witness.impossible);
  const lines = [
    `${culprit} cannot be placed${where}: whatever order the operations are given, there is no moment between its call and its return at which it could have taken effect with this answer.`,
    ...candidates.map((candidate) => `  ${candidate}`),
    matter(witness, name),
    counted(witness),
    othersMatterNot(witness, part),
    begun(part, beginning),
  ].filter((line) => line !== "");
  const { call, recorded } = part.classTable[part.classes[witness.impossible]!]!;
  return {
    name: "nonlinearizable",
    operations: opsOf(history, part, witness),
    explanation: lines.join("\n"),
    ...(candidates.length === 1 ? { expected: candidates[0]! } : {}),
    received: describeCall(part.spec, call, recorded),
    diagrams: [draw({ history, witness, order, candidates, replaced: beginning?.replaced ?? [] })],
    details: {
      key: part.key ?? null,
      witness: witness.kept.map((operation) => part.invocations[operation]!),
      impossible: part.invocations[witness.impossible]!,
      pastForgotten: witness.from > 0,
      minimal: witness.minimal,
      ...(deleted === undefined ? {} : { deletions: deletionsOf(part, deleted) }),
      ...(beginning === undefined ? {} : { beginning: { value: beginning.value, replaced: opNumbers(part, beginning.replaced), used: opNumbers(part, beginning.used) } }),
    },
  };
}

/** What is left wrong when an operation of the witness is deleted outright: by op, those that contradict each other then. */
function deletionsOf(part: Part, deleted: readonly Deletion[]): Json {
  return deleted.map(({ operation, explainable, contradicting }) => ({ op: part.invocations[operation]!, valid: explainable ?? null, contradicting: opNumbers(part, contradicting) }));
}
const opNumbers = (part: Part, operations: readonly number[]): number[] => operations.map((operation) => part.invocations[operation]!);
/** Witnesses whose operations are deleted in turn. */
const deletedMax = 12;

/** `read → 4 by process 3 (op 57)`. */
function nameOf(history: History, part: Part, operation: number): string {
  const { call, recorded } = part.classTable[part.classes[operation]!]!;
  const op = part.invocations[operation]!;
  return `${describeCall(part.spec, call, recorded)} by process ${history.processes[op]!} (op ${op})`;
}

/** Indices of invocations and completions of the witness, ascending. */
function opsOf(history: History, part: Part, witness: Witness): number[] {
  const indices: number[] = [];
  for (const operation of witness.kept) {
    const invocation = part.invocations[operation]!;
    indices.push(invocation);
    if (history.pairs[invocation]! >= 0) indices.push(history.pairs[invocation]!);
  }
  return indices.sort((a, b) => a - b);
}

function matter(witness: Witness, name: (operation: number) => string): string {
  const others = witness.kept.filter((operation) => operation !== witness.impossible);
  if (others.length === 0) return "It is wrong by itself.";
  // The last ones are the nearest to the impossible operation.
  const shown = others.slice(-namedMax).map(name).join(", ");
  const more = others.length > namedMax ? ` (the last ${namedMax} of them)` : "";
  return `This follows from ${others.length === 1 ? "one other operation" : `${others.length} other operations`}${more}: ${shown}.`;
}
/** What is wrong with a lock, where counting tells: more acquires returned than releases were called by then, or the other way round. */
function counted({ part, from, to, kept, impossible }: Witness): string {
  if (part.spec.behavesAs !== "mutex") return "";
  const callOf = (operation: number): string => part.classTable[part.classes[operation]!]!.call.f;
  const side = callOf(impossible);
  const returned = kept.filter((operation) => callOf(operation) === side).length;
  let others = 0;
  for (let i = 0; i < part.count; i++) if (part.calls[i]! < to && part.returns[i]! >= from && callOf(i) !== side) others++;
  if (returned <= others + 1) return "";
  const [one, other] = side === "acquire" ? ["acquires", "releases"] : ["releases", "acquires"];
  return `Count them: ${returned} ${one} had returned, but only ${others} ${other} had been called, and they take turns.`;
}
/** Operations named in a sentence; `details.witness` has them all. */
const namedMax = 10;

function othersMatterNot(witness: Witness, part: Part): string {
  const past = witness.from > 0;
  let others = 0;
  for (let i = 0; i < part.count; i++) if (part.calls[i]! < witness.to && part.returns[i]! >= witness.from) others++;
  others -= witness.kept.length;
  const rest = others > 0 ? `even if ${others === 1 ? "the other operation" : `each of the ${others} other operations`} around it took effect at any time after its call, or never` : "";
  const before = past ? `whatever the object held before op ${part.invocations[part.events[witness.from]! >> 1]!}` : "";
  const both = [before, rest].filter((text) => text !== "").join(", and ");
  const caveat = witness.minimal ? "" : " (The budget ended while shrinking: fewer operations may be enough.)";
  return both === "" ? caveat.trim() : `This is so ${both}.${caveat}`;
}

/** From where the proof needs each of its operations even when they are deleted outright. */
function begun(part: Part, beginning: Beginning | undefined): string {
  if (beginning === undefined) return "";
  const { value, replaced, used } = beginning;
  const list = (operations: readonly number[]): string => opNumbers(part, operations).map((op) => `op ${op}`).join(", ");
  const state = part.spec.describeState?.(value) ?? `the state is ${JSON.stringify(value)}`;
  const by = used.length === 0 ? "" : ` (for which ${list(used)} must have taken effect)`;
  return `After ${list(replaced)} ${state}${by}. Begun there, the history is as wrong, and without any one of the proof's operations that follow, as if it had never been called, it is right.`;
}

/** What one state has against the impossible operation, in words; and the longest explainable prefix, in order. */
function candidateStates(witness: Witness): { candidates: string[]; order: number[] } {
  const { part, to, impossible } = witness;
  // A long way to the impossible operation is not walked again: its last stretch is enough, if the past can be forgotten.
  const near = part.calls[impossible]! - stretchEvents;
  const from = near > witness.from && canForgetThePast(part) ? near : witness.from;
  const window = { from, to, kept: returnedWithin(part, from, to) };
  const sub = windowPart(part, window, { leaveOutOldCrashes: from !== witness.from });
  // Without foresight: it would turn away from states before the impossible operation gets to see them.
  const { lookahead: _, doom: __, ...problem } = partProblem(part, sub, { keepValues: true, initialUnknown: from > 0 });
  const target = sub.invocations.indexOf(part.invocations[impossible]!);
  const open = sub.calls[target]!;
  const end = sub.returns[target]!;
  const states = new Set<number>();
  let kept = false;
  const order = new Search(problem).explore(exploreMax, (state, front) => {
    if (front > open) states.add(state);
    if (front !== end || kept) return false;
    kept = true;
    return true;
  });
  const { call, recorded } = part.classTable[part.classes[impossible]!]!;
  const values = new Map<string, string>();
  for (const state of states) {
    for (const value of problem.machine.values(state) ?? []) values.set(JSON.stringify(value), failure(part.spec, { value, call, recorded }));
  }
  const lines = [...values.values()].sort();
  const shown = lines.slice(0, candidatesMax);
  if (lines.length > candidatesMax) shown.push(`and ${lines.length - candidatesMax} other states, each with another answer`);
  return { candidates: shown, order: order.map((operation) => sub.invocations[operation]!) };
}
/** Events before the impossible operation's call that the candidate states are worked out from. */
const stretchEvents = 400;
/** Configurations looked at for the candidate states. */
const exploreMax = 20_000;
const candidatesMax = 8;

/** `where the register holds 1, read would return 1, not 0`; where the answer fits, it is another operation that then does not. */
function failure(spec: SequentialSpec, operation: { value: Json; call: { f: string; value: Json }; recorded: Json | undefined }): string {
  const { value, call, recorded } = operation;
  const state = spec.describeState?.(value) ?? `the state is ${JSON.stringify(value)}`;
  const results = spec.apply(value, call);
  const plain = describeCall(spec, call, undefined);
  if (results.length === 0) return `where ${state}, ${plain} is not possible`;
  if (statesAfter(spec, value, { call, recorded }).length > 0) return `where ${state}, ${plain} fits, but then another operation that returned cannot be placed`;
  const would = results.map(({ ret }) => JSON.stringify(ret)).join(" or ");
  return `where ${state}, ${plain} would return ${would}, not ${JSON.stringify(recorded ?? null)}`;
}

/** Process lines of the witness, with the operations around it where there is room. */
function draw(scene: { history: History; witness: Witness; order: readonly number[]; candidates: readonly string[]; replaced: readonly number[] }): ProcessLinesDiagram {
  const { history, witness, order } = scene;
  const { part } = witness;
  const kept = new Set(witness.kept);
  let shown: number[] = [];
  for (let i = 0; i < part.count; i++) if (part.calls[i]! < witness.to && (kept.has(i) || part.returns[i]! >= witness.from)) shown.push(i);
  if (shown.length > shownMax) shown = witness.kept.slice(-drawnMax);
  const left = witness.kept.filter((operation) => !shown.includes(operation)).length;
  const ranks = ranksOf(part, shown, witness.to);
  const points = pointsOf(part, shown, { order, ranks });
  const processes = [...new Set(shown.map((operation) => history.processes[part.invocations[operation]!]!))].sort((a, b) => a - b);
  const lanes = processes.map((process) => ({
    label: `process ${process}`,
    bars: shown
      .filter((operation) => history.processes[part.invocations[operation]!] === process)
      .map((operation): ProcessBar => {
        const { call, recorded } = part.classTable[part.classes[operation]!]!;
        const returned = part.returns[operation]!;
        const point = points.get(operation);
        const mark =
          operation === witness.impossible ? "impossible" : returned === NEVER ? "crashed" : !kept.has(operation) ? "context" : point !== undefined ? "linearized" : "plain";
        return {
          start: ranks.get(part.calls[operation]!)!,
          end: returned < witness.to ? ranks.get(returned)! : null,
          label: describeCall(part.spec, call, recorded),
          mark,
          ...(point === undefined || operation === witness.impossible ? {} : { point }),
          ...(operation === witness.impossible ? { note: scene.candidates.join("; ") } : !kept.has(operation) ? { note: "not needed for the proof" } : scene.replaced.includes(operation) ? { note: "before the beginning" } : {}),
          operation: part.invocations[operation]!,
        };
      }),
  }));
  return {
    kind: "process-lines",
    title: `not linearizable${part.key === undefined ? "" : `: key ${part.key}`}`,
    lanes,
    caption: `${nameOf(history, part, witness.impossible)} has no place; the points show how far the others can be ordered${left === 0 ? "" : `; ${left} earlier operations of the proof are left out`}`,
  };
}
/** Operations up to which those around the proof are drawn, too. */
const shownMax = 10;
/** Operations of the proof that are drawn, the last ones: a picture of more is not read. */
const drawnMax = 20;

/** Events of the operations shown, as ranks 0, 1, 2 … */
function ranksOf(part: Part, shown: readonly number[], to: number): Map<number, number> {
  const events: number[] = [];
  for (const operation of shown) {
    events.push(part.calls[operation]!);
    if (part.returns[operation]! < to) events.push(part.returns[operation]!);
  }
  return new Map(events.sort((a, b) => a - b).map((event, rank) => [event, rank]));
}

/** Where in the drawn order each operation takes effect: after its call and after everything before it in that order. */
function pointsOf(
  part: Part,
  shown: readonly number[],
  layout: { order: readonly number[]; ranks: ReadonlyMap<number, number> },
): Map<number, { at: number; place: number }> {
  const points = new Map<number, { at: number; place: number }>();
  const byInvocation = new Map(shown.map((operation) => [part.invocations[operation]!, operation]));
  const step = 0.6 / (layout.order.length + 1);
  let at = 0;
  for (const invocation of layout.order) {
    const operation = byInvocation.get(invocation);
    if (operation === undefined) continue;
    at = Math.max(at, layout.ranks.get(part.calls[operation]!)! + 0.2) + step;
    points.set(operation, { at, place: points.size + 1 });
  }
  return points;
}
