import { assert } from "./assert.ts";
import type { Client } from "./client.ts";
import type { Endpoint } from "./cluster.ts";
import type { OpGenerator } from "./generator.ts";
import { shortestAny } from "./generator/any.ts";
import { clients, nemesis as onNemesis } from "./generator/clients.ts";
import { never } from "./generator/never.ts";
import { sequence } from "./generator/sequence.ts";
import { timeLimit } from "./generator/time-limit.ts";
import type { History } from "./history.ts";
import type { HistoryFile } from "./history-file.ts";
import type { NodeId } from "./ids.ts";
import type { Nemesis } from "./nemesis.ts";
import type { Op } from "./op.ts";
import type { Random } from "./random.ts";
import { Engine } from "./runner/engine.ts";
import { monotonicNs } from "./time.ts";

/**
 * Runs a workload: draws operations from a generator, has client threads and the nemesis do them, and records what
 * they saw, in the order in which it was seen. After Jepsen's interpreter, with one event loop in place of its threads.
 *
 *     open connections ─▶ main: clients beside the nemesis ─▶ heal everything ─▶ recover ─▶ final reads ─▶ close
 *
 * - Thread i talks to node i mod n over a connection of its own; its process begins as i. A process whose operation
 *   ended in `info` never acts again: the thread goes on as process + concurrency, over a new connection.
 * - An invocation is recorded before its client is called, a completion as soon as the client answers, so an operation's
 *   interval in the history is never shorter than the real one: two operations that are in order in the history were so.
 * - Nothing can hang it: each operation has a deadline (its signal aborts), and a grace after which the answer of a
 *   wedged client no longer counts; the main phase, the final reads, heal and close have bounds of their own.
 * - Whatever happens (end, abort, a full disk, a bug in a generator), everything is healed before `run` ends.
 */
export interface RunOptions {
  /** Number of client threads. */
  readonly concurrency: number;
  readonly nodes: readonly NodeId[];
  readonly client: Client;
  readonly endpoint: (node: NodeId, thread: number) => Promise<Endpoint>;
  /** What the clients do in the main phase; the phase ends when it is exhausted, at the latest after `timeLimitMs`. */
  readonly generator: OpGenerator;
  /** The faults of the main phase: who does them, and when. */
  readonly faults?: { readonly nemesis: Nemesis; readonly generator: OpGenerator };
  /** What the clients do after everything is healed. */
  readonly finalGenerator?: OpGenerator;
  /** Waits until the healed cluster serves again; only asked after faults. A failure is a problem of the result, not the end. */
  readonly recover?: (signal: AbortSignal) => Promise<void>;
  readonly timeLimitMs: number;
  readonly limits?: Partial<RunLimits>;
  readonly random: Random;
  /** Integer ns since the run's start, monotonic; default: since this call. Pass the ledger's to have one time for both. */
  readonly clock?: () => number;
  /** Where the history goes while the run goes on; flushed at the end, closed by the caller. */
  readonly file?: HistoryFile;
  /** Told of every op as it is recorded, within the loop: it must be quick. */
  readonly observe?: (op: Op) => void;
  /** Aborting ends the run early: no new operations, heal, a short time for the open ones. */
  readonly signal?: AbortSignal;
  /** Called about every `progressEveryMs` (default 200) with the state of affairs. */
  readonly onProgress?: (progress: Progress) => void;
  readonly progressEveryMs?: number;
}

/** Bounds, milliseconds. */
export interface RunLimits {
  /** An operation's signal aborts after that long. */
  readonly operationMs: number;
  /** A client that does not even answer its aborted signal is given up after that long. */
  readonly graceMs: number;
  /** One nemesis call. */
  readonly nemesisMs: number;
  /** Heal everything, and recover. */
  readonly healMs: number;
  /** The final phase. */
  readonly finalMs: number;
  /** How long open operations may go on after an abort. */
  readonly interruptMs: number;
}
export const defaultLimits: RunLimits = { operationMs: 5000, graceMs: 1000, nemesisMs: 60_000, healMs: 60_000, finalMs: 30_000, interruptMs: 1000 };

export type Phase = "connect" | "main" | "heal" | "final" | "close";
export interface Progress {
  readonly phase: Phase;
  readonly timeNs: number;
  /** Completions since the last call, per second. */
  readonly opsPerSecond: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  readonly open: number;
  /** Descriptions of the faults that are on. */
  readonly faults: readonly string[];
  /** Of the main phase; 0 after it. */
  readonly timeLeftMs: number;
}

export interface RunResult {
  readonly history: History;
  readonly counts: { readonly ok: number; readonly fail: number; readonly info: number };
  /** When each phase that was reached began, and the end. Times as in the history. */
  readonly phases: { readonly [phase in Phase]?: number };
  readonly endNs: number;
  /** True when `signal` ended it early. */
  readonly interrupted: boolean;
  /** What went wrong beside the operations: a heal that failed, a cluster that did not recover. One line each. */
  readonly problems: readonly string[];
}

/** Runs it to its end. Throws only for a bug (a generator that throws) or a history that cannot be written, after healing. */
export async function run(options: RunOptions): Promise<RunResult> {
  assert(options.concurrency >= 1 && Number.isInteger(options.concurrency), `concurrency ${options.concurrency} is a whole number above 0`);
  assert(options.nodes.length > 0, "a run has at least one node");
  const limits = { ...defaultLimits, ...options.limits };
  const startNs = monotonicNs();
  const engine = new Engine(options, limits, options.clock ?? ((): number => monotonicNs() - startNs));
  await engine.phase("connect", () => engine.connect());
  await engine.phase("main", () => engine.drive(mainGenerator(options), { waitFor: "nemesis" }));
  if (options.faults !== undefined) await engine.phase("heal", () => engine.heal());
  const final = options.finalGenerator;
  if (final === undefined) await engine.idle();
  else await engine.phase("final", () => engine.drive(timeLimit(limits.finalMs, clients(final)), { waitFor: "everyone", settleFirst: true }));
  return engine.finish();
}

/** The main phase: ends with the clients' generator or the time; a nemesis that is done early does not end it. */
export function mainGenerator(options: Pick<RunOptions, "generator" | "faults" | "timeLimitMs">): OpGenerator {
  const faults = options.faults === undefined ? [] : [onNemesis(sequence([options.faults.generator, never]))];
  return timeLimit(options.timeLimitMs, shortestAny(clients(options.generator), ...faults));
}
