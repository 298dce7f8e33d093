import type { ActorModel, HistoryEvent } from "./actor-model.ts";
import { Canonicalizer } from "./canonical-history.ts";
import { equalJson, type Json } from "./json.ts";
import { type LinearizabilityMonitor, linearizabilityMonitor } from "./monitor.ts";
import type { Schedule, ScheduleStep } from "./schedule.ts";
import { World } from "./world.ts";

/**
 * Judges a run of a model while it happens: linearizability of the clients' history by the monitor, and the `always`
 * properties of the servers' states after every step. One `Judge` serves any number of runs, so what the monitor has
 * learnt in one run is known in the next.
 */
export class Judge {
  readonly model: ActorModel;
  readonly #initial: LinearizabilityMonitor;

  constructor(model: ActorModel) {
    this.model = model;
    this.#initial = linearizabilityMonitor(model.spec);
  }

  watch(): Watch {
    return new Watch(this.model, this.#initial);
  }

  /** Plays `schedule` until a property breaks. `steps`: what was applied up to there. */
  judge(schedule: Schedule): Judged {
    return this.judgeAddressed(schedule.map((step) => ({ step, message: undefined })));
  }

  /**
   * The same for steps that know what they delivered, so that those behind a step that was left out still find what they
   * are about: on a FIFO link the head, elsewhere the oldest message of that content, or else of that ordinal.
   */
  judgeAddressed(list: readonly AddressedStep[]): Judged {
    const world = new World(this.model);
    const watch = this.watch();
    const steps: AddressedStep[] = [];
    watch.begin(world);
    for (const { step, message } of list) {
      if (watch.broken !== undefined) break;
      const here = message === undefined ? step : readdressed(world, step, message);
      const result = here === undefined ? undefined : world.apply(here, steps.length);
      if (here === undefined || result === undefined || result.result === "impossible") continue;
      steps.push({ step: here, message: result.message });
      watch.after(world, result.step?.events ?? []);
    }
    return { broken: watch.broken, steps: steps.map(({ step }) => step), addressed: steps, world };
  }
}

/** A step, and the message that it delivered, repeated or dropped. */
export interface AddressedStep {
  readonly step: ScheduleStep;
  readonly message: Json | undefined;
}
export interface Judged {
  readonly broken: string | undefined;
  readonly steps: Schedule;
  readonly addressed: readonly AddressedStep[];
  readonly world: World;
}

function readdressed(world: World, step: ScheduleStep, message: Json): ScheduleStep | undefined {
  if (!("to" in step)) return step;
  const inFlight = world.inFlight(step.from, step.to);
  const found = world.model.network.order === "fifo" ? inFlight[0] : (inFlight.find((other) => equalJson(other.message, message)) ?? inFlight.find((other) => other.n === step.n));
  return found === undefined ? undefined : { ...step, n: found.n };
}

/** One run. */
export class Watch {
  /** The first property that broke. */
  broken: string | undefined;
  readonly #model: ActorModel;
  readonly #canonicalizer: Canonicalizer;
  #monitor: LinearizabilityMonitor;
  /** The servers' states that the properties were last asked about. */
  #judged: readonly Json[] | undefined;

  constructor(model: ActorModel, monitor: LinearizabilityMonitor) {
    this.#model = model;
    this.#monitor = monitor;
    this.#canonicalizer = new Canonicalizer(model.spec);
  }

  begin(world: World): void {
    this.after(world, world.beginnings.flatMap(({ step }) => step?.events ?? []));
  }

  /** A step was taken; `events` is what clients saw of it. */
  after(world: World, events: readonly HistoryEvent[]): void {
    for (const event of events) {
      if (event.event === "invoke") this.#canonicalizer.invoke(event.thread, event.call);
      else this.#canonicalizer.return(event.thread, event.value);
      if (!this.#monitor.linearizable) continue;
      this.#monitor = event.event === "invoke" ? this.#monitor.invoke(event.thread, event.call) : this.#monitor.return(event.thread, event.value);
    }
    if (this.broken !== undefined) return;
    if (!this.#monitor.linearizable) this.broken = "linearizable";
    else if (this.#model.properties.length > 0) this.broken = this.#brokenProperty(world);
  }

  /** Canonical text of what clients saw so far. */
  outcome(): string {
    return this.#canonicalizer.text();
  }

  #brokenProperty(world: World): string | undefined {
    const states = this.#model.parties.slice(0, this.#model.servers).map((party, id) => party.show(world.locals[id]!));
    if (this.#judged?.every((state, id) => state === states[id]) === true) return undefined;
    this.#judged = states;
    return this.#model.properties.find((property) => property.kind === "always" && !property.test(states))?.name;
  }
}
