import type { Budget } from "../../harness/budget.ts";
import type { Checker } from "../../harness/checker.ts";
import type { History } from "../../harness/history.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import type { Verdict } from "../../harness/verdict.ts";
import { describeCall } from "../../harness/spec.ts";
import { Automaton } from "../linearizability/automaton.ts";
import { NEVER, type Part, partsOf } from "../linearizability/parts.ts";

/**
 * Sequential consistency (Lamport, 1979): all operations in one order that explains every answer and keeps the order of
 * each process. Unlike linearizability it knows no clock: a process may lag behind all others for ever.
 *
 *     C0  |- write 1 -|                      sequentially consistent (the read comes first), not linearizable
 *     C1                  |- read → 0 -|
 *
 * It is not composable: keys cannot be judged alone. So the whole object is searched, on configurations (how far each
 * process is, state), each visited once. Two rules cut the search: the next operation of a process is taken at once if
 * it changes no state wherever it is possible; and an operation whose outcome is unknown may be skipped. NP-complete:
 * exponential in the number of processes in the worst case.
 */
export function checkSequential(history: History, spec: SequentialSpec, options: { readonly budget: Budget }): Verdict {
  const { partition: _, part: __, ...whole } = spec;
  const part = partsOf(history, whole)[0];
  if (part === undefined) return { verdict: "valid", checker: "sequential", details: { object: spec.name, operations: 0 } };
  const search = new Search(history, part);
  const outcome = search.run(options.budget);
  const details = { object: spec.name, operations: part.count, configurations: search.configurations };
  if (outcome === "valid") return { verdict: "valid", checker: "sequential", details };
  if (outcome === "unknown") {
    const reason = `the budget of ${options.budget.ended ?? "this check"} ended after ${search.configurations} configurations; ${search.placedMost} of ${part.count} operations could be ordered`;
    return { verdict: "unknown", checker: "sequential", reason, details };
  }
  return { verdict: "invalid", checker: "sequential", anomalies: [search.anomaly()], details };
}

/** The same as a checker for runs. */
export function sequential(spec: () => SequentialSpec): Checker {
  return {
    name: "sequential",
    summary: "one order of all operations explains every answer and keeps the order of each process",
    check: (history, { budget }) => Promise.resolve().then(() => checkSequential(history, spec(), { budget })),
  };
}

class Search {
  configurations = 0;
  placedMost = -1;
  readonly #history: History;
  readonly #part: Part;
  readonly #automaton: Automaton;
  /** Operations by process, in order. */
  readonly #lines: readonly (readonly number[])[];
  readonly #seen = new Set<string>();
  /** Positions where the search got furthest, and the states it could be in there. */
  #stuck: number[] = [];
  #stuckStates = new Set<number>();

  constructor(history: History, part: Part) {
    this.#history = history;
    this.#part = part;
    this.#automaton = new Automaton(part.spec, part.classTable);
    const lines = new Map<number, number[]>();
    for (let i = 0; i < part.count; i++) {
      const process = history.processes[part.invocations[i]!]!;
      const line = lines.get(process);
      if (line === undefined) lines.set(process, [i]);
      else line.push(i);
    }
    this.#lines = [...lines.values()];
  }

  run(budget: Budget): "valid" | "invalid" | "unknown" {
    const stack: { positions: number[]; state: number }[] = [{ positions: this.#lines.map(() => 0), state: this.#automaton.initial }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { positions, state } = top;
      this.#takeEager(positions, state);
      if (this.#finished(positions)) return "valid";
      const key = `${state} ${positions.join()}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.configurations++;
      if (!budget.spend(1)) return "unknown";
      this.#note(positions, state);
      for (let line = this.#lines.length - 1; line >= 0; line--) {
        const operation = this.#lines[line]![positions[line]!];
        if (operation === undefined) continue;
        const after = positions.slice();
        after[line]!++;
        if (this.#part.returns[operation] === NEVER) stack.push({ positions: after, state });
        const next = this.#automaton.step(state, this.#part.classes[operation]!);
        if (next >= 0) stack.push({ positions: after.slice(), state: next });
      }
    }
    return "invalid";
  }

  #takeEager(positions: number[], state: number): void {
    const { classes, classTable } = this.#part;
    for (let line = 0; line < positions.length; line++) {
      for (;;) {
        const operation = this.#lines[line]![positions[line]!];
        if (operation === undefined) break;
        const id = classes[operation]!;
        if (!classTable[id]!.readOnly || this.#automaton.step(state, id) !== state) break;
        positions[line]!++;
      }
    }
  }

  /** Only operations that need not have happened are left. */
  #finished(positions: readonly number[]): boolean {
    return this.#lines.every((line, i) => {
      for (let at = positions[i]!; at < line.length; at++) if (this.#part.returns[line[at]!] !== NEVER) return false;
      return true;
    });
  }

  #note(positions: readonly number[], state: number): void {
    const placed = positions.reduce((sum, position) => sum + position, 0);
    if (placed < this.placedMost) return;
    if (placed > this.placedMost) {
      this.placedMost = placed;
      this.#stuck = [...positions];
      this.#stuckStates = new Set();
    }
    if (positions.every((position, i) => position === this.#stuck[i])) this.#stuckStates.add(state);
  }

  anomaly(): { name: string; operations: number[]; explanation: string } {
    const { spec, classTable, classes, invocations } = this.#part;
    const next = this.#lines.map((line, i) => line[this.#stuck[i]!]).filter((operation) => operation !== undefined);
    const describe = (operation: number): string => {
      const { call, recorded } = classTable[classes[operation]!]!;
      return `${describeCall(spec, call, recorded)} by process ${this.#history.processes[invocations[operation]!]!} (op ${invocations[operation]!})`;
    };
    const states = [...this.#stuckStates].flatMap((state) => this.#automaton.values(state)).map((value) => spec.describeState?.(value) ?? JSON.stringify(value));
    return {
      name: "nonsequential",
      operations: next.map((operation) => invocations[operation]!).sort((a, b) => a - b),
      explanation:
        `no order of the operations that keeps the order of each process explains their answers. The furthest that one gets is ${this.placedMost} of ` +
        `${this.#part.count} operations; there ${states.join(" or ")}, and what must come next is impossible or leads nowhere: ${next.map(describe).join(", ")}`,
    };
  }
}
