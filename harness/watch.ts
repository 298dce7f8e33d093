import type { ActorModel, HistoryEvent } from "./actor-model.ts";
import { Canonicalizer } from "./canonical-history.ts";
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
  judge(schedule: Schedule): { readonly broken: string | undefined; readonly steps: Schedule; readonly world: World } {
    const world = new World(this.model);
    const watch = this.watch();
    const steps: ScheduleStep[] = [];
    watch.begin(world);
    for (const step of schedule) {
      if (watch.broken !== undefined) break;
      const result = world.apply(step, steps.length);
      if (result.result === "impossible") continue;
      steps.push(step);
      watch.after(world, result.step?.events ?? []);
    }
    return { broken: watch.broken, steps, world };
  }
}

/** One run. */
export class Watch {
  /** The first property that broke. */
  broken: string | undefined;
  readonly #model: ActorModel;
  readonly #canonicalizer: Canonicalizer;
  #monitor: LinearizabilityMonitor;

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
    return this.#model.properties.find((property) => property.kind === "always" && !property.test(states))?.name;
  }
}
