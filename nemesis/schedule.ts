import { assert } from "../harness/assert.ts";
import { type Draw, exhausted, type GeneratorContext, type OpGenerator, pending } from "../harness/generator.ts";
import { NEMESIS, type Seed } from "../harness/ids.ts";
import type { Op } from "../harness/op.ts";
import { Random } from "../harness/random.ts";
import { healEverything, healOf } from "./nemesis.ts";

/**
 * When things go wrong: one fault at a time, on and off, every fault once before any comes twice, in an order that the
 * seed decides anew for each round.
 *
 *     quiet │ kill ▓▓▓▓ heal-kill │ quiet │ isolate ▓▓▓▓ heal-isolate │ quiet │ …
 *     0     quietMs                       quietMs + everyMs                          (after the first time it is asked)
 *
 * Both halves matter: a bug may need the fault, or the recovery. A fault lasts `durationMs` from the moment it is in
 * effect, and the quiet between faults never falls below half of what is planned, so a slow injection or recovery
 * moves what follows and shortens nothing. Order and lengths depend on the seed alone.
 *
 * Jepsen's packages are independent flip-flops that overlap at random; run several schedules with `any` for that.
 */
export interface ScheduleOptions {
  /** Names of faults, in any order. */
  readonly faults: readonly string[];
  /** From the beginning of one fault to the beginning of the next. */
  readonly everyMs: number;
  /** How long a fault is on; less than `everyMs`. */
  readonly durationMs: number;
  /** By fault, where it differs. */
  readonly durationsMs?: { readonly [fault: string]: number };
  /** Before the first fault, for a history to compare with; `everyMs - durationMs` by default. */
  readonly quietMs?: number;
  /** No fault begins that could not last and be healed by then; endless by default. */
  readonly untilMs?: number;
  readonly seed: Seed;
}

/** Ops of the nemesis thread: `isolate`, `heal-isolate`, …; endless, or until `untilMs`. With no faults there is nothing. */
export function faultSchedule(options: ScheduleOptions): OpGenerator {
  const { faults, everyMs, durationMs, untilMs } = options;
  assert(faults.length === 0 || (durationMs > 0 && durationMs < everyMs), "a fault is over before the next begins");
  const order = rotation(faults, new Random(options.seed));
  const quietMs = options.quietMs ?? everyMs - durationMs;
  const quietMsMin = (everyMs - durationMs) / 2;
  const lengthMs = (fault: string): number => options.durationsMs?.[fault] ?? durationMs;

  return state({ step: "unasked" });

  function state(now: State): OpGenerator {
    const self: OpGenerator = {
      draw: (context) => draw(self, now, context),
      update(_context, event) {
        const next = event.process === NEMESIS ? heard(now, event) : now;
        return next === now ? self : state(next);
      },
    };
    return self;
  }

  function draw(self: OpGenerator, now: State, context: GeneratorContext): Draw {
    switch (now.step) {
      case "unasked": {
        const quiet = { step: "quiet" as const, index: 0, dueNs: context.timeNs + quietMs * 1e6, endNs: context.timeNs + (untilMs ?? Number.POSITIVE_INFINITY) * 1e6 };
        // Waiting is a state that is kept; an op in the future would be forgotten, and the start with it, at each client's op.
        return quiet.dueNs > context.timeNs ? pending(state(quiet), quiet.dueNs) : draw(state(quiet), quiet, context);
      }
      case "quiet": {
        const fault = order(now.index);
        const beginNs = Math.max(now.dueNs, context.timeNs);
        if (fault === undefined || beginNs + lengthMs(fault) * 1e6 > now.endNs) return exhausted;
        return planned(self, context, { f: fault, timeNs: beginNs, next: state({ ...now, step: "injecting", beginNs, heard: 0 }) });
      }
      case "on":
        return planned(self, context, { f: healOf(order(now.index)!), timeNs: Math.max(now.dueNs, context.timeNs), next: state({ ...now, step: "healing", heard: 0 }) });
      case "injecting":
      case "healing":
        return pending(self);
    }
  }

  /** Every op of the nemesis is told of twice, when it begins and when it ends. */
  function heard(now: State, event: Op): State {
    if (now.step !== "injecting" && now.step !== "healing") return now;
    const fault = order(now.index)!;
    if (event.f !== (now.step === "injecting" ? fault : healOf(fault))) return now;
    if (now.heard === 0) return { ...now, heard: 1 };
    if (now.step === "injecting") return { ...now, step: "on", dueNs: event.timeNs + lengthMs(fault) * 1e6 };
    const dueNs = Math.max(now.beginNs + everyMs * 1e6, event.timeNs + quietMsMin * 1e6);
    return { step: "quiet", index: now.index + 1, dueNs, endNs: now.endNs };
  }
}

/** One `heal`: ends every fault and waits until the nodes agree again. A phase of its own, before the final reads. */
export function finalHeal(): OpGenerator {
  const generator: OpGenerator = {
    draw: (context) => planned(generator, context, { f: healEverything, timeNs: context.timeNs, next: done }),
    update: () => generator,
  };
  return generator;
}

const done: OpGenerator = { draw: () => exhausted, update: () => done };

type State =
  | { readonly step: "unasked" }
  | { readonly step: "quiet"; readonly index: number; readonly dueNs: number; readonly endNs: number }
  | (Begun & { readonly step: "injecting" | "healing"; readonly heard: 0 | 1 })
  | (Begun & { readonly step: "on"; readonly dueNs: number });
interface Begun {
  /** Of the fault, counted from 0. */
  readonly index: number;
  readonly beginNs: number;
  readonly endNs: number;
}

function planned(self: OpGenerator, context: GeneratorContext, op: { f: string; timeNs: number; next: OpGenerator }): Draw {
  if (!context.isFree("nemesis")) return pending(self);
  return { kind: "op", op: { thread: "nemesis", f: op.f, value: null, timeNs: op.timeNs }, next: op.next };
}

/** The fault of each index: rounds in which every fault comes once, shuffled, none twice in a row. O(faults) per lookup. */
function rotation(faults: readonly string[], random: Random): (index: number) => string | undefined {
  const names = [...new Set(faults)].sort();
  const rounds: string[][] = [];
  return (index) => {
    if (names.length === 0) return undefined;
    const round = Math.floor(index / names.length);
    while (rounds.length <= round) {
      const next = random.fork(`round/${rounds.length}`).shuffle(names);
      if (names.length > 1 && next[0] === rounds.at(-1)?.at(-1)) next.push(next.shift()!);
      rounds.push(next);
    }
    return rounds[round]![index % names.length];
  };
}
