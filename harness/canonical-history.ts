import { type History } from "./history.ts";
import { NEMESIS } from "./ids.ts";
import { canonicalJson, type Json } from "./json.ts";
import type { Call, Op } from "./op.ts";
import type { SequentialSpec } from "./spec.ts";

/**
 * One text per history that clients can tell apart. Two histories with the same text have the same operations with the
 * same answers and the same real-time order; times, indices and request ids are out:
 *
 *     0: write 1 → null; read after 1:1 → 2 | 1: write 2 → null
 *        ^ client 0's operations in order      ^ client 1's
 *                       ^ invoked after 1 operation of client 1 had completed
 *
 * Per operation, the number of operations that each other client had completed before it was invoked: with the order
 * within a client that is the whole real-time order (model-checking.md §16; it is what Stateright's tester keeps too).
 *
 * What a real run adds: an operation that ended in `info`, or never, may have happened and is open, as in a model where
 * no answer came. One that ended in `fail` did not happen and is left out. The answer of a call that observes nothing
 * (a write) is no part of it. The nemesis is left out.
 */
export function canonicalHistory(history: History, spec: SequentialSpec): string {
  const canonicalizer = new Canonicalizer(spec);
  for (const op of history) canonicalizer.push(op);
  return canonicalizer.text();
}

/** The canonical text op by op: `text()` after each `push` is that of the prefix. */
export class Canonicalizer {
  readonly #spec: SequentialSpec;
  readonly #threads: Thread[] = [];

  constructor(spec: SequentialSpec) {
    this.#spec = spec;
  }

  push(op: Op): void {
    if (op.process === NEMESIS) return;
    if (op.type === "invoke") this.invoke(op.process, op);
    else if (op.type === "ok") this.return(op.process, op.value);
    else if (op.type === "fail") this.#thread(op.process).texts.pop();
  }

  invoke(thread: number, call: Call): void {
    const mine = this.#thread(thread);
    const before = this.#threads.map((other) => (other === mine ? 0 : other.completed));
    mine.call = call;
    mine.texts.push(operationText(before, call.f, call.value));
  }

  return(thread: number, value: Json): void {
    const mine = this.#thread(thread);
    const silent = this.#spec.observes !== undefined && !this.#spec.observes(mine.call!);
    mine.texts.push(`${mine.texts.pop()!}${returnText(silent ? null : value)}`);
    mine.completed++;
  }

  text(): string {
    return historyText(this.#threads.map((thread) => thread.texts.join("; ")));
  }

  #thread(id: number): Thread {
    while (this.#threads.length <= id) this.#threads.push({ texts: [], completed: 0, call: undefined });
    return this.#threads[id]!;
  }
}

interface Thread {
  readonly texts: string[];
  completed: number;
  call: Call | undefined;
}

/** One operation: what was asked, and after how many operations of which other threads (`0:2` = two of thread 0). */
export function operationText(completedBefore: readonly number[], f: string, value: Json): string {
  const after: string[] = [];
  completedBefore.forEach((count, thread) => {
    if (count > 0) after.push(`${thread}:${count}`);
  });
  return `${f}${value === null ? "" : ` ${canonicalJson(value)}`}${after.length === 0 ? "" : ` after ${after.join(",")}`}`;
}

/** What an operation returned; absent while it is open. */
export function returnText(value: Json): string {
  return ` → ${canonicalJson(value)}`;
}

/** One text per history: threads that did something, in order. */
export function historyText(threads: readonly string[]): string {
  const shown: string[] = [];
  threads.forEach((text, thread) => {
    if (text !== "") shown.push(`${thread}: ${text}`);
  });
  return shown.join(" | ");
}
