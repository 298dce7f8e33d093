import { exhausted, type Draw, noop, type OpGenerator, type Thread } from "../generator.ts";
import { ThreadTable } from "../generator/threads.ts";
import type { Call, Op, Outcome } from "../op.ts";
import type { Random } from "../random.ts";
import type { Phase, Progress, RunLimits, RunOptions, RunResult } from "../runner.ts";
import { after, type Cancellable, every, soon } from "../time.ts";
import { ClientThreads } from "./client-threads.ts";
import { NemesisThread } from "./nemesis-thread.ts";
import { type Entry, Recorder } from "./recorder.ts";

/** Timers of the event loop hold no more than 24 days; an early alarm does no harm. */
const alarmMsMax = 3_600_000;

/**
 * The runner's loop. Completions are recorded the moment they come, and told to the generator in batches, once per turn
 * of the event loop; in the same turn all threads that are free get their next operations. So a thousand threads cost
 * one turn, not a thousand; timers, sockets and the history's file always get theirs; and what follows answers that came
 * together leaves together (decision 035: turns that follow each answer at once cost databases that sync a few percent).
 *
 *     answer ─▶ record ─▶ events ┐
 *     answer ─▶ record ─▶ events ┼─▶ turn: free the threads, update the generator, draw and begin until it has no more
 *     timer (next op is due) ────┘
 */
export class Engine {
  readonly #options: RunOptions;
  readonly #limits: RunLimits;
  readonly #clock: () => number;
  readonly #recorder: Recorder;
  readonly #table: ThreadTable;
  readonly #threads: ClientThreads;
  readonly #nemesis: NemesisThread | undefined;
  readonly #random: Random;
  readonly #phases: { [phase in Phase]?: number } = {};
  readonly #problems: string[] = [];
  /** Aborts when the run is to end early: by the caller, or by a failure of our own. */
  readonly #stop = new AbortController();
  readonly #progress: Cancellable | undefined;

  #generator: OpGenerator = noop;
  #events: Op[] = [];
  #freed: Thread[] = [];
  #turnScheduled = false;
  #timer: Cancellable | undefined;
  #timerNs = Number.POSITIVE_INFINITY;
  /** Ends the drive that goes on. */
  #resolve: (() => void) | undefined;
  #waitFor: "nemesis" | "everyone" = "everyone";
  #exhausted = true;
  #busy = 0;
  #failed: { readonly error: unknown } | undefined;
  #abandoning: Cancellable | undefined;
  #mainEndNs = Number.POSITIVE_INFINITY;
  #reported = { timeNs: 0, completions: 0 };
  #phase: Phase = "connect";

