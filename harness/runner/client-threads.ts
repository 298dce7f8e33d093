import type { Client, Connection } from "../client.ts";
import type { Endpoint } from "../cluster.ts";
import type { NodeId } from "../ids.ts";
import type { Call, Outcome } from "../op.ts";
import type { Random } from "../random.ts";
import { after, type Cancellable, deadlineSignal, sleep } from "../time.ts";
import { Deadlines } from "./deadlines.ts";
import { failure, type FailureClass } from "./failure.ts";

/**
 * The client threads: each has one connection to its node (thread i to node i mod n) and does one call at a time.
 *
 *     begin ─▶ connected? ── no ──▶ connect ── failed ──▶ `fail` (surely not sent), free after a back-off
 *                 │ yes                 │
 *                 ▼                     ▼
 *               invoke ──▶ answer ──▶ done           `info`, thrown or `broken`: the connection is dropped
 *                 │ deadline: its signal aborts
 *                 │ grace over, still no answer: `info`, whatever it says later is not listened to
 */
export interface ClientThreadsOptions {
  readonly client: Client;
  readonly concurrency: number;
  readonly nodes: readonly NodeId[];
  readonly endpoint: (node: NodeId, thread: number) => Promise<Endpoint>;
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly clockMs: () => number;
  readonly random: Random;
  /** Called once per `begin`, as soon as the outcome is known. */
  readonly done: (thread: number, call: Call, outcome: Outcome) => void;
  /** Called once per `begin`, at or after `done`: the thread may take another call. */
  readonly free: (thread: number) => void;
}

/** A failed connect keeps its thread busy that long, doubling each time in a row, ± half by chance. */
const backOffMs = { least: 20, most: 1000 };
/** How many connections are opened at the same time before the run. */
const openingMax = 64;
/** How long closing a connection may take before it is left to itself. */
const closingMs = 2000;

interface Worker {
  readonly thread: number;
  readonly node: NodeId;
  connection: Connection | undefined;
  /** Names the open call; what comes for an older one is not listened to. */
  serial: number;
  call: Call | undefined;
  /** Whether the open call was handed to a connection. */
  sent: boolean;
  /** Of the open call's signal; one that has not aborted serves the next call too. */
  controller: AbortController;
  failedConnects: number;
  backingOff: Cancellable | undefined;
}

export class ClientThreads {
  readonly #options: ClientThreadsOptions;
  readonly #workers: readonly Worker[];
  readonly #deadlines: Deadlines;
  readonly #graces: Deadlines;
  readonly #closing = new Set<Promise<void>>();
  readonly #random: Random;
  /** No thread takes another call: none needs to back off. */
  #ended = false;

