import { actorContext } from "../../harness/actor-model.ts";
import { type ActorInput, type ActorNode, crashedNode, foldEffects, runHandler, unborn } from "../../harness/actor-step.ts";
import type { ActorId, OperationId, System } from "../../harness/actor.ts";
import type { Flow, Net, ProcessControl, RunningCluster } from "../../harness/cluster.ts";
import type { Disturbance, Evidence } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import { type NodeId, nodeNames } from "../../harness/ids.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Call, Outcome } from "../../harness/op.ts";
import type { Random } from "../../harness/random.ts";
import { EventQueue } from "./event-queue.ts";

const msNs = 1e6;

/**
 * A cluster that exists only in virtual time: the system's actors, links that take as long as their draws say, disks
 * that forget nothing that was saved, and the same faults as a real cluster (flows cut or late, nodes paused or killed).
 * Nothing waits: time jumps to the next event, so an hour takes seconds, and the same seed gives the same history, to
 * the nanosecond.
 *
 *     submit ─▶ client link ─▶ node (up? paused?) ─▶ handler ─▶ sends, timers, replies ─▶ queue of events by time
 *
 * Links are FIFO and behave as TCP does: what is on the way when a flow is cut or an end dies is lost; a call to a
 * node that is down is refused (`fail`); a call that was sent and whose node dies breaks (`info`).
 */
export class SimulatedCluster implements RunningCluster {
  readonly name = "simulated";
  readonly nodes: readonly NodeId[];
  readonly net: Net;
  readonly processes: ProcessControl;
  /** Virtual nanoseconds since the start. */
  nowNs = 0;
  /** Handlers that ran. */
  steps = 0;

  readonly #system: System;
  readonly #random: Random;
  readonly #queue = new EventQueue<() => void>();
  readonly #servers: Server[];
  readonly #links = new Map<string, Link>();
  readonly #cuts = new Map<string, number>();
  readonly #delays = new Map<string, { readonly latencyMs: number; readonly jitterMs: number }[]>();
  readonly #open = new Map<OperationId, Open>();
  readonly #counts = new Map<number, number>();

