import type { RunningCluster } from "../harness/cluster.ts";
import type { Evidence } from "../harness/disturbance.ts";
import { describeError, HarnessError } from "../harness/errors.ts";
import type { NodeId } from "../harness/ids.ts";
import { isObject, type Json } from "../harness/json.ts";
import type { Ledger } from "../harness/ledger.ts";
import type { Nemesis } from "../harness/nemesis.ts";
import type { Call } from "../harness/op.ts";
import type { Settings } from "../harness/options.ts";
import type { Random } from "../harness/random.ts";
import { deadlineSignal } from "../harness/time.ts";
import { type ArmedFault, checkCapabilities, type Plan } from "./fault.ts";
import { bounded, evidenceOf, revert, revertMsMax, unhealthy } from "./steps.ts";

/**
 * The nemesis: does what its schedule says, one call at a time, and leaves nothing on.
 *
 *     isolate        plan ─ health ─ intent on disk ─ apply ─ evidence ─ done on disk
 *     heal-isolate   evidence ─ revert ─ healed on disk ─ health
 *     heal           the same for everything that is on, last in first out, and waits until the cluster agrees again
 *
 * Two rules make a run worth judging. The ledger comes first, so whatever kills us, others can undo it. And a fault
 * must be *seen* to act: its evidence, measured after it was applied and again before it is reverted, is part of the
 * history, and one that was never effective makes the run vacuous instead of a pass.
 */
export interface NemesisOptions {
  readonly cluster: RunningCluster;
  readonly faults: readonly ArmedFault[];
  readonly ledger: Ledger;
  /** The run's, forked for the nemesis. */
  readonly random: Random;
  /** For the live line; called before and after each change. */
  readonly onEvent?: (event: NemesisEvent) => void;
}

/** One line of progress: `text` is for people, such as `isolate n3 (leader)`. */
export interface NemesisEvent {
  readonly kind: "injecting" | "injected" | "inject-failed" | "healing" | "healed" | "heal-failed";
  readonly fault: string;
  readonly text: string;
  readonly evidence?: Evidence;
  readonly error?: string;
}

/** The op that begins a fault is named as the fault; this is the op that ends it. */
export function healOf(fault: string): string {
  return `heal-${fault}`;
}
/** The op that ends every fault. */
export const healEverything = "heal";

/** What the op that began a fault has as its value. */
export interface Injected {
  /** Its entry in the ledger. */
  readonly id: string;
  readonly fault: string;
  readonly what: string;
  readonly targets: readonly NodeId[];
  readonly effective: boolean;
  readonly evidence: string;
  /** Of an injection that failed: whether what had been done of it was undone; what was not is still on. */
  readonly takenBack?: boolean;
  /** Nodes that did not serve before it. */
  readonly unhealthyBefore: readonly NodeId[];
}

/** What an op that ended faults has as its value. */
export interface Healed {
  readonly healed: readonly { readonly id: string; readonly what: string; readonly effective: boolean; readonly evidence: string }[];
  /** Still on. */
  readonly failed: readonly { readonly id: string; readonly what: string; readonly error: string }[];
  /** Nodes that do not serve after it. */
  readonly unhealthyAfter: readonly NodeId[];
  /** After `heal` only: whether all nodes agreed again. */
  readonly converged?: boolean;
}

/** Bounds, in milliseconds. */
const planMsMax = 10_000;
const applyMsMax = 30_000;
const convergeMsMax = 60_000;

interface Active {
  readonly id: string;
  readonly fault: string;
  readonly plan: Plan;
  readonly effective: boolean;
}

/** Makes the nemesis of a run. Throws `CAPABILITY_MISSING` when the cluster cannot do what a fault needs. */
export function makeNemesis(options: NemesisOptions): Nemesis {
  checkCapabilities(options.faults, options.cluster);
  return new PolicyNemesis(options);
}

