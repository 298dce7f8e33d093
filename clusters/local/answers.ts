import type { OperationId } from "../../harness/actor.ts";
import type { History, Operation } from "../../harness/history.ts";
import { equalJson, type Json } from "../../harness/json.ts";
import { NEMESIS } from "../../harness/ids.ts";
import type { Call } from "../../harness/op.ts";
import { agrees, describeCall, type SequentialSpec } from "../../harness/spec.ts";
import type { Diary } from "./diaries.ts";

/**
 * Holds what clients say they were answered against what the nodes wrote down that they answered. A client thread's
 * calls have numbers in its own order, so its operations that ended `ok` must be found in that order among them:
 *
 *     history, thread 2:   write 1 ok · read fail · read → 1 ok
 *     diaries, c2.*:       write 1 → null · read → 1            (the refused one never reached an actor)
 *
 * Undefined when all are; else the first operation that no node answered so. O(operations + events).
 */
export function unansweredOperation(options: { readonly history: History; readonly concurrency: number; readonly spec: SequentialSpec; readonly diaries: readonly Diary[] }): Unanswered | undefined {
  const { history, concurrency, spec } = options;
  const calls = answeredCalls(options.diaries);
  const positions = new Map<number, number>();
  for (const operation of history.operations()) {
    const { invocation, completion } = operation;
    if (invocation.process === NEMESIS || completion?.type !== "ok") continue;
    const thread = invocation.process % concurrency;
    const own = calls.get(thread) ?? [];
    const from = positions.get(thread) ?? 0;
    const at = own.findIndex((call, n) => n >= from && isAnswerOf(call, operation, spec));
    if (at < 0) return { operation, text: `client thread ${thread} was answered ${describeCall(spec, invocation, completion.value)} (op ${completion.index}), and no node wrote such an answer down` };
    positions.set(thread, at + 1);
  }
  return undefined;
}

export interface Unanswered {
  readonly operation: Operation;
  readonly text: string;
}

interface AnsweredCall {
  readonly call: Call;
  readonly value: Json;
}

/** By client thread, in the order of the calls' numbers. */
function answeredCalls(diaries: readonly Diary[]): Map<number, AnsweredCall[]> {
  const calls = new Map<OperationId, Call>();
  const answers = new Map<OperationId, Json>();
  for (const line of diaries.flatMap(({ lines }) => lines)) {
    if (line.event === "call") calls.set(line.in.operation, line.in.call);
    for (const { operation, value } of line.replies) if (!answers.has(operation)) answers.set(operation, value);
  }
  const byThread = new Map<number, (AnsweredCall & { readonly n: number })[]>();
  for (const [operation, value] of answers) {
    const [thread = 0, n = 0] = operation.slice(1).split(".").map(Number);
    const own = byThread.get(thread) ?? [];
    if (own.length === 0) byThread.set(thread, own);
    own.push({ n, call: calls.get(operation)!, value });
  }
  for (const own of byThread.values()) own.sort((a, b) => a.n - b.n);
  return byThread;
}

function isAnswerOf({ call, value }: AnsweredCall, { invocation, completion }: Operation, spec: SequentialSpec): boolean {
  return call.f === invocation.f && equalJson(call.value, invocation.value) && agrees(spec, call, value, completion!.value);
}
