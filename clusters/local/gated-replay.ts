import { actorModelOf } from "../../harness/actor-model.ts";
import type { ActorNode } from "../../harness/actor-step.ts";
import type { ActorId, OperationId, System, SystemDefinition } from "../../harness/actor.ts";
import type { Disturbance } from "../../harness/disturbance.ts";
import { assert } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";
import { type History, HistoryBuilder } from "../../harness/history.ts";
import { type NodeId, processId, type Seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { Ledger } from "../../harness/ledger.ts";
import type { Settings } from "../../harness/options.ts";
import { Random } from "../../harness/random.ts";
import type { Schedule, ScheduleStep } from "../../harness/schedule.ts";
import { deadlineSignal, monotonicNs, sleep } from "../../harness/time.ts";
import { type SentMessage, World, type WorldStep } from "../../harness/world.ts";
import type { Reply } from "./client-link.ts";
import { inject } from "./injection.ts";
import { LinkLosses, type MessagesLost } from "./link-losses.ts";
import { localCluster, type LocalRunningCluster } from "./local-cluster.ts";
import { ReplayConnections } from "./replay-connections.ts";
import type { ValidationOptions } from "./validation.ts";
import type { Act, Departure } from "./wire.ts";

/**
 * Plays a schedule, such as a model's counterexample, on real processes. Each node keeps what arrives at its door until
 * the schedule lets it in (what is repeated is let in twice); what is lost, by itself or in a partition, is lost at the
 * link's proxy (`LinkLosses`); timers fire and choices are taken by command; a crash is a SIGKILL, a recovery a restart with
 * what is on disk, and a disk that loses a write is a node's log without its last saves; clients call over their own
 * links, and see an answer when the schedule says so:
 *
 *     schedule      n1 → n2 #3          cut n1 | n2 n3      crash n2     lose write     recover n2     n1 → client 0 #1
 *     really done   release mid 0-0-7   toxics on 4 links   SIGKILL n2   truncate log   restart n2     client 0 takes the answer
 *
 * The model is stepped beside the processes. It tells which message is meant (the n-th of a link), and after each step
 * the node must have put out exactly what the model's has, before the next step begins: whatever else it does is
 * `REPLAY_DIVERGED`. What clients saw is recorded from the wire.
 */
export interface GatedReplay {
  /** What the clients of the real nodes saw; process k is the model's client k. */
  readonly history: History;
  /** Steps that were played; those that were impossible in the model are left out, as in any replay. */
  readonly applied: Schedule;
  /** Of the messages that the schedule loses. */
  readonly lost: MessagesLost;
}

export interface GatedReplayOptions {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  readonly schedule: Schedule;
  readonly seed: Seed;
  readonly signal: AbortSignal;
  readonly ledger: Ledger;
  /** Absolute; gets the nodes' logs and diaries. */
  readonly logsFolder: string;
  readonly progress?: (line: string) => void;
}

/** What the traces of a replay are validated with: its gates let messages in as the model's network may, and its disks lose what the model's may. */
export function conditionsOf({ model }: System): Required<Pick<ValidationOptions, "links" | "disk">> {
  return { links: { order: model.network.order, repeats: model.network.duplicates > 0 }, disk: (model.faults.lostWrites ?? 0) > 0 ? (model.faults.disk ?? "lies") : "syncs" };
}

/** Starts a cluster, plays the schedule, and ends the cluster. */
export async function replayOnCluster(options: GatedReplayOptions): Promise<GatedReplay> {
  const { definition, settings, signal, ledger, logsFolder, progress = () => undefined } = options;
  const cluster = await localCluster({ definition, settings, pace: "command" }).start({ signal, ledger, logsFolder, random: new Random(options.seed), progress });
  try {
    await cluster.converged(deadlineSignal(waitMsMax, signal));
    const player = new Player(definition.make(settings), cluster, options);
    try {
      return await player.play();
    } finally {
      await player.close();
    }
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}

/** Everything that is waited for here takes milliseconds; a restart of Node takes the longest. */
const waitMsMax = 20_000;
const pollMs = 2;

interface Open {
  readonly operation: OperationId;
  readonly node: ActorId;
  /** Undefined until it could be sent: its node was down. */
  reply: Promise<Reply> | undefined;
  readonly call: { readonly f: string; readonly value: Json };
}

class Player {
  readonly #system: System;
  readonly #cluster: LocalRunningCluster;
  readonly #signal: AbortSignal;
  readonly #ledger: Ledger;
  readonly #schedule: Schedule;
  readonly #world: World;
  readonly #losses: LinkLosses;
  readonly #history = new HistoryBuilder();
  readonly #startNs = monotonicNs();
  readonly #connections: ReplayConnections;
  readonly #open = new Map<number, Open>();
  /** Proxies would take connections for a dead node, and what is sent into these is lost: they refuse, as its own port does. */
  readonly #kills = new Map<ActorId, { readonly kill: Disturbance; readonly admit: () => Promise<void> }>();
  /** Of each node's present life: departures that are accounted for. */
  readonly #seen = new Map<ActorId, number>();
  /** `from to n` → the real name of the model's message. */
  readonly #names = new Map<string, string>();

  constructor(system: System, cluster: LocalRunningCluster, { schedule, signal, ledger }: Pick<GatedReplayOptions, "schedule" | "signal" | "ledger">) {
    const model = actorModelOf(system, { check: false, timers: true });
    const { net } = cluster;
    assert(net !== undefined, "the links of a replay are proxied");
    this.#system = system;
    this.#cluster = cluster;
    this.#signal = signal;
    this.#connections = new ReplayConnections(cluster, { signal, openMsMax: waitMsMax });
    this.#ledger = ledger;
    this.#schedule = schedule;
    this.#world = new World(model);
    this.#losses = new LinkLosses({
      model,
      schedule,
      nodes: cluster.nodes,
      net,
      ledger,
      signal,
      isUp: (node) => this.#isUp(node),
      arrived: async (node) => new Set((await (await this.#connections.hand(this.#name(node))).act({ act: "look" }, signal)).arrived),
      dialled: async ({ from, to }) => (await (await this.#connections.hand(this.#name(from))).health(signal)).dialled[String(to)]!,
      until: (done, what) => this.#until(done, what),
    });
  }

  async play(): Promise<GatedReplay> {
    for (let node = 0; node < this.#system.servers; node++) await this.#account(node, this.#world.beginnings[node]!.sends, "its start");
    const applied: ScheduleStep[] = [];
    for (const step of this.#schedule) {
      this.#signal.throwIfAborted();
      const result = this.#world.apply(step, applied.length);
      if (result.result === "impossible") continue;
      applied.push(step);
      await this.#losses.before(step, result.sends);
      await this.#really(step, result);
    }
    return { history: this.#history.build(), applied, lost: await this.#losses.lost() };
  }

  async close(): Promise<void> {
    await this.#losses.end();
    for (const { admit } of this.#kills.values()) await admit();
    this.#connections.close();
  }

  /** Does on the cluster what the model has just done. */
  async #really(step: ScheduleStep, result: WorldStep): Promise<void> {
    switch (step.step) {
      case "call":
        return this.#call(step.client, result);
      case "deliver":
      case "duplicate":
        if (step.to >= this.#system.servers) return this.#answered(step.to - this.#system.servers, result);
        return this.#deliver(step, result);
      case "timer":
        return this.#act(step.actor, { act: "fire", timer: step.timer }, { step, result });
      case "choice":
        return this.#act(step.actor, { act: "choose", key: step.key, option: step.option }, { step, result });
      case "crash":
        return this.#crash(step.actor);
      case "loseWrite":
        return this.#loseWrite(step.actor);
      case "recover":
        return this.#recover(step.actor, result);
      // Done before the messages were sent, by whose links; see `LinkLosses`.
      case "drop":
      case "cut":
      case "heal":
        return;
    }
  }

  async #call(client: number, result: WorldStep): Promise<void> {
    const [request] = result.sends;
    const { operation, call } = request!.message as unknown as Pick<Open, "operation" | "call">;
    this.#record({ process: processId(client), type: "invoke", f: call.f, value: call.value });
    const open: Open = { operation, node: request!.to, call, reply: undefined };
    this.#open.set(client, open);
    this.#names.set(nameKey(request!), operation);
    if (!this.#world.isDown(open.node)) await this.#submit(client, open);
  }

  async #submit(client: number, open: Open): Promise<void> {
    const link = await this.#connections.clientLink(client, this.#name(open.node));
    open.reply = link.call({ operation: open.operation, round: 0, call: open.call }, this.#signal);
  }

  async #deliver(step: Extract<ScheduleStep, { step: "deliver" | "duplicate" }>, result: WorldStep): Promise<void> {
    const client = step.from - this.#system.servers;
    const open = client < 0 ? undefined : this.#open.get(client);
    if (open !== undefined && open.reply === undefined) await this.#submit(client, open);
    await this.#act(step.to, { act: "release", name: this.#names.get(nameKey(step))!, use: step.step === "duplicate" ? "again" : "once" }, { step, result });
  }

  /** The client takes the answer; one that it does not wait for any more is thrown away. */
  async #answered(client: number, result: WorldStep): Promise<void> {
    if (result.result !== "taken") return;
    const { call, reply, operation } = this.#open.get(client)!;
    const answer = await reply!;
    if (answer.reply !== "value") throw diverged(`client ${client} was answered nothing on ${operation} (${answer.reason})`);
    this.#open.delete(client);
    this.#record({ process: processId(client), type: "ok", f: call.f, value: answer.value });
  }

  async #crash(node: ActorId): Promise<void> {
    this.#losses.crashed(node);
    const name = this.#name(node);
    const kill = this.#cluster.processes.kill(name);
    await kill.apply(this.#signal);
    const refusal = this.#cluster.net!.refuse(this.#cluster.nodes.flatMap((from) => (from === name ? [] : [{ from, to: name }])));
    this.#kills.set(node, { kill, admit: await inject(refusal, { name: "refuse", ledger: this.#ledger, signal: this.#signal }) });
    this.#connections.closeTo(name);
    // What peers send from now on must wait for the next life, and not go into a connection that is about to die.
    for (let peer = 0; peer < this.#system.servers; peer++) {
      if (peer !== node && !this.#world.isDown(peer)) await this.#until(async () => (await (await this.#connections.hand(this.#name(peer))).health(this.#signal)).links[String(node)] === false, `${this.#name(peer)} to see that ${this.#name(node)} is gone`);
    }
  }

  /** To where the model's disk has fallen back. */
  #loseWrite(node: ActorId): void {
    const { durable } = this.#world.locals[node] as unknown as ActorNode;
    if (!this.#cluster.loseWrites(this.#cluster.nodes[node]!, durable)) throw diverged(`the disk of ${this.#name(node)} never held ${JSON.stringify(durable)}, to which the model's has fallen back`);
  }

  async #recover(node: ActorId, result: WorldStep): Promise<void> {
    const { kill, admit } = this.#kills.get(node)!;
    await kill.revert(this.#signal);
    await admit();
    this.#kills.delete(node);
    this.#seen.delete(node);
    await this.#account(node, result.sends, "its restart");
  }

  /** Lets the node act, as soon as what it needs has arrived, and accounts for what it puts out. */
  async #act(node: ActorId, act: Act, about: { readonly step: ScheduleStep; readonly result: WorldStep }): Promise<void> {
    const hand = await this.#connections.hand(this.#name(node));
    const what = `${this.#name(node)} to do ${JSON.stringify(about.step)}`;
    await this.#until(async () => (await hand.act(act, this.#signal)).done, what);
    await this.#account(node, about.result.sends, JSON.stringify(about.step));
  }

  /** Waits until the node has all on disk and what the model's node sent has left it, and remembers the names. */
  async #account(node: ActorId, sends: readonly SentMessage[], after: string): Promise<void> {
    const hand = await this.#connections.hand(this.#name(node));
    const seen = this.#seen.get(node) ?? 0;
    let left: readonly Departure[] = [];
    await this.#until(async () => {
      const looked = await hand.act({ act: "look" }, this.#signal);
      left = looked.left;
      return looked.settled && left.length >= seen + sends.length;
    }, `${this.#name(node)} to put out ${sends.length} messages after ${after}`);
    for (const [i, sent] of sends.entries()) {
      const departure = left[seen + i]!;
      const fits = "mid" in departure ? departure.to === sent.to : sent.to >= this.#system.servers;
      if (!fits) throw diverged(`${this.#name(node)} put out ${JSON.stringify(departure)} after ${after}, and the model's ${JSON.stringify(sent)}`);
      const name = "mid" in departure ? departure.mid : departure.operation;
      this.#names.set(nameKey(sent), name);
      this.#losses.sent(sent, name);
    }
    if (left.length > seen + sends.length) throw diverged(`${this.#name(node)} put out ${JSON.stringify(left[seen + sends.length])} after ${after}, and the model's nothing more`);
    this.#seen.set(node, left.length);
  }

  async #until(done: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = deadlineSignal(waitMsMax, this.#signal);
    while (!(await done())) {
      this.#signal.throwIfAborted();
      if (deadline.aborted) throw diverged(`waited ${waitMsMax} ms for ${what}`);
      await sleep(pollMs);
    }
  }

  /** Its process runs: in the model a node is down from its crash on, and up again before its restart is over. */
  #isUp(node: ActorId): boolean {
    return !this.#kills.has(node);
  }

  #record(op: Omit<Parameters<HistoryBuilder["push"]>[0], "timeNs">): void {
    this.#history.push({ ...op, timeNs: monotonicNs() - this.#startNs });
  }

  #name(node: ActorId): NodeId {
    return this.#cluster.nodes[node]!;
  }
}

function nameKey({ from, to, n }: { readonly from: ActorId; readonly to: ActorId; readonly n: number }): string {
  return `${from} ${to} ${n}`;
}

function diverged(what: string): HarnessError {
  return new HarnessError("REPLAY_DIVERGED", what, { nextStep: "validate the nodes' traces (`rashomon validate`): the first event that the definition does not explain says why" });
}
