import type { ClientScript, SystemDefinition } from "../../harness/actor.ts";
import { operationId } from "../../harness/actor-model.ts";
import { unreachable } from "../../harness/assert.ts";
import { type History, HistoryBuilder, type OpInput } from "../../harness/history.ts";
import { nodeNames, seed as seedOf, type Seed } from "../../harness/ids.ts";
import type { Ledger } from "../../harness/ledger.ts";
import type { Settings } from "../../harness/options.ts";
import { Random } from "../../harness/random.ts";
import { deadlineSignal, monotonicNs, sleep } from "../../harness/time.ts";
import type { ActorCluster, RunningActorCluster } from "./actor-cluster.ts";
import { type ClientLink, openClientLink } from "./client-link.ts";
import { localCluster } from "./local-cluster.ts";

/**
 * Many short lives of a deployed system, to be compared with all lives of its model. A round opens a fresh actor in
 * every node's process (empty store, own timers), plays the model's client scripts once while every link is slow at
 * random, and ends it; frames carry their round's number, so what is still under way when a round ends finds nobody.
 *
 *     open ──all nodes──▶ begin ──▶ client 0: call … return, call … return     ┐ one observer sees all
 *                                   client 1:    call … return, call … return  ┘ invocations and returns
 *     ──▶ end ◀── how many messages and timers there were
 *
 * Delays are on the receiving side and keep each link's order, as TCP does; how slow a link is, and how long a client
 * thinks, is drawn anew in each round: a few slow links among fast ones show orders that equal links hardly ever do.
 * Nothing is lost and nobody crashes in a round. The seed fixes delays and think times; the interleavings are the
 * machine's.
 */
export interface Round {
  /** From 0; rounds may end out of order. */
  readonly index: number;
  /** Of this round's delays. */
  readonly seed: Seed;
  /** Process k is the model's client k. Times are nanoseconds from the round's first moment. */
  readonly history: History;
  /** Every call of every script returned `ok`: a terminal history of the model. */
  readonly complete: boolean;
  /** Timers that fired: a model that bounds them below this number is not the one that was played. */
  readonly timersFired: number;
  /** Messages between servers: put out, and handled with the starts, calls and timers. */
  readonly sent: number;
  readonly handled: number;
}

export interface RoundsOptions {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  /** Of that system with those settings; processes on this machine by default. */
  readonly cluster?: ActorCluster;
  /** How many rounds are played. */
  readonly rounds: number;
  readonly seed: Seed;
  /** The slowest link's longest delay of one frame; 4 ms is a hundred times a loopback hop, and a round takes some 25 ms. */
  readonly maxDelayMs: number;
  readonly signal: AbortSignal;
  readonly ledger: Ledger;
  /** Absolute; gets the nodes' logs and diaries. */
  readonly logsFolder: string;
  /** Rounds at the same time, 4 by default: a round mostly waits. Each has actors of its own; they share processes and connections. */
  readonly atOnce?: number;
  /** How long a round may take before its open calls are `info`; 5 s by default. */
  readonly roundMsMax?: number;
  readonly progress?: (line: string) => void;
}