class PolicyNemesis implements Nemesis {
  readonly #options: NemesisOptions;
  readonly #faults: ReadonlyMap<string, ArmedFault>;
  readonly #injections = new Map<string, number>();
  /** By fault, in order of injection. */
  readonly #active = new Map<string, Active>();
  /** One change at a time, whoever asks. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#faults = new Map(options.faults.map((armed) => [armed.fault.name, armed]));
  }

  active(): readonly string[] {
    return [...this.#active.values()].map((active) => active.plan.what);
  }

  invoke(call: Call, signal: AbortSignal): Promise<{ value: Json; error?: Json }> {
    return this.#inTurn(async () => {
      try {
        return await this.#do(call, signal);
      } catch (error) {
        return { value: call.value, error: describeError(error) };
      }
    });
  }

  async healAll(signal: AbortSignal): Promise<void> {
    const { failed } = await this.#inTurn(() => this.#heal([...this.#active.values()], signal));
    if (failed.length === 0) return;
    throw new HarnessError("HEAL_FAILED", `still on: ${failed.map((entry) => `${entry.what} (${entry.error})`).join("; ")}`, {
      nextStep: "run `rashomon heal`: it undoes what the ledger still has open",
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.healAll(deadlineSignal(revertMsMax * Math.max(1, this.#active.size)));
  }

  async #do(call: Call, signal: AbortSignal): Promise<{ value: Json; error?: Json }> {
    if (call.f === healEverything) {
      const healed = await this.#heal([...this.#active.values()], signal);
      const { converged, error } = await this.#converge(signal);
      return result({ ...healed, converged }, error);
    }
    const armed = this.#faults.get(call.f);
    if (armed !== undefined) return this.#inject(armed, call.value, signal);
    const active = this.#active.get(call.f.replace(/^heal-/, ""));
    if (active !== undefined) return result(await this.#heal([active], signal));
    const known = [...this.#faults.keys()];
    if (known.some((fault) => healOf(fault) === call.f)) return { value: "not on" };
    throw new HarnessError("UNKNOWN_NAME", `the nemesis of this run has no fault ${JSON.stringify(call.f)}`, { nextStep: `use ${known.flatMap((name) => [name, healOf(name)]).join(", ")} or ${healEverything}` });
  }

  async #inject(armed: ArmedFault, value: Json, signal: AbortSignal): Promise<{ value: Json; error?: Json }> {
    const { cluster, ledger, random } = this.#options;
    const { fault } = armed;
    const before = this.#active.get(fault.name);
    if (before !== undefined) throw new HarnessError("FAULT_FAILED", `${before.plan.what} is still on`, { nextStep: `heal it first: ${healOf(fault.name)}` });
    const injection = this.#injections.get(fault.name) ?? 0;
    this.#injections.set(fault.name, injection + 1);

    const plan = await this.#plan(armed, { value, injection, random: random.fork(`${fault.name}/${injection}`), signal });
    const unhealthyBefore = await unhealthy(cluster, signal);
    const id = ledger.freshId(fault.name);
    ledger.intend({ id, what: plan.what, kind: "fault", undo: plan.disturbances.toReversed().flatMap((disturbance) => disturbance.undo) });
    this.#say({ kind: "injecting", fault: fault.name, text: plan.what });
    const told = { id, fault: fault.name, what: plan.what, targets: plan.targets, unhealthyBefore };
    const active: Active = { id, fault: fault.name, plan, effective: false };
    this.#active.set(fault.name, active);
    try {
      await bounded(applyMsMax, `injecting ${plan.what}`, signal, async (bound) => {
        for (const disturbance of plan.disturbances) await disturbance.apply(bound);
      });
    } catch (error) {
      const failure = describeError(new HarnessError("FAULT_FAILED", `${plan.what} could not be injected`, { nextStep: "see the nodes' logs", cause: error }));
      this.#say({ kind: "inject-failed", fault: fault.name, text: plan.what, error: failure });
      // A part of it may be on. The signal that ended it must not end its undoing.
      const { failed } = await this.#heal([active], deadlineSignal(revertMsMax));
      return { value: plain({ ...told, effective: false, evidence: "", takenBack: failed.length === 0 }), error: failure };
    }
    const evidence = await evidenceOf(plan.disturbances, signal);
    ledger.done(id, evidence);
    this.#active.set(fault.name, { ...active, effective: evidence.effective });
    this.#say({ kind: "injected", fault: fault.name, text: plan.what, evidence });
    return { value: plain({ ...told, effective: evidence.effective, evidence: evidence.seen }) };
  }

  #plan(armed: ArmedFault, how: { value: Json; injection: number; random: Random; signal: AbortSignal }): Promise<Plan> {
    const { cluster } = this.#options;
    const settings = withOverrides(armed, how.value);
    checkCapabilities([{ fault: armed.fault, settings }], cluster);
    return bounded(planMsMax, `planning ${armed.fault.name}`, how.signal, (signal) => armed.fault.plan({ cluster, random: how.random, injection: how.injection, settings, signal }));
  }

  /** Last in first out; one that fails stays on and the rest goes on. Never throws. */
  async #heal(actives: readonly Active[], signal: AbortSignal): Promise<Healed> {
    const healed: Healed["healed"][number][] = [];
    const failed: Healed["failed"][number][] = [];
    for (const active of actives.toReversed()) {
      const { id, fault, plan } = active;
      this.#say({ kind: "healing", fault, text: plan.what });
      const evidence = await evidenceOf(plan.disturbances, signal);
      const errors = await revert(plan, signal);
      if (errors.length > 0) {
        const error = errors.map(describeError).join("; ");
        failed.push({ id, what: plan.what, error });
        this.#say({ kind: "heal-failed", fault, text: plan.what, error });
        continue;
      }
      this.#options.ledger.healed(id, evidence);
      this.#active.delete(fault);
      healed.push({ id, what: plan.what, effective: active.effective || evidence.effective, evidence: evidence.seen });
      this.#say({ kind: "healed", fault, text: plan.what, evidence });
    }
    return { healed, failed, unhealthyAfter: actives.length === 0 ? [] : await unhealthy(this.#options.cluster, signal) };
  }

  async #converge(signal: AbortSignal): Promise<{ converged: boolean; error?: string }> {
    try {
      await bounded(convergeMsMax, "the agreement of all nodes", signal, (bound) => this.#options.cluster.converged(bound));
      return { converged: true };
    } catch (error) {
      return { converged: false, error: describeError(error) };
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #say(event: NemesisEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** An op's value may override settings: `{"target":"n2"}`, as a replayed or hand-written schedule does. */
function withOverrides(armed: ArmedFault, value: Json): Settings {
  if (value === null) return armed.settings;
  const overrides = isObject(value) ? Object.entries(value) : undefined;
  const settings = { ...armed.settings };
  for (const [name, setting] of overrides ?? [["", value] as const]) {
    const known = armed.fault.options.some((option) => option.name === name && typeof option.default === typeof setting);
    if (!known || setting === null || typeof setting === "object") {
      throw new HarnessError("BAD_OPTION", `fault ${armed.fault.name} cannot take ${JSON.stringify(value)}`, {
        nextStep: `give null, or an object with some of ${armed.fault.options.map((option) => option.name).join(", ") || "no options"}`,
      });
    }
    settings[name] = setting;
  }
  return settings;
}

function result(healed: Healed, error?: string): { value: Json; error?: Json } {
  const errors = [...healed.failed.map((entry) => `${entry.what}: ${entry.error}`), ...(error === undefined ? [] : [error])];
  return errors.length === 0 ? { value: plain(healed) } : { value: plain(healed), error: errors.join("; ") };
}

/** Records as what they are on disk. */
function plain(value: Injected | Healed): Json {
  return { ...value };
}
