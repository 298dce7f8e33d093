import { type ActorModel, type BudgetKind, type HistoryEvent, type PartyInput, type PartyStep, budgetKinds } from "./actor-model.ts";
import type { ActorId } from "./actor.ts";
import type { Cut } from "./cuts.ts";
import { type History, HistoryBuilder } from "./history.ts";
import { processId } from "./ids.ts";
import { equalJson, type Json } from "./json.ts";
import type { Call } from "./op.ts";
import type { Schedule, ScheduleStep } from "./schedule.ts";
import { TimerZone, zoneOperations } from "./timer-zone.ts";

/**
 * One concrete run of an actor model, step by step: the state that the explorer packs into integers, as objects.
 * Replays of model paths, the simulator and the shrinker all step here, so a schedule means the same to each.
 *
 * Messages are numbered per directed link in the order in which they were sent, so a step finds its message even when
 * earlier steps were taken out of the schedule; a step whose message is not there is `impossible` and changes nothing.
 */
export class World {
  readonly model: ActorModel;
  readonly locals: Json[] = [];
  readonly spent: Record<BudgetKind, number> = { losses: 0, duplicates: 0, crashes: 0, recoveries: 0, timers: 0, lostWrites: 0, partitions: 0 };
  /** What each party sent when it began. */
  readonly beginnings: readonly WorldStep[];
  readonly #links = new Map<number, Link>();
  readonly #history = new HistoryBuilder();
  readonly #open = new Map<number, Call>();
  readonly #calls: number[] = [];
  #cut: Cut | undefined;
  #zone = TimerZone.empty;

