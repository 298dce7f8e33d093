import { canonicalJson, type Json } from "../../harness/json.ts";
import type { ScheduleStep } from "../../harness/schedule.ts";
import { type SentMessage, World, type WorldStep } from "../../harness/world.ts";
import { EventQueue } from "./event-queue.ts";
import { losesWrite, type Walk, type WalkAbout } from "./walk.ts";

const msNs = 1e6;
/** Now and then a link is so slow that timers run out on it, as on a congested or half-broken path. */
const slowShare = 0.15;
const slowFactor = 100;
/** Faults come within that time: most runs are over after the shorter one, those with slow links after the longer. */
const horizonsMs = [30, 600] as const;

/**
 * A run in virtual time. Each run draws how slow each link is; each message draws its own delay around that, so some
 * nodes are near and others far, as in a real network, and the same orders come again and again while rare ones stay
 * rare. Timers fire when they are due by their node's clock, as long as the model lets them fire; faults come at drawn times.
 */
export function latencyWalk(about: WalkAbout): Walk {
  const { model, watch, random, stepsMax } = about;
  const world = new World(model);
  watch.begin(world);
  const schedule: ScheduleStep[] = [];
  const queue = new EventQueue<Due>();
  const fifo = model.network.order === "fifo";
  const meansMs = new Map<number, number>();
  const lastNs = new Map<number, number>();
  const timers = new Map<string, number>();
  const drift = model.clocks?.driftRatio ?? 0;
  /** By server: the rate of its clock. */
  const rates = Array.from({ length: drift === 0 ? 0 : model.servers }, () => 1 + drift * (2 * random.float() - 1));
  let timerVersion = 0;
  /** Messages that their receiver ignored and that stay deliverable (`noop: keep`): offered again when it has moved. */
  const kept: Extract<ScheduleStep, { step: "deliver" }>[] = [];

  const linkOf = (from: number, to: number): number => from * model.parties.length + to;
  const arrivalNs = (link: number, nowNs: number): number => {
    let mean = meansMs.get(link);
    if (mean === undefined) meansMs.set(link, (mean = (0.2 + random.exponential(2)) * (random.chance(slowShare) ? slowFactor : 1)));
    const at = nowNs + Math.ceil((0.05 + random.exponential(mean)) * msNs);
    if (!fifo) return at;
    const ordered = Math.max(at, (lastNs.get(link) ?? 0) + 1);
    lastNs.set(link, ordered);
    return ordered;
  };
  const send = (sends: readonly SentMessage[], nowNs: number): void => {
    for (const { from, to, n } of sends) queue.push(arrivalNs(linkOf(from, to), nowNs), { due: "step", step: { step: "deliver", from, to, n } });
  };
  const arm = (actor: number, result: WorldStep, nowNs: number): void => {
    for (const effect of result.step?.effects ?? []) {
      if (effect.effect === "setTimer") {
        const key = timerKey(actor, effect.timer);
        const version = ++timerVersion;
        timers.set(key, version);
        const [least, most] = effect.afterMs;
        queue.push(nowNs + Math.ceil(((least + random.float() * (most - least)) / (rates[actor] ?? 1)) * msNs), { due: "timer", actor, timer: effect.timer, version });
      } else if (effect.effect === "cancelTimer") timers.delete(timerKey(actor, effect.timer));
    }
  };
  /** A client calls again soon after its answer; a choice is made soon after it is offered. */
  const prompt = (party: number, nowNs: number): void => {
    if (world.model.parties[party]?.options(world.locals[party]!).some(({ input }) => input === "call" || input === "choice") === true) {
      queue.push(nowNs + Math.ceil(random.exponential(1) * msNs), { due: "own", party });
    }
  };

  world.beginnings.forEach((begun, party) => {
    send(begun.sends, 0);
    arm(party, begun, 0);
    prompt(party, 0);
  });
  const horizonMs = random.pick(horizonsMs);
  for (const kind of ["losses", "duplicates", "crashes", "partitions"] as const) {
    const budget = Math.min(model.budgets[kind], 100);
    const uses = budget === 0 ? 0 : random.int(budget + 1);
    for (let use = 0; use < uses; use++) queue.push(Math.ceil(random.float() * horizonMs * msNs), { due: "fault", kind });
  }

  while (schedule.length < stepsMax) {
    const next = queue.pop();
    if (next === undefined) return { schedule, watch, world, ended: true };
    handle(next.value, next.atNs);
  }
  return { schedule, watch, world, ended: false };

  function handle(due: Due, nowNs: number): void {
    switch (due.due) {
      case "step":
        return void take(due.step, nowNs);
      case "timer": {
        const key = timerKey(due.actor, due.timer);
        if (timers.get(key) !== due.version || world.spent.timers >= model.budgets.timers) return;
        timers.delete(key);
        return void take({ step: "timer", actor: due.actor, timer: due.timer }, nowNs);
      }
      case "own": {
        const options = model.parties[due.party]!.options(world.locals[due.party]!).filter(({ input }) => input === "call" || input === "choice");
        if (options.length === 0) return;
        const option = random.pick(options);
        const client = due.party - model.servers;
        if (option.input === "call") take({ step: "call", client, n: world.calls(client) }, nowNs);
        else if (option.input === "choice") take({ step: "choice", actor: due.party, key: option.key, option: option.option }, nowNs);
        return;
      }
      case "fault":
        return fault(due.kind, nowNs);
    }
  }

  function fault(kind: FaultKind, nowNs: number): void {
    if (kind === "partitions") {
      if (!take({ step: "cut", cut: random.pick(model.cuts).name }, nowNs)) return;
      return queue.push(nowNs + Math.ceil(random.exponential(horizonMs / 3) * msNs), { due: "step", step: { step: "heal" } });
    }
    if (kind === "crashes") {
      const actor = random.int(model.servers);
      if (world.isDown(actor) || !take({ step: "crash", actor }, nowNs)) return;
      if (losesWrite(world, random)) take({ step: "loseWrite", actor }, nowNs);
      for (const key of [...timers.keys()]) if (key.startsWith(`${actor} `)) timers.delete(key);
      if (world.spent.recoveries < model.budgets.recoveries) {
        queue.push(nowNs + Math.ceil(random.exponential(10) * msNs), { due: "step", step: { step: "recover", actor } });
      }
      return;
    }
    const heads = world.links().flatMap(({ from, to, inFlight }) => (fifo ? inFlight.slice(0, 1) : inFlight).map(({ n }) => ({ from, to, n })));
    if (heads.length > 0) take({ step: kind === "losses" ? "drop" : "duplicate", ...random.pick(heads) }, nowNs);
  }

  function take(step: ScheduleStep, nowNs: number): boolean {
    const result = world.apply(step, nowNs);
    if (result.result === "impossible" && step.step === "deliver") retry(step, nowNs);
    if (result.result === "impossible") return false;
    if (result.result === "ignored" && model.network.noop === "keep") {
      if (step.step === "deliver") kept.push(step);
      return false;
    }
    schedule.push(step);
    watch.after(world, result.step?.events ?? []);
    if (step.step === "cut" || step.step === "heal") return true;
    const party = "to" in step ? step.to : step.step === "call" ? model.servers + step.client : step.actor;
    send(result.sends, nowNs);
    arm(party, result, nowNs);
    if (step.step !== "drop") {
      prompt(party, nowNs);
      for (let i = kept.length - 1; i >= 0; i--) if (kept[i]!.to === party) queue.push(nowNs + 1, { due: "step", step: kept.splice(i, 1)[0]! });
    }
    return true;
  }

  /** A message to a node that is down waits for its recovery. */
  function retry(step: ScheduleStep & { step: "deliver" }, nowNs: number): void {
    const waits = world.isDown(step.to) && world.inFlight(step.from, step.to).some(({ n }) => n === step.n);
    if (waits && world.spent.recoveries < model.budgets.recoveries) queue.push(nowNs + msNs, { due: "step", step });
  }
}

type Due =
  | { readonly due: "step"; readonly step: ScheduleStep }
  | { readonly due: "timer"; readonly actor: number; readonly timer: Json; readonly version: number }
  | { readonly due: "own"; readonly party: number }
  | { readonly due: "fault"; readonly kind: FaultKind };
type FaultKind = "losses" | "duplicates" | "crashes" | "partitions";

function timerKey(actor: number, timer: Json): string {
  return `${actor} ${canonicalJson(timer)}`;
}