  constructor(options: { readonly system: System; readonly random: Random }) {
    this.#system = options.system;
    this.#random = options.random.fork("simulated");
    this.nodes = nodeNames(options.system.servers);
    this.#servers = this.nodes.map((_, id) => ({ id, node: unborn, epoch: 0, paused: 0, killed: 0, waiting: [], timers: new Map() }));
    for (const server of this.#servers) this.#step(server, { input: "start" });
    this.net = {
      cut: (flows) => this.#cut(flows),
      delay: (flows, how) => this.#delay(flows, how),
    };
    this.processes = {
      pause: (node) => this.#pause(node),
      kill: (node) => this.#kill(node),
    };
  }

  /** Time of the next event; infinity when nothing will happen by itself. */
  get nextNs(): number {
    return this.#queue.nextNs;
  }

  /** Goes to the next event and lets it happen. */
  advance(): void {
    const next = this.#queue.pop();
    if (next === undefined) return;
    this.nowNs = Math.max(this.nowNs, next.atNs);
    next.value();
  }

  /** Calls `action` at that time. */
  at(timeNs: number, action: () => void): void {
    this.#queue.push(timeNs, action);
  }

  /** Client thread `thread` calls its node (thread mod nodes). `done` is called once, in virtual time. */
  submit(thread: number, call: Call, how: { readonly deadlineNs: number; readonly done: (outcome: Outcome) => void }): void {
    const server = this.#servers[thread % this.#servers.length]!;
    const count = this.#counts.get(thread) ?? 0;
    this.#counts.set(thread, count + 1);
    const operation: OperationId = `c${thread}.${count}`;
    const finish = (outcome: Outcome): void => {
      if (this.#open.delete(operation)) how.done(outcome);
    };
    this.#open.set(operation, { thread, server, call, finish });
    this.at(this.nowNs + how.deadlineNs, () => finish({ type: "info", value: call.value, error: "timeout" }));
    if (!server.node.up) {
      this.at(this.nowNs + 0.1 * msNs, () => finish({ type: "fail", value: call.value, error: "refused" }));
      return;
    }
    this.#transmit({ from: "clients", to: server.id, lane: `c${thread}` }, () => this.#arrive(server, { input: "client", operation, call }));
  }

  healthy(node: NodeId): Promise<boolean> {
    const server = this.#serverOf(node);
    return Promise.resolve(server.node.up && server.paused === 0);
  }

  converged(): Promise<void> {
    const sick = this.#servers.filter((server) => !server.node.up || server.paused > 0);
    if (sick.length === 0) return Promise.resolve();
    return Promise.reject(
      new HarnessError("NODE_UNHEALTHY", `${sick.map((server) => this.nodes[server.id]!).join(", ")} of the simulated cluster does not serve`, { nextStep: "heal what was done to it" }),
    );
  }

  endpoint(node: NodeId): Promise<never> {
    return Promise.reject(new HarnessError("CAPABILITY_MISSING", `node ${node} of a simulated cluster has no address`, { nextStep: "use runSimulated, which calls actors in virtual time" }));
  }

  logs(): readonly string[] {
    return [];
  }

  describe(): Json {
    return { cluster: "simulated", system: this.#system.name, servers: this.#system.servers };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  // ---------------------------------------------------------------- actors

  /** An input reaches a node: handled now, after its pause, or never. */
  #arrive(server: Server, input: ActorInput): void {
    if (!server.node.up) return;
    if (server.paused > 0) server.waiting.push(input);
    else this.#step(server, input);
  }

  #step(server: Server, input: ActorInput): void {
    if (input.input === "timer") {
      const key = canonicalJson(input.timer);
      if (!server.node.timers.some((timer) => canonicalJson(timer) === key)) return;
    }
    this.steps++;
    const { id } = server;
    const result = runHandler(this.#system.actor(id), actorContext(id, this.#system.servers), server.node, input);
    server.node = foldEffects(server.node, input, result);
    for (const effect of result.effects) {
      switch (effect.effect) {
        case "send": {
          const target = this.#servers[effect.to];
          if (target !== undefined) {
            this.#transmit({ from: id, to: effect.to, lane: "" }, () => this.#arrive(target, { input: "message", from: id, message: effect.message }));
          }
          break;
        }
        case "setTimer":
          this.#arm(server, effect.timer, effect.afterMs);
          break;
        case "cancelTimer":
          server.timers.delete(canonicalJson(effect.timer));
          break;
        case "choose": {
          const { epoch } = server;
          const option = this.#random.int(effect.options.length);
          this.at(this.nowNs + Math.ceil(this.#random.exponential(1) * msNs), () => {
            if (server.epoch === epoch && server.node.choices[effect.key] !== undefined) this.#arrive(server, { input: "choice", key: effect.key, option });
          });
          break;
        }
        case "reply": {
          const open = this.#open.get(effect.operation);
          if (open?.server === server) {
            this.#transmit({ from: id, to: "clients", lane: `c${open.thread}` }, () => open.finish({ type: "ok", value: effect.value }));
          }
          break;
        }
        case "save":
          break;
      }
    }
  }

  #arm(server: Server, timer: Json, [least, most]: readonly [number, number]): void {
    const key = canonicalJson(timer);
    const armed = Symbol(key);
    server.timers.set(key, armed);
    this.at(this.nowNs + Math.ceil((least + this.#random.float() * (most - least)) * msNs), () => {
      if (server.timers.get(key) !== armed) return;
      server.timers.delete(key);
      this.#arrive(server, { input: "timer", timer });
    });
  }

  // ---------------------------------------------------------------- links

  /** Takes the link's time; lost if the flow is cut, or if an end died, before it arrives. */
  #transmit(link: { readonly from: ActorId | "clients"; readonly to: ActorId | "clients"; readonly lane: string }, arrive: () => void): void {
    const flow = `${link.from}>${link.to}`;
    const key = `${flow} ${link.lane}`;
    let state = this.#links.get(key);
    if (state === undefined) this.#links.set(key, (state = { meanMs: 0.1 + this.#random.exponential(0.4), lastNs: 0, lost: 0 }));
    const extra = this.#delays.get(flow) ?? [];
    const late = extra.reduce((ms, { latencyMs, jitterMs }) => ms + latencyMs + (2 * this.#random.float() - 1) * jitterMs, 0);
    const at = this.nowNs + Math.ceil((0.05 + this.#random.exponential(state.meanMs) + Math.max(0, late)) * msNs);
    state.lastNs = Math.max(at, state.lastNs + 1);
    const lives = this.#lives(link);
    const link_ = state;
    this.at(state.lastNs, () => {
      if ((this.#cuts.get(flow) ?? 0) > 0) link_.lost++;
      else if (this.#lives(link) === lives) arrive();
    });
  }

  /** Changes when an end of the link dies. */
  #lives({ from, to }: { readonly from: ActorId | "clients"; readonly to: ActorId | "clients" }): string {
    const epoch = (party: ActorId | "clients"): number => (party === "clients" ? 0 : this.#servers[party]!.epoch);
    return `${epoch(from)} ${epoch(to)}`;
  }

  #lost(flow: string): number {
    let lost = 0;
    for (const [key, link] of this.#links) if (key.startsWith(`${flow} `)) lost += link.lost;
    return lost;
  }

  // ---------------------------------------------------------------- faults

  #cut(flows: readonly Flow[]): Disturbance {
    const keys = flows.map((flow) => this.#flowKey(flow));
    return switchable({
      description: `cut ${flows.map(({ from, to }) => `${from} → ${to}`).join(", ")}`,
      on: () => keys.forEach((key) => this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1)),
      off: () => keys.forEach((key) => this.#cuts.set(key, (this.#cuts.get(key) ?? 1) - 1)),
      evidence: () => {
        const lost = keys.reduce((total, key) => total + this.#lost(key), 0);
        const cut = keys.filter((key) => (this.#cuts.get(key) ?? 0) > 0).length;
        return { effective: cut === keys.length && cut > 0, seen: `${cut} of ${keys.length} flows pass nothing, ${lost} messages lost on them so far` };
      },
    });
  }

  #delay(flows: readonly Flow[], how: { readonly latencyMs: number; readonly jitterMs: number }): Disturbance {
    const keys = flows.map((flow) => this.#flowKey(flow));
    return switchable({
      description: `delay ${flows.map(({ from, to }) => `${from} → ${to}`).join(", ")} by ${how.latencyMs} ms`,
      on: () => keys.forEach((key) => this.#delays.set(key, [...(this.#delays.get(key) ?? []), how])),
      off: () => keys.forEach((key) => this.#delays.set(key, (this.#delays.get(key) ?? []).filter((other) => other !== how))),
      evidence: () => {
        const late = keys.filter((key) => this.#delays.get(key)?.includes(how) === true).length;
        return { effective: late === keys.length && late > 0, seen: `${late} of ${keys.length} flows are ${how.latencyMs} ms late` };
      },
    });
  }

  #pause(node: NodeId): Disturbance {
    const server = this.#serverOf(node);
    return switchable({
      description: `pause ${node}`,
      on: () => server.paused++,
      off: () => {
        server.paused--;
        if (server.paused > 0) return;
        for (const input of server.waiting.splice(0)) if (server.node.up) this.#step(server, input);
      },
      evidence: () => ({ effective: server.paused > 0, seen: `${node} is ${server.paused > 0 ? "stopped" : "running"}, ${server.waiting.length} inputs wait` }),
    });
  }

  #kill(node: NodeId): Disturbance {
    const server = this.#serverOf(node);
    return switchable({
      description: `kill ${node}`,
      on: () => {
        server.killed++;
        if (!server.node.up) return;
        server.node = crashedNode(server.node);
        server.epoch++;
        server.waiting.length = 0;
        server.timers.clear();
        for (const open of [...this.#open.values()]) {
          if (open.server !== server) continue;
          this.at(this.nowNs + 0.1 * msNs, () => open.finish({ type: "info", value: open.call.value, error: "connection lost" }));
        }
      },
      off: () => {
        server.killed--;
        if (server.killed === 0 && !server.node.up) this.#step(server, { input: "start" });
      },
      evidence: () => ({ effective: !server.node.up, seen: `${node} is ${server.node.up ? "up" : "down"}` }),
    });
  }

  #flowKey({ from, to }: Flow): string {
    const party = (name: NodeId | "clients"): string => (name === "clients" ? name : String(this.#serverOf(name).id));
    return `${party(from)}>${party(to)}`;
  }

  #serverOf(node: NodeId): Server {
    const server = this.#servers[this.nodes.indexOf(node)];
    if (server !== undefined) return server;
    throw new HarnessError("UNKNOWN_NAME", `the simulated cluster has no node ${node} (it has ${this.nodes.join(", ")})`, { nextStep: "name one of its nodes" });
  }
}

interface Server {
  readonly id: ActorId;
  node: ActorNode;
  /** Number of its deaths. */
  epoch: number;
  paused: number;
  killed: number;
  readonly waiting: ActorInput[];
  readonly timers: Map<string, symbol>;
}
interface Link {
  readonly meanMs: number;
  lastNs: number;
  lost: number;
}
interface Open {
  readonly thread: number;
  readonly server: Server;
  readonly call: Call;
  finish(outcome: Outcome): void;
}

/** A disturbance of virtual things: on and off at once, and nothing to undo when the harness dies. */
function switchable(how: { readonly description: string; on(): void; off(): void; evidence(): Evidence }): Disturbance {
  let on = false;
  return {
    description: how.description,
    undo: [],
    apply() {
      if (!on) how.on();
      on = true;
      return Promise.resolve();
    },
    revert() {
      if (on) how.off();
      on = false;
      return Promise.resolve();
    },
    evidence: () => Promise.resolve(how.evidence()),
  };
}