  constructor(options: ClientThreadsOptions) {
    this.#options = options;
    this.#random = options.random.fork("back-off");
    this.#workers = Array.from({ length: options.concurrency }, (_, thread) => ({
      thread,
      node: options.nodes[thread % options.nodes.length]!,
      connection: undefined,
      serial: 0,
      call: undefined,
      sent: false,
      controller: new AbortController(),
      failedConnects: 0,
      backingOff: undefined,
    }));
    const shared = { threads: options.concurrency, clockMs: options.clockMs };
    this.#deadlines = new Deadlines({ ...shared, periodMs: options.deadlineMs, expire: (thread) => this.#overdue(this.#workers[thread]!) });
    this.#graces = new Deadlines({ ...shared, periodMs: options.graceMs, expire: (thread) => this.#wedged(this.#workers[thread]!) });
  }

  /**
   * Opens every thread's connection, some at a time, within the deadline and grace of one call. What fails or comes
   * late does not matter: the thread's first call tries again.
   */
  async openAll(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#workers];
    let over = false;
    const bounded = AbortSignal.any([signal, deadlineSignal(this.#options.deadlineMs)]);
    const opener = async (): Promise<void> => {
      for (let worker = waiting.shift(); worker !== undefined && !bounded.aborted; worker = waiting.shift()) {
        const connection = await this.#open(worker, bounded).catch(() => undefined);
        if (connection === undefined) continue;
        if (over) this.#closeLater(connection);
        else worker.connection = connection;
      }
    };
    const done = new AbortController();
    const all = Promise.all(Array.from({ length: Math.min(openingMax, waiting.length) }, opener));
    await Promise.race([all, sleep(this.#options.deadlineMs + this.#options.graceMs, done.signal).catch(() => undefined)]);
    done.abort();
    over = true;
  }

  /** Starts a call on a free thread. `nowMs` is the time of its invocation. */
  begin(thread: number, call: Call, nowMs: number): void {
    const worker = this.#workers[thread]!;
    worker.call = call;
    worker.serial++;
    worker.sent = false;
    if (worker.controller.signal.aborted) worker.controller = new AbortController();
    this.#deadlines.start(thread, nowMs);
    if (worker.connection !== undefined) this.#invoke(worker, worker.connection, call);
    else void this.#connectAndInvoke(worker, worker.serial, call);
  }

  /** Ends every open call now (as `info` if it was sent): the run is over and waits for no one. */
  abandon(error: FailureClass, message: string): void {
    this.#ended = true;
    for (const worker of this.#workers) {
      if (worker.backingOff !== undefined) {
        worker.backingOff.cancel();
        worker.backingOff = undefined;
        this.#options.free(worker.thread);
      }
      if (worker.call === undefined) continue;
      worker.controller.abort(new Error(message));
      this.#finish(worker, worker.serial, unanswered(worker, error, message));
    }
  }

  /** Closes every connection, within bounds. No call may be open. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#deadlines.stop();
    this.#graces.stop();
    for (const worker of this.#workers) {
      worker.backingOff?.cancel();
      this.#drop(worker);
    }
    await Promise.all(this.#closing);
  }

  #invoke(worker: Worker, connection: Connection, call: Call): void {
    const serial = worker.serial;
    worker.sent = true;
    let answer: Promise<Outcome>;
    try {
      answer = connection.invoke(call, worker.controller.signal);
    } catch (error) {
      this.#finish(worker, serial, { type: "info", value: call.value, error: failure("thrown", error) });
      return;
    }
    answer.then(
      (outcome) => this.#finish(worker, serial, outcome),
      (error: unknown) => this.#finish(worker, serial, { type: "info", value: call.value, error: failure("thrown", error) }),
    );
  }

  async #connectAndInvoke(worker: Worker, serial: number, call: Call): Promise<void> {
    let connection: Connection;
    try {
      connection = await this.#open(worker, worker.controller.signal);
    } catch (error) {
      worker.failedConnects++;
      this.#finish(worker, serial, { type: "fail", value: call.value, error: failure("no-connection", error) });
      return;
    }
    // Nobody waits for it any more: it came after the grace, or after the end.
    if (worker.serial !== serial || worker.call === undefined) return this.#closeLater(connection);
    worker.failedConnects = 0;
    worker.connection = connection;
    if (!worker.controller.signal.aborted) return this.#invoke(worker, connection, call);
    const message = `it was open only after the deadline of ${this.#options.deadlineMs} ms`;
    this.#finish(worker, serial, unanswered(worker, "no-connection", message));
  }

  async #open(worker: Worker, signal: AbortSignal): Promise<Connection> {
    const { node, thread } = worker;
    const endpoint = await this.#options.endpoint(node, thread);
    return this.#options.client.connect({ node, thread, endpoint, signal });
  }

  #overdue(worker: Worker): void {
    this.#graces.start(worker.thread, this.#options.clockMs());
    worker.controller.abort(new Error(`no answer after ${this.#options.deadlineMs} ms`));
  }

  #wedged(worker: Worker): void {
    const waitedMs = this.#options.deadlineMs + this.#options.graceMs;
    const message = `the client gave no answer within ${waitedMs} ms, though its signal aborted after ${this.#options.deadlineMs} ms`;
    if (!worker.sent) worker.failedConnects++;
    this.#finish(worker, worker.serial, unanswered(worker, "wedged", message));
  }

  #finish(worker: Worker, serial: number, outcome: Outcome): void {
    const { call, thread } = worker;
    if (worker.serial !== serial || call === undefined) return;
    worker.call = undefined;
    this.#deadlines.end(thread);
    this.#graces.end(thread);
    const checked = outcome.type === "ok" || outcome.type === "fail" || outcome.type === "info" ? outcome : notAnOutcome(call, outcome);
    if (checked.type === "info" || worker.connection?.broken === true) this.#drop(worker);
    this.#options.done(thread, call, checked);
    if (worker.failedConnects === 0 || this.#ended) this.#options.free(thread);
    else this.#backOff(worker);
  }

  #backOff(worker: Worker): void {
    const ms = Math.min(backOffMs.most, backOffMs.least * 2 ** Math.min(worker.failedConnects - 1, 10));
    worker.backingOff = after(ms * (0.5 + this.#random.float()), () => {
      worker.backingOff = undefined;
      this.#options.free(worker.thread);
    });
  }

  #drop(worker: Worker): void {
    if (worker.connection === undefined) return;
    this.#closeLater(worker.connection);
    worker.connection = undefined;
    // What the connection may still be doing must not hear of the deadlines of later calls.
    worker.controller = new AbortController();
  }

  /** A connection that fails to close, or takes its time, holds nothing up. */
  #closeLater(connection: Connection): void {
    const bound = new AbortController();
    const closed = Promise.resolve()
      .then(() => connection[Symbol.asyncDispose]())
      .catch(() => undefined);
    const closing = Promise.race([closed, sleep(closingMs, bound.signal).catch(() => undefined)]).then(() => {
      bound.abort();
      this.#closing.delete(closing);
    });
    this.#closing.add(closing);
  }
}

/** A call without an answer: `fail` when it never left. */
function unanswered(worker: Worker, error: FailureClass, message: string): Outcome {
  const value = worker.call!.value;
  return worker.sent
    ? { type: "info", value, error: { class: error, message } }
    : { type: "fail", value, error: { class: "no-connection", message: `no connection to ${worker.node}: ${message}` } };
}

function notAnOutcome(call: Call, answer: unknown): Outcome {
  return { type: "info", value: call.value, error: { class: "malformed", message: `the client answered ${JSON.stringify(answer)}, which is no outcome` } };
}