/** Starts the cluster, plays the rounds and ends it, also when the consumer stops early or `signal` aborts (then it throws). */
export async function* playRounds(options: RoundsOptions): AsyncGenerator<Round, void, undefined> {
  const { definition, settings, signal, ledger, logsFolder, progress = () => undefined } = options;
  const random = new Random(options.seed);
  const cluster = await (options.cluster ?? localCluster({ definition, settings })).start({ signal, ledger, logsFolder, random: random.fork("cluster"), progress });
  try {
    await cluster.converged(deadlineSignal(convergeMsMax, signal));
    const player = await openPlayer(options, cluster);
    try {
      yield* inParallel({ count: options.rounds, atOnce: options.atOnce ?? 4, signal }, (index) => player.play(index));
    } finally {
      player.close();
    }
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}

interface Player {
  play(index: number): Promise<Round>;
  close(): void;
}

const convergeMsMax = 20_000;

async function openPlayer(options: RoundsOptions, cluster: RunningActorCluster): Promise<Player> {
  const { definition, settings, maxDelayMs, signal, roundMsMax = 5_000 } = options;
  const system = definition.make(settings);
  const scripts = system.model.clients;
  const nodes = nodeNames(system.servers);
  const deadline = deadlineSignal(convergeMsMax, signal);
  const open: ClientLink[] = [];
  const control = await Promise.all(nodes.map((node) => openClientLink({ endpoint: cluster.address(node), name: "rounds", signal: deadline })));
  open.push(...control);
  /** By client, then server. */
  const routes: ClientLink[][] = [];
  for (const client of scripts.keys()) {
    const row: ClientLink[] = [];
    for (const node of nodes) {
      const link = await openClientLink({ endpoint: await cluster.endpoint(node, client), name: `c${client}`, signal: deadline });
      open.push(link);
      row.push(link);
    }
    routes.push(row);
  }
  return {
    async play(index) {
      const seed = seedOf(`${options.seed}/round-${index}`);
      const round = index + 1;
      const roundSignal = deadlineSignal(roundMsMax, signal);
      const tell = (request: Parameters<ClientLink["round"]>[0]): ReturnType<ClientLink["round"]>[] =>
        control.map((link) => link.round(request, deadlineSignal(convergeMsMax, signal)));
      await Promise.all(tell({ ask: "open", round, seed, delayMsMax: maxDelayMs }));
      await Promise.all(tell({ ask: "begin", round }));
      const observer = new Observer();
      const random = new Random(seed).fork("clients");
      // A third of the rounds has no thinking at all, so that calls overlap; the others spread them over a few delays.
      const thinkMsMax = maxDelayMs * random.pick([0, 2, 6]);
      await Promise.all(
        scripts.map((script, client) =>
          playScript({
            client,
            script,
            round,
            routes: routes[client]!,
            observer,
            random: random.fork(`client ${client}`),
            thinkMsMax,
            replyDelayMsMax: random.float() * maxDelayMs,
            signal: roundSignal,
          }),
        ),
      );
      const counts = await Promise.all(tell({ ask: "end", round }));
      signal.throwIfAborted();
      const sum = (of: "sent" | "handled" | "timersFired"): number => counts.reduce((total, count) => total + count[of], 0);
      return { index, seed, history: observer.history(), complete: observer.complete, timersFired: sum("timersFired"), sent: sum("sent"), handled: sum("handled") };
    },
    close() {
      for (const link of open) link.close();
    },
  };
}

interface ScriptRun {
  readonly client: number;
  readonly script: ClientScript;
  readonly round: number;
  /** By server. */
  readonly routes: readonly ClientLink[];
  readonly observer: Observer;
  readonly random: Random;
  readonly thinkMsMax: number;
  readonly replyDelayMsMax: number;
  readonly signal: AbortSignal;
}

/** One call after the other; the script ends at the first that does not return `ok`. */
async function playScript(run: ScriptRun): Promise<void> {
  const { client, observer, random } = run;
  for (const [n, { node, call }] of run.script.entries()) {
    await sleep(random.float() * run.thinkMsMax);
    const op = { process: client, f: call.f, value: call.value };
    observer.see({ ...op, type: "invoke" });
    const reply = await run.routes[node]!.call({ operation: operationId(client, n), round: run.round, call }, run.signal);
    switch (reply.reply) {
      case "value":
        await sleep(random.float() * run.replyDelayMsMax);
        observer.see({ ...op, type: "ok", value: reply.value });
        continue;
      case "refused":
      case "unsent":
        return observer.see({ ...op, type: "fail", error: reply.reason });
      case "lost":
        return observer.see({ ...op, type: "info", error: reply.reason });
      default:
        return unreachable(reply);
    }
  }
}

/** Writes down what the clients see, in the order in which one process sees it. */
class Observer {
  readonly #builder = new HistoryBuilder();
  readonly #startNs = monotonicNs();
  complete = true;

  see(op: OpInput): void {
    this.#builder.push({ ...op, timeNs: monotonicNs() - this.#startNs });
    if (op.type === "fail" || op.type === "info") this.complete = false;
  }

  history(): History {
    return this.#builder.build();
  }
}

/** Runs `work` for 0 … count-1, some at once, and yields results as they come. The first failure ends it. */
async function* inParallel<T>(options: { count: number; atOnce: number; signal: AbortSignal }, work: (index: number) => Promise<T>): AsyncGenerator<T, void, undefined> {
  const running = new Map<number, Promise<{ index: number; result: T }>>();
  let next = 0;
  try {
    for (;;) {
      options.signal.throwIfAborted();
      while (next < options.count && running.size < options.atOnce) {
        const index = next++;
        running.set(index, work(index).then((result) => ({ index, result })));
      }
      if (running.size === 0) return;
      const { index, result } = await Promise.race(running.values());
      running.delete(index);
      yield result;
    }
  } finally {
    // What still runs ends by its own deadline; its outcome interests nobody.
    for (const rest of running.values()) rest.catch(() => undefined);
  }
}
