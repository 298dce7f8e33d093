import type { Budget } from "../../harness/budget.ts";
import type { OnlineChecker } from "../../harness/checker.ts";
import { HistoryBuilder, type OpInput } from "../../harness/history.ts";
import { canonicalJson, equalJson, type Json } from "../../harness/json.ts";
import type { Call, Op } from "../../harness/op.ts";
import type { KnownObject, SequentialSpec } from "../../harness/spec.ts";
import type { Anomaly } from "../../harness/verdict.ts";
import { decide } from "./decide.ts";
import { genericProblem } from "./generic-problem.ts";
import { asRegister } from "./kv-as-register.ts";
import { type Part, partsOf } from "./parts.ts";
import { Search } from "./search.ts";
import type { Outcome } from "./search-problem.ts";

/**
 * Linearizability while a run goes on, so that it can stop at the first violation.
 *
 * Each part (key) is cut at quiescent points, where none of its operations is open. Whatever order explains the window
 * before the cut, all that matters of it afterwards is the value that the object then holds and which crashed operations
 * have not taken effect yet: the window's ends. The next window starts from each of them; when none of its starts has an
 * end, no order explains the history so far.
 *
 *     window 1 | window 2 |            ends of 1: {3}, {4 with write 4 used up}; window 2 is tried from both
 *
 * Under a load that never pauses there are no such points. Then the window is looked at, each time it has doubled, as if
 * its open operations had crashed: no end is taken from that, but a window that nothing explains will not mend.
 *
 * A violation is certain. Windows that cost more than their budget, or have too many ends, are joined with the next one;
 * what stays open at the run's end is for the whole check, which explains as well.
 */
export class OnlineLinearizability implements OnlineChecker {
  /** The first violation; it stays. */
  violation: Anomaly | undefined;
  /** Client ops that were judged, of all seen: how far "no violation" reaches. */
  judged = 0;
  seen = 0;
  readonly #spec: SequentialSpec;
  readonly #options: OnlineOptions;
  readonly #parts = new Map<string | undefined, OnlinePart>();
  readonly #openPart = new Map<number, OnlinePart>();

  constructor(spec: SequentialSpec, options: OnlineOptions) {
    this.#spec = spec;
    this.#options = options;
  }

  /** The next op of the run. Returns the violation as soon as there is one. Ops of the nemesis are passed over. */
  push(op: Op): Anomaly | undefined {
    if (op.process < 0 || this.violation !== undefined) return this.violation;
    this.seen++;
    let part = this.#openPart.get(op.process);
    if (op.type === "invoke") {
      const call = { f: op.f, value: op.value };
      const place = this.#spec.partition?.(call);
      part = this.#partOf(place?.key);
      this.#openPart.set(op.process, part);
      part.invoke(op, place?.call ?? call);
    } else if (part !== undefined) {
      this.#openPart.delete(op.process);
      part.complete(op);
      if (part.open === 0 && part.windowOps >= this.#options.windowOps) this.#judge(part);
      else if (part.open > 0 && part.worthALook(peekWindows * this.#options.windowOps)) this.violation = part.peek(this.#options.budget());
    }
    return this.violation;
  }

  /** Judges what is left of every part that is quiescent now. */
  finish(): Anomaly | undefined {
    for (const part of this.#parts.values()) if (this.violation === undefined && part.open === 0 && part.windowOps > 0) this.#judge(part);
    return this.violation;
  }

  #judge(part: OnlinePart): void {
    const ops = part.windowOps;
    const answer = part.judge(this.#options.budget());
    if (answer === "explained") this.judged += ops;
    else if (answer !== "joined") this.violation = answer;
  }

  #partOf(key: string | undefined): OnlinePart {
    let part = this.#parts.get(key);
    if (part === undefined) {
      const { partition: _, part: __, ...own } = key === undefined ? this.#spec : (this.#spec.part?.(key) ?? this.#spec);
      part = new OnlinePart(key, own);
      this.#parts.set(key, part);
    }
    return part;
  }
}

export interface OnlineOptions {
  /** Ops that a window has at least; longer windows cost more each, shorter ones are cut more often. 64 is a good number. */
  readonly windowOps: number;
  /** What one window may cost. */
  budget(): Budget;
}

/** Windows without a quiescent point after which one is looked at all the same. */
const peekWindows = 4;

/** Starts that a window is tried from at most; with more, windows are joined. */
const startsMax = 64;

/** What the object may be like at a cut: the values that it may hold, and crashed calls that may still take effect. */
interface StartState {
  readonly values: readonly Json[];
  readonly crashed: readonly Call[];
}

class OnlinePart {
  open = 0;
  readonly key: string | undefined;
  readonly #spec: SequentialSpec;
  #starts: readonly StartState[];
  #window: OpInput[] = [];
  /** `Op.index` of the first op of the window. */
  #first = -1;
  /** Do not judge again before the window has this many ops: it was joined with the next one. */
  #waitFor = 0;
  /** Do not look again, without a quiescent point, before it has this many. */
  #lookFrom = 0;
  #indices: number[] = [];

  constructor(key: string | undefined, spec: SequentialSpec) {
    this.key = key;
    this.#spec = spec;
    this.#starts = [{ values: [spec.initial], crashed: [] }];
  }

  get windowOps(): number {
    return this.#window.length >= this.#waitFor ? this.#window.length : 0;
  }

  invoke(op: Op, call: Call): void {
    if (this.#first < 0) this.#first = op.index;
    this.open++;
    this.#add(op, call);
  }

  complete(op: Op): void {
    this.open--;
    this.#add(op, { f: op.f, value: op.value });
  }

  #add(op: Op, call: Call): void {
    this.#window.push({ process: op.process, type: op.type, f: call.f, value: call.value });
    this.#indices.push(op.index);
  }

  /** Tries the window from every start; then the next one begins, unless this one must be joined with it. */
  judge(budget: Budget): "explained" | "joined" | Anomaly {
    if (this.#unexplained(budget)) return this.#anomaly();
    const next = new Map<string, StartState>();
    for (const start of this.#starts) {
      const ends = this.#endsFrom(start, budget);
      if (ends === undefined) return this.#join();
      for (const end of ends) next.set(canonicalJson([end.values, end.crashed.map(({ f, value }) => [f, value])]), end);
    }
    if (next.size === 0) return this.#anomaly();
    const starts = undominated([...next.values()]);
    if (starts.length > startsMax) return this.#join();
    this.#starts = starts;
    this.#window = [];
    this.#indices = [];
    this.#first = -1;
    this.#waitFor = 0;
    this.#lookFrom = 0;
    return "explained";
  }

  worthALook(atLeast: number): boolean {
    return this.#window.length >= Math.max(atLeast, this.#lookFrom);
  }

  /** Looks at the window as it is, with operations that are open: an anomaly when nothing explains it. */
  peek(budget: Budget): Anomaly | undefined {
    this.#lookFrom = this.#window.length * 2;
    return this.#unexplained(budget) ? this.#anomaly() : undefined;
  }

  /** Whether it is certain that no start explains the window. */
  #unexplained(budget: Budget): boolean {
    return this.#starts.every((start) => {
      const part = this.#partFrom(start);
      return part !== undefined && start.values.every((value) => outcomeFrom(part, value, budget) === "not-linearizable");
    });
  }

  #join(): "joined" {
    this.#waitFor = this.#window.length * 2;
    return "joined";
  }

