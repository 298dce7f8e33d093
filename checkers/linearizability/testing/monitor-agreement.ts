import { expect } from "vitest";
import type { History } from "../../../harness/history.ts";
import type { Json } from "../../../harness/json.ts";
import { type SequentialSpec, statesAfter } from "../../../harness/spec.ts";
import { linearizableByBruteForce } from "../brute-force.ts";
import { monitors } from "../monitors.ts";
import { NEVER, type Part } from "../parts.ts";

/** Monitors whose witness proves the verdict by itself; others' are hints where to look. */
const provenByWitness: ReadonlySet<string> = new Set(["queue-patterns", "stack-nesting", "priority-order", "counting", "counter-bounds", "alternation"]);

/** How often each monitor gave each answer. */
export class MonitorAnswers {
  readonly #linearizable = new Map<string, number>();
  readonly #wrong = new Map<string, number>();

  count(monitor: string, linearizable: boolean): void {
    const counts = linearizable ? this.#linearizable : this.#wrong;
    counts.set(monitor, (counts.get(monitor) ?? 0) + 1);
  }

  /** Each monitor was asked what it can tell: else the histories were not for it. */
  expectAll(): void {
    const names = monitors.map(({ name }) => name);
    expect(names.filter((name) => !this.#wrong.has(name))).toEqual([]);
    // Bounds alone never prove that a history is right.
    expect(names.filter((name) => !this.#linearizable.has(name))).toEqual(["counter-bounds"]);
  }
}

/**
 * Every monitor that answers gives the truth. Where it says `linearizable`, its order is a proof; where
 * not, a witness that is called a proof is not linearizable by itself, beside the operations that crashed.
 */
export function expectMonitorsAreRight(part: Part, given: { readonly history: History; readonly spec: SequentialSpec; readonly truth: boolean; readonly label: string; readonly answers: MonitorAnswers }): void {
  const { history, spec, truth, label } = given;
  for (const monitor of monitors) {
    const answer = monitor.judge(part);
    if (answer === undefined) continue;
    given.answers.count(monitor.name, answer.linearizable);
    if (answer.linearizable !== truth) expect(answer, `${monitor.name}, ${label}`).toEqual({ linearizable: truth });
    if (answer.linearizable) {
      const flaw = flawOf(part, answer.linearization());
      if (flaw !== undefined) expect(flaw, `order of ${monitor.name}, ${label}`).toBeUndefined();
    } else if (provenByWitness.has(monitor.name)) {
      const kept = new Set(answer.witness.map((operation) => part.invocations[operation]!));
      const witness = history.filter(({ invocation, completion }) => kept.has(invocation.index) || completion === undefined || completion.type === "info");
      if (linearizableByBruteForce(witness, spec)) expect([...kept], `witness of ${monitor.name}, ${label}`).toEqual("not linearizable by itself");
    }
  }
}

/** The first flaw of an order of a part's operations, by the definition; undefined when it explains every answer. */
function flawOf(part: Part, order: readonly number[]): string | undefined {
  const placed = new Set<number>();
  let latestCall = -1;
  let states: readonly Json[] = [part.spec.initial];
  for (const operation of order) {
    if (placed.has(operation)) return `${operation} is placed twice`;
    placed.add(operation);
    if (part.returns[operation]! < latestCall) return `${operation} had returned before something placed before it was called`;
    latestCall = Math.max(latestCall, part.calls[operation]!);
    const answered = part.classTable[part.classes[operation]!]!;
    states = states.flatMap((state) => statesAfter(part.spec, state, answered));
    if (states.length === 0) return `${operation} cannot answer that there`;
  }
  for (let i = 0; i < part.count; i++) if (part.returns[i] !== NEVER && !placed.has(i)) return `${i} returned and is not placed`;
  return undefined;
}
