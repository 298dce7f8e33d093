import { describeError } from "../../harness/errors.ts";
import { noop, type OpGenerator } from "../../harness/generator.ts";
import { clients } from "../../harness/generator/clients.ts";
import { ThreadTable } from "../../harness/generator/threads.ts";
import { timeLimit } from "../../harness/generator/time-limit.ts";
import type { HistoryFile } from "../../harness/history-file.ts";
import { NEMESIS } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { Nemesis } from "../../harness/nemesis.ts";
import type { Call, Op, Outcome } from "../../harness/op.ts";
import type { Random } from "../../harness/random.ts";
import { type Entry, Recorder } from "../../harness/runner/recorder.ts";
import { defaultLimits, mainGenerator, type Phase, type Progress, type RunLimits, type RunResult } from "../../harness/runner.ts";
import { deadlineSignal, monotonicMs, nextTurn } from "../../harness/time.ts";
import type { SimulatedCluster } from "./simulated-cluster.ts";

/**
 * The runner's job in virtual time: the same generators, nemesis and recording, on a `SimulatedCluster`. The nemesis is
 * the real one; while it works, virtual time stands still.
 *
 *     main: clients beside the nemesis ─▶ heal everything ─▶ final reads
 */
export interface RunSimulatedOptions {
  readonly cluster: SimulatedCluster;
  readonly concurrency: number;
  readonly generator: OpGenerator;
  readonly faults?: { readonly nemesis: Nemesis; readonly generator: OpGenerator };
  readonly finalGenerator?: OpGenerator;
  /** Virtual. */
  readonly timeLimitMs: number;
  readonly limits?: Partial<RunLimits>;
  readonly random: Random;
  readonly file?: HistoryFile;
  /** Told of every op as it is recorded. */
  readonly observe?: (op: Op) => void;
  readonly signal?: AbortSignal;
  /** Called about every 200 ms of real time. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Runs it to its end. Two runs with the same seed, generators and faults have the same history. */
export async function runSimulated(options: RunSimulatedOptions): Promise<RunResult> {
  const run = new SimulatedRun(options);
  await run.phase("main", () => run.drive(mainGenerator(options)));
  if (options.faults !== undefined) await run.phase("heal", () => run.heal());
  const final = options.finalGenerator;
  if (final !== undefined) await run.phase("final", () => run.drive(timeLimit(run.limits.finalMs, clients(final))));
  return run.finish();
}

/** How long a nemesis call takes in virtual time. */
const nemesisNs = 1e6;

class SimulatedRun {
  readonly limits: RunLimits;
  readonly #options: RunSimulatedOptions;
  readonly #cluster: SimulatedCluster;
  readonly #recorder: Recorder;
  readonly #table: ThreadTable;
  readonly #random: Random;
  readonly #phases: { [phase in Phase]?: number } = {};
  readonly #problems: string[] = [];
  #phase: Phase = "main";
  #generator: OpGenerator = noop;
  #busy = 0;
  #turns = 0;
  #reported = { ms: monotonicMs(), completions: 0 };
  /** A nemesis call that is to be done before time goes on. */
  #nemesisCall: Call | undefined;

  constructor(options: RunSimulatedOptions) {
    this.#options = options;
    this.limits = { ...defaultLimits, ...options.limits };
    this.#cluster = options.cluster;
    this.#recorder = new Recorder(options);
    this.#random = options.random.fork("generator");
    this.#table = new ThreadTable({ concurrency: options.concurrency, nemesis: options.faults !== undefined, random: options.random });
  }