  /** The window as a part, with the crashed calls of the start before it; undefined when nothing in it matters. */
  #partFrom(start: StartState): Part | undefined {
    const builder = new HistoryBuilder();
    builder.endAtInfo = false;
    // Crashed calls of former windows are open from the beginning, under processes of their own.
    let process = this.#window.reduce((most, op) => Math.max(most, op.process), 0);
    for (const call of start.crashed) builder.push({ process: ++process, type: "invoke", f: call.f, value: call.value });
    for (const op of this.#window) builder.push(op);
    return partsOf(builder.build(), this.#spec)[0];
  }

  #endsFrom(start: StartState, budget: Budget): StartState[] | undefined {
    const part = this.#partFrom(start);
    if (part === undefined) return [start];
    const problem = genericProblem(part, start.values);
    const search = new Search(problem);
    const ends = search.ends(budget);
    return ends?.map(({ state, used }) => {
      const crashed: Call[] = [];
      search.crashedClasses.forEach((id, index) => {
        let called = 0;
        for (let i = 0; i < part.count; i++) if (part.classes[i] === id) called++;
        for (let left = called - used[index]!; left > 0; left--) crashed.push(part.classTable[id]!.call);
      });
      crashed.sort((a, b) => (canonicalJson([a.f, a.value]) < canonicalJson([b.f, b.value]) ? -1 : 1));
      return { values: problem.machine.values(state) ?? [], crashed };
    });
  }

  #anomaly(): Anomaly {
    const where = this.key === undefined ? "" : ` of key ${this.key}`;
    const values = this.#starts.flatMap(({ values: some }) => some).map((value) => this.#spec.describeState?.(value) ?? JSON.stringify(value));
    const shown = [...new Set(values)].slice(0, 8).join(" or ");
    return {
      name: "nonlinearizable",
      operations: this.#indices.slice(),
      explanation: `no order explains ops ${this.#first} to ${this.#indices[this.#indices.length - 1]!}${where}, from any state that the ops before them can have led to: ${shown}`,
    };
  }
}

/** Objects that behave alike whatever they begin with: their monitors and searches take any state for the initial one. */
const beginAnywhere: ReadonlySet<string> = new Set<KnownObject>(["register", "counter", "fetch-add", "mutex"]);

/** Can the part be explained from that state? By the means made for the object where they know such a beginning. */
function outcomeFrom(part: Part, value: Json, budget: Budget): Outcome {
  const plain = asRegister(part) ?? part;
  if (equalJson(value, part.spec.initial)) return decide(plain, budget).outcome;
  if (beginAnywhere.has(plain.spec.behavesAs ?? "")) return decide({ ...plain, spec: { ...plain.spec, initial: value } }, budget).outcome;
  return new Search(genericProblem(part, [value])).run(budget);
}

/** Without starts that can do no more than another: the same values, and only crashed calls that the other has too. */
function undominated(starts: readonly StartState[]): StartState[] {
  const told = starts.map(({ values, crashed }) => ({ values: canonicalJson(values), crashed: crashed.map(({ f, value }) => canonicalJson([f, value])) }));
  return starts.filter((_, i) => !told.some((other, j) => j !== i && other.values === told[i]!.values && other.crashed.length > told[i]!.crashed.length && contains(other.crashed, told[i]!.crashed)));
}

/** Whether each of `some` is in `all`, as often; both sorted. */
function contains(all: readonly string[], some: readonly string[]): boolean {
  let at = 0;
  for (const one of some) {
    while (at < all.length && all[at] !== one) at++;
    if (at++ >= all.length) return false;
  }
  return true;
}
