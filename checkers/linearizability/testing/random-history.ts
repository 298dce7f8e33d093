import { type History, historyOf, type OpInput } from "../../../harness/history.ts";
import type { Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";
import type { Random } from "../../../harness/random.ts";
import type { SequentialSpec } from "../../../harness/spec.ts";

/**
 * Histories for tests and benchmarks, made by running the object itself: clients call, each call takes effect at one
 * moment between its call and its return, so the history is linearizable by construction. Then `lies` times an answer
 * is replaced by another that was seen, or a return is moved before the calls that it came after: such a history may
 * or may not be linearizable.
 */
export interface HistoryShape {
  readonly spec: SequentialSpec;
  /** The next call of a client; `serial` counts the calls, for unique values. */
  readonly call: (random: Random, serial: number) => Call;
  readonly operations: number;
  readonly clients: number;
  /** Share of operations that never return; half of them take effect, some of those long after. */
  readonly crashRatio: number;
  /** Number of places where the history is made to lie. */
  readonly lies: number;
  /** Lies are told after this share of the history (0 … 1); default 0. */
  readonly liesFrom?: number;
  /** Keeps all clients busy (the worst overlap); default false: clients pause at random. */
  readonly busy?: boolean;
}

interface Running {
  readonly call: Call;
  readonly process: number;
  readonly crashes: boolean;
  effect: "not yet" | "done" | "never";
  ret: Json;
}

/** One history of that shape. The same random stream gives the same history. */
export function randomHistory(shape: HistoryShape, random: Random): History {
  const ops: OpInput[] = [];
  const running: (Running | undefined)[] = new Array<Running | undefined>(shape.clients).fill(undefined);
  const crashed: Running[] = [];
  const processes = Array.from({ length: shape.clients }, (_, i) => i);
  let nextProcess = shape.clients;
  let state = shape.spec.initial;
  let started = 0;
  const takeEffect = (operation: Running): void => {
    const results = shape.spec.apply(state, operation.call);
    if (results.length === 0) return;
    const result = random.pick(results);
    state = result.state;
    operation.ret = result.ret;
    operation.effect = "done";
  };
  let idle = 0;
  while (started < shape.operations || running.some((operation) => operation !== undefined)) {
    const thread = random.int(shape.clients);
    const operation = running[thread];
    if (operation === undefined) {
      if (started >= shape.operations || (shape.busy !== true && random.chance(0.3))) {
        if (started >= shape.operations && idle++ > 1000 * shape.clients) break;
        continue;
      }
      const call = shape.call(random, started++);
      const process = processes[thread]!;
      const crashes = random.chance(shape.crashRatio);
      ops.push({ process, type: "invoke", f: call.f, value: call.value });
      running[thread] = { call, process, crashes, effect: "not yet", ret: null };
    } else if (operation.crashes) {
      // The client gives up now; the call may take effect now, later, or never.
      if (random.chance(0.3)) takeEffect(operation);
      if (operation.effect === "not yet" && random.chance(0.4)) crashed.push(operation);
      if (random.chance(0.7)) {
        ops.push({ process: operation.process, type: "info", f: operation.call.f, value: operation.call.value, error: "timeout" });
        processes[thread] = nextProcess++;
        running[thread] = undefined;
      } else {
        processes[thread] = nextProcess++;
        running[thread] = undefined;
      }
    } else if (operation.effect === "not yet") {
      takeEffect(operation);
      // A lock that is never freed: nobody can go on.
      if (operation.effect === "not yet" && idle++ > 200 * shape.clients) {
        ops.push({ process: operation.process, type: "fail", f: operation.call.f, value: operation.call.value });
        running[thread] = undefined;
      }
    } else {
      ops.push({ process: operation.process, type: "ok", f: operation.call.f, value: operation.ret });
      running[thread] = undefined;
      idle = 0;
    }
    if (crashed.length > 0 && random.chance(0.1)) {
      const late = crashed.splice(random.int(crashed.length), 1)[0]!;
      takeEffect(late);
    }
  }
  return historyOf(lie(ops, shape, random));
}

/** Makes answers wrong, or precedences up. */
function lie(ops: readonly OpInput[], shape: HistoryShape, random: Random): readonly OpInput[] {
  if (shape.lies === 0) return ops;
  const told = [...ops];
  const calls = new Map<number, Call>();
  const answers = new Map<string, Json[]>();
  const places: number[] = [];
  const from = ops.length * (shape.liesFrom ?? 0);
  ops.forEach((op, index) => {
    if (op.type === "invoke") calls.set(op.process, { f: op.f, value: op.value });
    const call = calls.get(op.process)!;
    if (op.type !== "ok" || shape.spec.observes?.(call) === false) return;
    if (index >= from) places.push(index);
    const known = answers.get(op.f) ?? [];
    known.push(op.value);
    answers.set(op.f, known);
  });
  // Where all answers are one, a lie is what was asked.
  for (const [f, known] of answers) if (known.every((answer) => answer === known[0])) for (const op of ops) if (op.type === "invoke" && op.f === f) known.push(op.value);
  for (let i = 0; i < shape.lies; i++) {
    if (answers.size === 0 && random.chance(0.5)) {
      // Nothing is answered that could be a lie: another call was made than the one that took effect.
      const index = random.int(told.length);
      const { process, type } = told[index]!;
      const at = told.findLastIndex((op, place) => place < index && op.process === process && op.type === "invoke");
      if (type !== "ok" || at < from) continue;
      const { f, value } = random.pick(told.filter((op) => op.type === "invoke"));
      told[at] = { ...told[at]!, f, value };
      told[index] = { ...told[index]!, f, value };
    } else if (places.length > 0 && random.chance(0.7)) {
      const index = random.pick(places);
      if (told[index]!.type === "ok") told[index] = { ...told[index]!, value: random.pick(answers.get(told[index]!.f)!) };
    } else {
      const index = Math.floor(from) + random.int(Math.max(1, told.length - Math.floor(from)));
      if (told[index]?.type !== "ok") continue;
      // Answer lies are told first where they matter: from here on places may have moved.
      places.length = 0;
      for (let at = index; at > 0 && told[at - 1]!.type === "invoke" && told[at - 1]!.process !== told[at]!.process; at--) {
        [told[at - 1], told[at]] = [told[at]!, told[at - 1]!];
      }
    }
  }
  return told;
}