  constructor(options: RunOptions, limits: RunLimits, clock: () => number) {
    this.#options = options;
    this.#limits = limits;
    this.#clock = clock;
    this.#random = options.random.fork("generator");
    this.#recorder = new Recorder(options);
    this.#table = new ThreadTable({ concurrency: options.concurrency, nemesis: options.faults !== undefined, random: options.random });
    this.#threads = new ClientThreads({
      client: options.client,
      concurrency: options.concurrency,
      nodes: options.nodes,
      endpoint: options.endpoint,
      deadlineMs: limits.operationMs,
      graceMs: limits.graceMs,
      clockMs: () => clock() / 1e6,
      random: options.random,
      done: (thread, call, outcome) => this.#clientDone(thread, call, outcome),
      free: (thread) => this.#free(thread),
    });
    if (options.faults !== undefined) {
      this.#nemesis = new NemesisThread({
        nemesis: options.faults.nemesis,
        limits,
        clock,
        stop: this.#stop.signal,
        record: (entry) => this.#record(entry),
        problem: (line) => this.#problems.push(line),
      });
    }
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (options.signal?.aborted === true) this.#onAbort();
    const { onProgress } = options;
    if (onProgress !== undefined) this.#progress = every(options.progressEveryMs ?? 200, () => onProgress(this.#state()), { unref: true });
  }

  /** Notes the phase's beginning and does it; nothing but healing once the run is to end. */
  async phase(phase: Phase, work: () => Promise<void>): Promise<void> {
    if (this.#stop.signal.aborted && phase !== "heal") return;
    this.#phase = phase;
    this.#phases[phase] = this.#clock();
    if (phase === "main") this.#mainEndNs = this.#clock() + this.#options.timeLimitMs * 1e6;
    await work().catch((error: unknown) => this.#fail(error));
  }

  async connect(): Promise<void> {
    await this.#threads.openAll(this.#stop.signal);
  }

  /**
   * Plays `generator` until it is exhausted and the threads to wait for are idle; `settleFirst` waits for open
   * operations before its first draw.
   */
  async drive(generator: OpGenerator, options: { readonly waitFor: "nemesis" | "everyone"; readonly settleFirst?: boolean }): Promise<void> {
    if (options.settleFirst === true) await this.idle();
    if (this.#stop.signal.aborted) return;
    this.#generator = generator;
    this.#exhausted = false;
    await this.#wait(options.waitFor);
  }

  /** Waits until no operation is open; after a stop only as long as that allows. */
  async idle(): Promise<void> {
    if (this.#stop.signal.aborted) this.#abandonLater();
    await this.#wait("everyone");
  }

  /** Reverts all faults and waits until the cluster serves again; both stand in the history as nemesis calls. */
  async heal(): Promise<void> {
    await this.#nemesis?.heal(this.#options.recover);
  }

  /** Ends everything, in every case. */
  async finish(): Promise<RunResult> {
    await this.idle();
    this.#phase = "close";
    this.#phases.close = this.#clock();
    await this.#threads.close();
    this.#timer?.cancel();
    this.#abandoning?.cancel();
    this.#progress?.cancel();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#options.onProgress?.(this.#state());
    await this.#options.file?.flush();
    if (this.#failed !== undefined) throw this.#failed.error;
    const { ok, fail, info } = this.#recorder;
    return {
      history: this.#recorder.builder.build(),
      counts: { ok, fail, info },
      phases: this.#phases,
      endNs: this.#clock(),
      interrupted: this.#options.signal?.aborted === true,
      problems: this.#problems,
    };
  }

  readonly #onAbort = (): void => {
    this.#halt();
  };

  /** Draws nothing any more; the drive that goes on ends as soon as it may. */
  #halt(): void {
    this.#generator = noop;
    this.#exhausted = true;
    this.#stop.abort(new Error("the run was stopped"));
    // A main phase that is interrupted waits for the nemesis only, so that healing begins at once.
    this.#waitFor = this.#phase === "main" ? "nemesis" : this.#waitFor;
    if (this.#phase !== "main") this.#abandonLater();
    this.#wake();
  }

  #abandonLater(): void {
    const ms = this.#limits.interruptMs;
    this.#abandoning ??= after(ms, () => this.#threads.abandon("interrupted", `the run was stopped, and it was still open ${ms} ms later`));
  }

  #fail(error: unknown): void {
    this.#failed ??= { error };
    this.#halt();
  }

  #wait(waitFor: "nemesis" | "everyone"): Promise<void> {
    this.#waitFor = waitFor;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    soon(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnScheduled = false;
    const nowNs = this.#clock();
    try {
      this.#tell(nowNs);
      if (!this.#exhausted) this.#draw(nowNs);
    } catch (error) {
      this.#fail(error);
    }
    if (!this.#exhausted || this.#resolve === undefined) return;
    const idle = this.#waitFor === "nemesis" ? this.#options.faults === undefined || this.#table.nemesisFree : this.#busy === 0;
    if (!idle) return;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve();
  };

  /** Tells the generator what has happened since the last turn, and frees the threads. */
  #tell(nowNs: number): void {
    const events = this.#events;
    const freed = this.#freed;
    this.#events = [];
    this.#freed = [];
    for (const thread of freed) {
      this.#table.release(thread);
      this.#busy--;
    }
    if (events.length === 0) return;
    const context = this.#table.context(nowNs, this.#random);
    for (const event of events) this.#generator = this.#generator.update(context, event);
  }

  #draw(nowNs: number): void {
    if (this.#options.file?.congested === true) {
      void this.#options.file.flush().then(
        () => this.#wake(),
        (error: unknown) => this.#fail(error),
      );
      return;
    }
    for (let context = this.#table.context(nowNs, this.#random); ; ) {
      const draw: Draw = this.#generator.draw(context);
      if (draw === exhausted || draw.kind === "exhausted") {
        this.#exhausted = true;
        return;
      }
      if (draw.kind === "pending") {
        this.#generator = draw.next;
        if (draw.untilNs !== undefined) this.#alarm(draw.untilNs, context.timeNs);
        return;
      }
      if (draw.op.timeNs > context.timeNs) {
        this.#alarm(draw.op.timeNs, context.timeNs);
        return;
      }
      const event = this.#begin(draw.op.thread, draw.op);
      context = this.#table.context(event.timeNs, this.#random);
      this.#generator = draw.next.update(context, event);
    }
  }

  /** A turn at `timeNs`, unless one comes before. */
  #alarm(timeNs: number, nowNs: number): void {
    if (this.#timerNs === timeNs) return;
    this.#timer?.cancel();
    this.#timerNs = timeNs;
    this.#timer = after(Math.min(alarmMsMax, Math.max(0, (timeNs - nowNs) / 1e6)), () => {
      this.#timerNs = Number.POSITIVE_INFINITY;
      this.#timer = undefined;
      if (!this.#turnScheduled) this.#turn();
    });
  }

  #begin(thread: Thread, { f, value }: Call): Op {
    const timeNs = this.#clock();
    const process = this.#table.processOf(thread);
    // Recorded before it is done, and before the thread counts as busy: what cannot be recorded does not happen.
    const event = this.#recorder.record({ type: thread === "nemesis" ? "info" : "invoke", process, f, value, timeNs });
    this.#table.take(thread);
    this.#busy++;
    if (thread === "nemesis") void this.#nemesis!.call(event).then(() => this.#free("nemesis"));
    else this.#threads.begin(thread, event, timeNs / 1e6);
    return event;
  }

  #clientDone(thread: number, call: Call, { type, value, error }: Outcome): void {
    const entry = { type, process: this.#table.processOf(thread), f: call.f, value: value ?? null, timeNs: this.#clock() };
    this.#record(error === undefined ? entry : { ...entry, error });
    if (type === "info") this.#table.renumber(thread);
  }

  #free(thread: Thread): void {
    this.#freed.push(thread);
    this.#wake();
  }

  /** Records an entry for the generator to hear of; undefined, and the end of the run, when it cannot be kept. */
  #record(entry: Entry): Op | undefined {
    try {
      const event = this.#recorder.record(entry);
      this.#events.push(event);
      return event;
    } catch (failed) {
      this.#fail(failed);
      return undefined;
    }
  }

  #state(): Progress {
    const { ok, fail, info, open } = this.#recorder;
    const timeNs = this.#clock();
    const completions = ok + fail + info;
    const seconds = (timeNs - this.#reported.timeNs) / 1e9;
    const opsPerSecond = seconds > 0 ? (completions - this.#reported.completions) / seconds : 0;
    this.#reported = { timeNs, completions };
    const timeLeftMs = this.#phase === "main" ? Math.max(0, (this.#mainEndNs - timeNs) / 1e6) : 0;
    return { phase: this.#phase, timeNs, opsPerSecond, ok, fail, info, open, faults: this.#options.faults?.nemesis.active() ?? [], timeLeftMs };
  }
}
