import { type ActorModel, type BudgetKind, budgetKinds } from "../../harness/actor-model.ts";
import type { Random } from "../../harness/random.ts";
import type { Schedule, ScheduleStep } from "../../harness/schedule.ts";
import type { Watch } from "../../harness/watch.ts";
import { World } from "../../harness/world.ts";

/** One run of a model. */
export interface Walk {
  readonly schedule: Schedule;
  readonly watch: Watch;
  readonly world: World;
  /** Nothing was left to do; false when it was cut. */
  readonly ended: boolean;
}
export interface WalkAbout {
  readonly model: ActorModel;
  readonly watch: Watch;
  readonly random: Random;
  readonly stepsMax: number;
}

/** Decides which of the steps that may be possible now is tried next. */
export interface Chooser {
  /** Index into `steps`, which is not empty. `at`: how many steps were taken. */
  choose(steps: readonly ScheduleStep[], at: number): number;
}

export function uniformChooser(random: Random): Chooser {
  return { choose: (steps) => random.int(steps.length) };
}

/** Highest priority first, with a few places at which the one that would go next drops to the bottom. */
export function pctChooser(random: Random): Chooser {
  const priorities = new Map<string, number>();
  const changes = new Set(Array.from({ length: 3 }, () => random.int(60)));
  let lowest = 0;
  const keyOf = (step: ScheduleStep): string => ("to" in step ? `${step.from}>${step.to}` : "client" in step ? `client${step.client}` : "actor" in step ? `actor${step.actor}` : "network");
  const priorityOf = (step: ScheduleStep): number => {
    const key = keyOf(step);
    let priority = priorities.get(key);
    if (priority === undefined) priorities.set(key, (priority = random.float()));
    return priority;
  };
  /** Steps of the highest priority; several when one party can do several things, such as choose. */
  const highest = (steps: readonly ScheduleStep[]): readonly number[] => {
    const top = Math.max(...steps.map(priorityOf));
    return steps.flatMap((step, i) => (priorityOf(step) === top ? [i] : []));
  };
  return {
    choose(steps, at) {
      if (changes.delete(at)) priorities.set(keyOf(steps[highest(steps)[0]!]!), --lowest);
      return random.pick(highest(steps));
    },
  };
}

/** Steps until nothing is left; faults of finite budgets at places planned from the seed. */
export function walk(about: WalkAbout, chooser: Chooser): Walk {
  const { model, watch, random, stepsMax } = about;
  const world = new World(model);
  watch.begin(world);
  const schedule: ScheduleStep[] = [];
  const faults = plannedFaults(model, random);

  while (schedule.length < stepsMax) {
    while (faults.length > 0 && faults[0]!.at <= schedule.length) tryAll(shuffledFaults(world, faults.shift()!.kind, random));
    const steps = ordinarySteps(world);
    if (steps.length === 0 || !tryChosen(steps)) {
      // Nothing else can go on: only now a fault that was planned for later, or what a fault left to be done.
      const late = faults.shift()?.kind ?? leftToDo(world);
      if (late === undefined || !tryAll(shuffledFaults(world, late, random))) {
        if (faults.length === 0) return { schedule, watch, world, ended: true };
      }
    }
  }
  return { schedule, watch, world, ended: false };

  function take(step: ScheduleStep): boolean {
    const before = world.model.network.noop === "keep" && step.step === "deliver";
    const result = world.apply(step, schedule.length);
    if (result.result === "impossible" || (result.result === "ignored" && before)) return false;
    schedule.push(step);
    watch.after(world, result.step?.events ?? []);
    if (step.step === "crash" && losesWrite(world, random)) take({ step: "loseWrite", actor: step.actor });
    return true;
  }

  function tryChosen(steps: ScheduleStep[]): boolean {
    while (steps.length > 0) {
      const at = chooser.choose(steps, schedule.length);
      if (take(steps[at]!)) return true;
      steps.splice(at, 1);
    }
    return false;
  }

  function tryAll(steps: readonly ScheduleStep[]): boolean {
    return steps.some(take);
  }
}