  async phase(phase: Phase, work: () => Promise<void>): Promise<void> {
    if (this.#options.signal?.aborted === true && phase !== "heal") return;
    this.#phase = phase;
    this.#phases[phase] = this.#cluster.nowNs;
    await work();
  }

  /** Plays `generator` until it is exhausted and no operation is open. */
  async drive(generator: OpGenerator): Promise<void> {
    this.#generator = generator;
    let exhausted = false;
    while (!exhausted || this.#busy > 0) {
      if ((++this.#turns & 0x3ff) === 0) await this.#breathe();
      if (this.#options.signal?.aborted === true) exhausted = true;
      const draw = exhausted ? ({ kind: "exhausted" } as const) : this.#generator.draw(this.#context());
      if (draw.kind === "exhausted") {
        exhausted = true;
        if (this.#busy > 0) this.#cluster.advance();
      } else if (draw.kind === "op" && draw.op.timeNs <= this.#cluster.nextNs) {
        this.#cluster.nowNs = Math.max(this.#cluster.nowNs, draw.op.timeNs);
        const event = this.#begin(draw.op.thread, draw.op);
        this.#generator = draw.next.update(this.#context(), event);
      } else if (draw.kind === "op") this.#cluster.advance();
      else {
        this.#generator = draw.next;
        const untilNs = draw.untilNs ?? Number.POSITIVE_INFINITY;
        if (untilNs < this.#cluster.nextNs) this.#cluster.nowNs = Math.max(this.#cluster.nowNs, untilNs);
        else if (this.#cluster.nextNs < Number.POSITIVE_INFINITY) this.#cluster.advance();
        else throw new Error(`assertion failed: the generator waits for ever at ${this.#cluster.nowNs} ns, with nothing left to happen`);
      }
      if (this.#nemesisCall !== undefined) await this.#disturb(this.#nemesisCall);
    }
  }

  async heal(): Promise<void> {
    const { nemesis } = this.#options.faults!;
    const active = [...nemesis.active()];
    this.#record({ type: "info", process: NEMESIS, f: "heal-all", value: active, timeNs: this.#cluster.nowNs });
    const error = await nemesis.healAll(deadlineSignal(this.limits.healMs)).then(
      () => this.#cluster.converged().then(() => undefined, describeError),
      describeError,
    );
    this.#cluster.nowNs += nemesisNs;
    const entry = { type: "info", process: NEMESIS, f: "heal-all", value: active, timeNs: this.#cluster.nowNs } as const;
    this.#record(error === undefined ? entry : { ...entry, error });
    if (error !== undefined) this.#problems.push(`heal failed: ${error}`);
  }

  async finish(): Promise<RunResult> {
    this.#phases.close = this.#cluster.nowNs;
    this.#report();
    await this.#options.file?.flush();
    const { ok, fail, info } = this.#recorder;
    return {
      history: this.#recorder.builder.build(),
      counts: { ok, fail, info },
      phases: this.#phases,
      endNs: this.#cluster.nowNs,
      interrupted: this.#options.signal?.aborted === true,
      problems: this.#problems,
    };
  }

  #begin(thread: number | "nemesis", { f, value }: Call): Op {
    const process = this.#table.processOf(thread);
    this.#table.take(thread);
    this.#busy++;
    if (thread === "nemesis") {
      this.#nemesisCall = { f, value };
      return this.#record({ type: "info", process, f, value, timeNs: this.#cluster.nowNs });
    }
    const event = this.#record({ type: "invoke", process, f, value, timeNs: this.#cluster.nowNs });
    this.#cluster.submit(thread, { f, value }, { deadlineNs: this.limits.operationMs * 1e6, done: (outcome) => this.#end(thread, f, outcome) });
    return event;
  }

  #end(thread: number, f: string, { type, value, error }: Outcome): void {
    const entry = { type, process: this.#table.processOf(thread), f, value, timeNs: this.#cluster.nowNs };
    const event = this.#record(error === undefined ? entry : { ...entry, error });
    this.#table.release(thread);
    this.#busy--;
    this.#generator = this.#generator.update(this.#context(), event);
    if (type === "info") this.#table.renumber(thread);
  }

  /** The nemesis acts while time stands still; its call ends a little later. */
  async #disturb(call: Call): Promise<void> {
    this.#nemesisCall = undefined;
    const outcome: { value: Json; error?: Json } = await this.#options
      .faults!.nemesis.invoke(call, deadlineSignal(this.limits.nemesisMs, this.#options.signal))
      .catch((failed: unknown) => ({ value: call.value, error: describeError(failed) }));
    this.#cluster.at(this.#cluster.nowNs + nemesisNs, () => {
      const entry = { type: "info", process: NEMESIS, f: call.f, value: outcome.value, timeNs: this.#cluster.nowNs } as const;
      const event = this.#record(outcome.error === undefined ? entry : { ...entry, error: outcome.error });
      this.#table.release("nemesis");
      this.#busy--;
      this.#generator = this.#generator.update(this.#context(), event);
    });
  }

  #record(entry: Entry): Op {
    return this.#recorder.record(entry);
  }

  #context(): ReturnType<ThreadTable["context"]> {
    return this.#table.context(this.#cluster.nowNs, this.#random);
  }

  /** Lets signals, files and the live line have their turn. */
  async #breathe(): Promise<void> {
    if (this.#options.file?.congested === true) await this.#options.file.flush();
    if (monotonicMs() - this.#reported.ms >= 200) {
      this.#report();
      await nextTurn();
    }
  }

  #report(): void {
    const { onProgress, faults, timeLimitMs } = this.#options;
    const { ok, fail, info, open } = this.#recorder;
    const nowMs = monotonicMs();
    const completions = ok + fail + info;
    onProgress?.({
      phase: this.#phase,
      timeNs: this.#cluster.nowNs,
      opsPerSecond: ((completions - this.#reported.completions) / Math.max(1, nowMs - this.#reported.ms)) * 1000,
      ok,
      fail,
      info,
      open,
      faults: faults?.nemesis.active() ?? [],
      timeLeftMs: this.#phase === "main" ? Math.max(0, timeLimitMs - this.#cluster.nowNs / 1e6) : 0,
    });
    this.#reported = { ms: nowMs, completions };
  }
}