  constructor(model: ActorModel) {
    this.model = model;
    this.beginnings = model.parties.map((party, id) => {
      const begun = party.begin();
      this.locals.push(begun.local);
      this.#zone = this.#zoneAfter(id, undefined, begun) ?? this.#zone;
      return { result: "taken", step: begun, ...this.#send(id, begun) };
    });
    this.beginnings.forEach(({ step }) => this.#record(step!.events, 0));
  }

  /** Does one step, or tells that it cannot happen here. Budgets are the caller's: they are counted, not enforced. */
  apply(step: ScheduleStep, timeNs = -1): WorldStep {
    switch (step.step) {
      case "deliver":
      case "duplicate":
        return this.#deliver(step, timeNs);
      case "drop": {
        const taken = this.#take(step);
        if (taken === undefined) return impossible;
        this.spent.losses++;
        return { result: "taken", step: undefined, sends: [], cut: [], message: taken.message };
      }
      case "call": {
        const id = this.model.servers + step.client;
        if ((this.#calls[step.client] ?? 0) !== step.n || this.model.parties[id] === undefined) return impossible;
        const result = this.#input(id, { input: "call" }, timeNs);
        if (result.result === "taken") this.#calls[step.client] = step.n + 1;
        return result;
      }
      case "timer":
        return this.#option(step.actor, { input: "timer", timer: step.timer }, { budget: "timers", timeNs });
      case "choice":
        return this.#option(step.actor, { input: "choice", key: step.key, option: step.option }, { budget: undefined, timeNs });
      case "crash":
        return this.#crash(step.actor, timeNs);
      case "loseWrite":
        return this.#option(step.actor, { input: "loseWrite" }, { budget: "lostWrites", timeNs });
      case "recover":
        return this.#option(step.actor, { input: "recover" }, { budget: "recoveries", timeNs });
      case "cut":
        return this.#partition(step.cut);
      case "heal":
        if (this.#cut === undefined) return impossible;
        this.#cut = undefined;
        return { result: "taken", step: undefined, sends: [], cut: [] };
    }
  }

  /** Steps that can be taken now within the budgets, in a fixed order; ignored deliveries are among them under `consume`. */
  enabled(): ScheduleStep[] {
    const steps: ScheduleStep[] = [];
    const left = (kind: BudgetKind): boolean => this.spent[kind] < this.model.budgets[kind];
    for (const [, link] of [...this.#links].sort(([a], [b]) => a - b)) {
      const heads = this.model.network.order === "fifo" ? link.inFlight.slice(0, 1) : link.inFlight;
      for (const { n, message } of heads) {
        const reaction = this.#react(link.to, { input: "message", from: link.from, message });
        const target = { from: link.from, to: link.to, n };
        if (reaction !== "blocked" && (reaction !== "ignored" || this.model.network.noop === "consume")) {
          steps.push({ step: "deliver", ...target });
          if (reaction !== "ignored" && left("duplicates")) steps.push({ step: "duplicate", ...target });
        }
        if (left("losses")) steps.push({ step: "drop", ...target });
      }
    }
    this.model.parties.forEach((party, id) => {
      for (const input of party.options(this.locals[id]!)) {
        const step = this.#optionStep(id, input, left);
        if (step === undefined) continue;
        const reaction = input.input === "crash" ? "taken" : this.#react(id, input);
        if (reaction === "blocked" || reaction === "ignored") continue;
        if (reaction === "taken" || this.#zoneAfter(id, input, reaction) !== undefined) steps.push(step);
      }
    });
    if (this.#cut !== undefined) steps.push({ step: "heal" });
    else if (left("partitions")) steps.push(...this.model.cuts.map(({ name }) => ({ step: "cut" as const, cut: name })));
    return steps;
  }

  /** Messages in flight on from → to, oldest first. */
  inFlight(from: ActorId, to: ActorId): readonly { readonly n: number; readonly message: Json }[] {
    return this.#links.get(this.#linkKey(from, to))?.inFlight ?? [];
  }

  /** All links that ever carried a message. */
  links(): readonly { readonly from: ActorId; readonly to: ActorId; readonly inFlight: readonly { readonly n: number; readonly message: Json }[] }[] {
    return [...this.#links.values()];
  }

  /** When timers can fire, as text; equal for equal zones. */
  get zone(): string {
    return this.#zone.key;
  }

  /** Name of the partition that lasts. */
  get cut(): string | undefined {
    return this.#cut?.name;
  }

  /** The party is down. */
  isDown(id: ActorId): boolean {
    return id < this.model.servers && this.model.parties[id]!.options(this.locals[id]!).some((input) => input.input === "recover");
  }

  /** What clients saw so far. */
  history(): History {
    return this.#history.build();
  }

  /** Number of calls that client `client` has started. */
  calls(client: number): number {
    return this.#calls[client] ?? 0;
  }

  #optionStep(id: ActorId, input: PartyInput, left: (kind: BudgetKind) => boolean): ScheduleStep | undefined {
    switch (input.input) {
      case "timer":
        return left("timers") ? { step: "timer", actor: id, timer: input.timer } : undefined;
      case "choice":
        return { step: "choice", actor: id, key: input.key, option: input.option };
      case "call":
        return { step: "call", client: id - this.model.servers, n: this.calls(id - this.model.servers) };
      case "crash":
        return left("crashes") && this.#down() < this.model.downMax ? { step: "crash", actor: id } : undefined;
      case "loseWrite":
        return left("lostWrites") ? { step: "loseWrite", actor: id } : undefined;
      case "recover":
        return left("recoveries") ? { step: "recover", actor: id } : undefined;
      case "message":
        return undefined;
    }
  }

  #down(): number {
    let down = 0;
    for (let id = 0; id < this.model.servers; id++) if (this.isDown(id)) down++;
    return down;
  }

  #deliver(step: Extract<ScheduleStep, { step: "deliver" | "duplicate" }>, timeNs: number): WorldStep {
    const found = this.#find(step);
    if (found === undefined) return impossible;
    const reaction = this.#react(step.to, { input: "message", from: step.from, message: found.message });
    if (reaction === "blocked") return impossible;
    const keeps = step.step === "duplicate" || this.model.network.order === "set" || (reaction === "ignored" && this.model.network.noop === "keep");
    if (!keeps) this.#take(step);
    if (step.step === "duplicate") this.spent.duplicates++;
    if (reaction === "ignored") return { result: "ignored", step: undefined, sends: [], cut: [], message: found.message };
    return { ...this.#accept(step.to, { input: "message", from: step.from, message: found.message }, reaction, timeNs), message: found.message };
  }

  #crash(id: ActorId, timeNs: number): WorldStep {
    const result = this.#option(id, { input: "crash" }, { budget: "crashes", timeNs });
    if (result.result !== "taken" || !this.model.network.crashCutsLinks) return result;
    return { ...result, cut: this.#empty((link) => link.from === id || link.to === id) };
  }

  #partition(name: string): WorldStep {
    const cut = this.model.cuts.find((other) => other.name === name);
    if (cut === undefined || this.#cut !== undefined) return impossible;
    this.#cut = cut;
    this.spent.partitions++;
    return { result: "taken", step: undefined, sends: [], cut: this.#empty((link) => this.#isCut(link)) };
  }

  #isCut(link: { readonly from: ActorId; readonly to: ActorId }): boolean {
    return this.#cut !== undefined && this.#cut.links.some(({ from, to }) => from === link.from && to === link.to);
  }

  /** What was in flight on those links is lost. */
  #empty(of: (link: Link) => boolean): SentMessage[] {
    const lost: SentMessage[] = [];
    for (const link of this.#links.values()) {
      if (!of(link)) continue;
      for (const { n, message } of link.inFlight) lost.push({ from: link.from, to: link.to, n, message });
      link.inFlight.length = 0;
    }
    return lost;
  }

  #option(id: ActorId, input: PartyInput, about: { readonly budget: BudgetKind | undefined; readonly timeNs: number }): WorldStep {
    const offered = this.model.parties[id]?.options(this.locals[id]!).some((option) => equalJson(option as unknown as Json, input as unknown as Json));
    if (offered !== true) return impossible;
    const result = this.#input(id, input, about.timeNs);
    if (result.result === "taken" && about.budget !== undefined) this.spent[about.budget]++;
    return result;
  }

  #input(id: ActorId, input: PartyInput, timeNs: number): WorldStep {
    const reaction = this.#react(id, input);
    if (reaction === "blocked") return impossible;
    if (reaction === "ignored") return { result: "ignored", step: undefined, sends: [], cut: [] };
    return this.#accept(id, input, reaction, timeNs);
  }

  #react(id: ActorId, input: PartyInput): PartyStep | "ignored" | "blocked" {
    const party = this.model.parties[id];
    return party === undefined ? "blocked" : party.step(this.locals[id]!, input);
  }

  #accept(id: ActorId, input: PartyInput, step: PartyStep, timeNs: number): WorldStep {
    const zone = this.#zoneAfter(id, input, step);
    if (zone === undefined) return impossible;
    this.#zone = zone;
    this.locals[id] = step.local;
    this.#record(step.events, timeNs);
    return { result: "taken", step, ...this.#send(id, step) };
  }

  /** Undefined: the timer cannot fire yet, or another must fire before. */
  #zoneAfter(party: ActorId, input: PartyInput | undefined, step: PartyStep): TimerZone | undefined {
    const { clocks } = this.model;
    return clocks === undefined ? this.#zone : this.#zone.after(zoneOperations({ party, input, step, ...clocks }));
  }

  #send(from: ActorId, step: PartyStep): Pick<WorldStep, "sends" | "cut"> {
    const cut: SentMessage[] = [];
    const sends = step.sends.map(({ to, message }) => {
      const link = this.#link(from, to);
      const n = link.sent++;
      if (this.#isCut(link)) {
        cut.push({ from, to, n, message });
        return cut.at(-1)!;
      }
      const absorbed = this.model.network.order === "set" && link.inFlight.some((other) => equalJson(other.message, message));
      if (!absorbed) link.inFlight.push({ n, message });
      return { from, to, n, message };
    });
    return { sends, cut };
  }

  #record(events: readonly HistoryEvent[], timeNs: number): void {
    for (const event of events) {
      const process = processId(event.thread);
      if (event.event === "invoke") {
        this.#open.set(event.thread, event.call);
        this.#history.push({ process, type: "invoke", f: event.call.f, value: event.call.value, timeNs });
      } else this.#history.push({ process, type: "ok", f: this.#open.get(event.thread)!.f, value: event.value, timeNs });
    }
  }