/** Does the disk of the server that just crashed lose a write, if it can? Every other time while there is a budget for it. */
export function losesWrite(world: World, random: Random): boolean {
  return world.spent.lostWrites < world.model.budgets.lostWrites && random.chance(0.5);
}

/** What is done to a run: a budget is used, or a partition heals. */
type FaultKind = BudgetKind | "heals";

/** For each planned use of a budget, the number of steps before it; earliest first. A partition heals some steps later. */
function plannedFaults(model: ActorModel, random: Random): { at: number; kind: FaultKind }[] {
  const planned: { at: number; kind: FaultKind }[] = [];
  const horizon = 10 * model.parties.length;
  for (const kind of budgetKinds) {
    // A disk loses a write in a crash, or not at all.
    if (kind === "lostWrites") continue;
    const budget = model.budgets[kind];
    if (!Number.isFinite(budget) || budget === 0) continue;
    const uses = random.int(budget + 1);
    for (let use = 0; use < uses; use++) {
      const at = random.int(horizon);
      planned.push({ at, kind });
      if (kind === "partitions") planned.push({ at: at + 1 + random.int(horizon), kind: "heals" });
    }
  }
  return planned.sort((a, b) => a.at - b.at);
}

/** A partition that lasts, a recovery, or a timer that is due some day: without them, what a fault broke stays broken. */
function leftToDo(world: World): FaultKind | undefined {
  if (world.cut !== undefined) return "heals";
  if (world.spent.recoveries < world.model.budgets.recoveries && world.spent.crashes > world.spent.recoveries) return "recoveries";
  return world.spent.timers < world.model.budgets.timers ? "timers" : undefined;
}

/** Deliveries, calls, choices, and timers where they may fire for ever; not all of them need be possible. */
export function ordinarySteps(world: World): ScheduleStep[] {
  const steps: ScheduleStep[] = [];
  const timersForEver = !Number.isFinite(world.model.budgets.timers);
  for (const { from, to, inFlight } of world.links()) {
    const count = world.model.network.order === "fifo" ? Math.min(1, inFlight.length) : inFlight.length;
    for (let i = 0; i < count; i++) steps.push({ step: "deliver", from, to, n: inFlight[i]!.n });
  }
  world.model.parties.forEach((party, actor) => {
    for (const input of party.options(world.locals[actor]!)) {
      if (input.input === "call") steps.push({ step: "call", client: actor - world.model.servers, n: world.calls(actor - world.model.servers) });
      else if (input.input === "choice") steps.push({ step: "choice", actor, key: input.key, option: input.option });
      else if (input.input === "timer" && timersForEver) steps.push({ step: "timer", actor, timer: input.timer });
    }
  });
  return steps;
}

/** All ways of using one unit of a budget now, in random order. */
export function shuffledFaults(world: World, kind: FaultKind, random: Random): ScheduleStep[] {
  if (kind === "heals") return [{ step: "heal" }];
  if (world.spent[kind] >= world.model.budgets[kind]) return [];
  const steps: ScheduleStep[] = [];
  if (kind === "losses" || kind === "duplicates") {
    for (const { from, to, inFlight } of world.links()) {
      const head = world.model.network.order === "fifo" ? inFlight.slice(0, 1) : inFlight;
      for (const { n } of head) steps.push({ step: kind === "losses" ? "drop" : "duplicate", from, to, n });
    }
    return random.shuffle(steps);
  }
  if (kind === "partitions") return random.shuffle(world.model.cuts.map(({ name }) => ({ step: "cut", cut: name })));
  const wanted = kind === "crashes" ? "crash" : kind === "recoveries" ? "recover" : "timer";
  world.model.parties.forEach((party, actor) => {
    for (const input of party.options(world.locals[actor]!)) {
      if (input.input !== wanted) continue;
      if (input.input === "timer") steps.push({ step: "timer", actor, timer: input.timer });
      else if (input.input === "crash" || input.input === "recover") steps.push({ step: input.input, actor });
    }
  });
  return random.shuffle(steps);
}
