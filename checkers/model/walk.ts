import type { ActorModel } from "../../harness/actor-model.ts";
import type { System } from "../../harness/actor.ts";
import { type Budget, unlimited } from "../../harness/budget.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Random } from "../../harness/random.ts";
import { SpentBudgets } from "./budgets.ts";
import { coverageOf } from "./coverage.ts";
import { type ExplorableModel, type Exploration, explorationOf } from "./explore.ts";
import { Flows } from "./flows.ts";
import { FullTracker } from "./history-tracker.ts";
import { type EngineEvent, Memo } from "./memo.ts";
import { type EngineDiscovery, Properties } from "./properties.ts";
import { HI, HISTORY, LO, LOCALS } from "./record.ts";
import { modelOf } from "./replay.ts";
import { type SuccessorSink, Successors } from "./successors.ts";
import { VisitedTable } from "./visited.ts";

/**
 * Random walks through a state space: from the initial state, each time one of the possible steps, all equally likely,
 * until none is left. It sees less than `explore` and needs no memory for a frontier, so it goes where `explore` has no
 * room; the properties are the same. The account is never complete, and a discovery is not a shortest one.
 *
 * (For schedules in virtual time, with latencies and priorities, there is the simulator.)
 */
export interface WalkOptions {
  readonly walks: number;
  /** A walk is cut after that many steps; default 10,000. */
  readonly stepsMax?: number;
  readonly random: Random;
  /** One step per step. */
  readonly budget?: Budget;
  /** End with the walk that breaks a property. Default: false. */
  readonly stopAtCounterexample?: boolean;
}

/** Walks. `unique` are the distinct states that were met, `generated` the steps, `depth` the longest walk's states. */
export function exploreByWalks(of: ExplorableModel, options: WalkOptions): Exploration {
  if ("kind" in of) throw new HarnessError("USAGE", `${of.name} is a model of bit fields: it is explored in full, fast`, { nextStep: "explore it without random walks" });
  const walker = new Walker(of, options.random);
  const budget = options.budget ?? unlimited();
  for (let walk = 0; walk < options.walks; walk++) {
    const steps = walker.walk(options.stepsMax ?? 10_000);
    if (!budget.spend(steps) || (options.stopAtCounterexample === true && walker.broken)) break;
  }
  return walker.account();
}

class Walker implements SuccessorSink {
  readonly #of: System | ActorModel;
  readonly #model: ActorModel;
  readonly #random: Random;
  readonly #memo: Memo;
  readonly #tracker: FullTracker;
  readonly #properties: Properties;
  readonly #successors: Successors;
  readonly #visited = new VisitedTable();
  readonly #paths = new Map<EngineDiscovery, readonly EngineEvent[]>();
  readonly #all = new Set<number>();
  readonly #terminal = new Set<number>();
  // Of the walk: its record, the step that was drawn so far, and the codes of the steps taken.
  #record = new Int32Array(256);
  #next = new Int32Array(256);
  #drawn = { length: 0, code: 0, history: 0 };
  #candidates = 0;
  #codes: number[] = [];
  #steps = 1;
  #depth = 1;

  constructor(of: System | ActorModel, random: Random) {
    this.#of = of;
    this.#model = modelOf(of);
    this.#random = random;
    this.#memo = new Memo(this.#model);
    const threads = 1 + Math.max(-1, ...this.#model.parties.map((party) => party.thread ?? -1));
    this.#tracker = new FullTracker(this.#model.spec, this.#memo.lists, threads);
    const flows = new Flows(this.#model.parties.length ** 2, this.#memo.envelopes);
    this.#properties = new Properties(this.#memo, flows);
    this.#successors = new Successors({ memo: this.#memo, flows, tracker: this.#tracker, budgets: new SpentBudgets(this.#model) }, this);
  }

  get broken(): boolean {
    return this.#properties.broken;
  }

  /** One walk; its number of steps. */
  walk(stepsMax: number): number {
    this.#codes = [];
    const begun = this.#memo.begin();
    const history = this.#tracker.next(this.#tracker.initial, begun.events);
    const length = this.#successors.candidate.begin(begun, history);
    this.#fit(length);
    this.#successors.candidate.writeFirst(this.#record, 0, begun.locals);
    this.#look(length, history, -1);
    while (this.#codes.length < stepsMax) {
      this.#candidates = 0;
      const live = this.#successors.expand(this.#record, 0);
      if (!live) this.#terminal.add(this.#record[HISTORY]!);
      if (this.#candidates === 0) break;
      const before = this.#record[HISTORY]!;
      [this.#record, this.#next] = [this.#next, this.#record];
      this.#codes.push(this.#drawn.code);
      this.#look(this.#drawn.length, this.#drawn.history, before);
    }
    this.#steps += this.#codes.length;
    this.#depth = Math.max(this.#depth, this.#codes.length + 1);
    return this.#codes.length;
  }

  /** One of the candidates, each equally likely (reservoir sampling). */
  candidate(): boolean {
    this.#candidates++;
    if (this.#random.int(this.#candidates) > 0) return true;
    const length = this.#successors.candidate.prepare();
    this.#fit(length);
    this.#successors.candidate.write(this.#next, 0);
    this.#drawn = { length, code: this.#successors.candidate.code, history: this.#successors.candidate.history };
    return true;
  }

  retract(): void {
    this.#candidates--;
  }

  account(): Exploration {
    return explorationOf(this.#of, {
      unique: this.#visited.length,
      generated: this.#steps,
      depth: this.#depth,
      complete: false,
      exact: false,
      // A walk ends by itself, or at its own number of steps.
      limits: { statesMax: Number.POSITIVE_INFINITY, depthMax: Number.POSITIVE_INFINITY },
      reducedPasses: 0,
      reductionSkipped: false,
      workers: 1,
      discoveries: this.#properties.discoveries.map((discovery) => ({ property: discovery.property, kind: discovery.kind, path: this.#paths.get(discovery)! })),
      coverage: coverageOf(this.#model, {
        memo: this.#memo,
        counts: { locals: this.#memo.locals.length, envelopes: this.#memo.envelopes.length, histories: this.#all.size, transitions: this.#memo.nextLocal.length },
      }),
      outcomes: () => ({ all: this.#texts(this.#all), terminal: this.#texts(this.#terminal) }),
    });
  }

  #texts(histories: ReadonlySet<number>): ReadonlySet<string> {
    return new Set(Array.from(histories, (history) => this.#tracker.text(history)));
  }

  /** Looks at the state in `#record`, of `length` words. */
  #look(length: number, history: number, before: number): void {
    const record = this.#record;
    record[0] = length;
    this.#all.add(history);
    const known = this.#properties.discoveries.length;
    if (this.#visited.insert(record[LO]!, record[HI]!)) {
      this.#properties.inspect(record.subarray(LOCALS, LOCALS + this.#model.servers), record.subarray(this.#successors.candidate.header, length), 0);
    }
    if (history !== before && !this.#tracker.linearizable(history)) this.#properties.notLinearizable(0);
    for (const discovery of this.#properties.discoveries.slice(known)) this.#paths.set(discovery, this.#codes.map((code) => this.#memo.eventOf(code)));
  }

  #fit(length: number): void {
    if (this.#record.length < length) this.#record = grown(this.#record, length);
    if (this.#next.length < length) this.#next = grown(this.#next, length);
  }
}

function grown(record: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length * 2);
  larger.set(record);
  return larger;
}