  #find(step: { readonly from: ActorId; readonly to: ActorId; readonly n: number }): { n: number; message: Json } | undefined {
    const link = this.#links.get(this.#linkKey(step.from, step.to));
    const at = link?.inFlight.findIndex((message) => message.n === step.n) ?? -1;
    if (at < 0 || (at > 0 && this.model.network.order === "fifo")) return undefined;
    return link!.inFlight[at];
  }

  #take(step: { readonly from: ActorId; readonly to: ActorId; readonly n: number }): { n: number; message: Json } | undefined {
    const found = this.#find(step);
    if (found === undefined) return undefined;
    const link = this.#link(step.from, step.to);
    link.inFlight.splice(link.inFlight.indexOf(found), 1);
    return found;
  }

  #linkKey(from: ActorId, to: ActorId): number {
    return from * this.model.parties.length + to;
  }

  #link(from: ActorId, to: ActorId): Link {
    const key = this.#linkKey(from, to);
    let link = this.#links.get(key);
    if (link === undefined) this.#links.set(key, (link = { from, to, sent: 0, inFlight: [] }));
    return link;
  }
}

interface Link {
  readonly from: ActorId;
  readonly to: ActorId;
  sent: number;
  readonly inFlight: { n: number; message: Json }[];
}

export interface SentMessage {
  readonly from: ActorId;
  readonly to: ActorId;
  readonly n: number;
  readonly message: Json;
}

export interface WorldStep {
  /** `impossible`: not here and now; nothing changed. `ignored`: the receiver did nothing (the message may be used up). */
  readonly result: "taken" | "ignored" | "impossible";
  readonly step: PartyStep | undefined;
  readonly sends: readonly SentMessage[];
  /** What a crash or a partition cut off in flight, and of `sends` what went into a partition. */
  readonly cut: readonly SentMessage[];
  /** The message that was delivered or dropped. */
  readonly message?: Json;
}

const impossible: WorldStep = { result: "impossible", step: undefined, sends: [], cut: [] };

/** All budget kinds whose number is finite: they are part of a model's state. */
export function finiteBudgets(model: ActorModel): BudgetKind[] {
  return budgetKinds.filter((kind) => Number.isFinite(model.budgets[kind]));
}

/** Plays a schedule from the start; impossible steps are skipped. */
export function replaySchedule(model: ActorModel, schedule: Schedule): { readonly world: World; readonly applied: Schedule } {
  const world = new World(model);
  const applied: ScheduleStep[] = [];
  schedule.forEach((step, at) => {
    if (world.apply(step, at).result !== "impossible") applied.push(step);
  });
  return { world, applied };
}
