import { describeError } from "../errors.ts";
import { NEMESIS } from "../ids.ts";
import { healEverything, type Nemesis } from "../nemesis.ts";
import type { Call, Op } from "../op.ts";
import type { RunLimits } from "../runner.ts";
import { deadlineSignal, within } from "../time.ts";
import { failure } from "./failure.ts";
import type { Entry } from "./recorder.ts";

export interface NemesisThreadOptions {
  readonly nemesis: Nemesis;
  readonly limits: RunLimits;
  readonly clock: () => number;
  /** Aborts when the run is to end early: calls end, healing does not. */
  readonly stop: AbortSignal;
  readonly record: (entry: Entry) => Op | undefined;
  /** One line for each failure. */
  readonly problem: (line: string) => void;
}
type Outcome = Awaited<ReturnType<Nemesis["invoke"]>>;

/**
 * The nemesis' line of the history: each call is recorded as it begins and as it ends, both `info`. No call throws and
 * none lasts for ever; a failure is recorded, and told as a problem of the run.
 */
export class NemesisThread {
  readonly #options: NemesisThreadOptions;

  constructor(options: NemesisThreadOptions) {
    this.#options = options;
  }

  begin({ f, value }: Call): Op | undefined {
    return this.#options.record({ type: "info", process: NEMESIS, f, value, timeNs: this.#options.clock() });
  }

  /** Does a call that has begun, and records its end. */
  async call({ f, value }: Call): Promise<void> {
    const { nemesis, limits, stop } = this.#options;
    this.#end(f, await this.#bounded({ f, value }, limits.nemesisMs, () => nemesis.invoke({ f, value }, deadlineSignal(limits.nemesisMs, stop))));
  }

  /**
   * Reverts all faults and waits until the cluster serves again. What the nemesis' own heal leaves on is tried once more.
   * Healing is not stopped by what stops the run; waiting is.
   */
  async heal(recover: ((signal: AbortSignal) => Promise<void>) | undefined): Promise<void> {
    const { nemesis, stop } = this.#options;
    const atOnce = async (signal: AbortSignal): Promise<Outcome> => {
      const value = [...nemesis.active()];
      await nemesis.healAll(signal);
      return { value };
    };
    if (stop.aborted) await this.#step(healEverything, atOnce);
    else await this.#step(healEverything, (signal) => nemesis.invoke({ f: healEverything, value: null }, signal));
    if (nemesis.active().length > 0) await this.#step(healEverything, atOnce);
    if (recover === undefined || stop.aborted) return;
    await this.#step("recover", async (signal) => {
      await recover(AbortSignal.any([signal, stop]));
      return { value: null };
    });
  }

  async #step(f: string, work: (signal: AbortSignal) => Promise<Outcome>): Promise<void> {
    const { healMs } = this.#options.limits;
    this.begin({ f, value: null });
    this.#end(f, await this.#bounded({ f, value: null }, healMs, () => work(deadlineSignal(healMs))));
  }

  #end(f: string, { value, error }: Outcome): void {
    const entry: Entry = { type: "info", process: NEMESIS, f, value: value ?? null, timeNs: this.#options.clock() };
    this.#options.record(error === undefined ? entry : { ...entry, error });
  }

  async #bounded({ f, value }: Call, ms: number, work: () => Promise<Outcome>): Promise<Outcome> {
    const { limits, stop, problem } = this.#options;
    // A call that fails because the run stops is no problem of its own.
    const tell = (why: string): void => (stop.aborted && f !== healEverything ? undefined : problem(`${f} failed: ${why}`));
    try {
      const outcome = await within(ms + limits.graceMs, f, work());
      if (outcome.error !== undefined) tell(typeof outcome.error === "string" ? outcome.error : JSON.stringify(outcome.error));
      return outcome;
    } catch (error) {
      tell(describeError(error));
      return { value, error: failure("nemesis", error) };
    }
  }
}
