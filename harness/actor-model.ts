import type { Actor, ActorContext, ActorId, ClientScript, LivenessProperty, OperationId, System, SystemProperty } from "./actor.ts";
import { type ActorNode, type Effect, crashedNode, foldEffects, isIgnored, runHandler, runHandlerChecked, unborn } from "./actor-step.ts";
import { type Cut, cutsBetween } from "./cuts.ts";
import { type DiskKind, fallbackAfter, withoutLastWrite } from "./disk.ts";
import type { Json } from "./json.ts";
import type { Call } from "./op.ts";
import type { SequentialSpec } from "./spec.ts";

/**
 * What an explorer walks and a replay steps: parties that react to inputs, a network between them, budgets, and what
 * the clients' history records. A `System` becomes one by `actorModelOf`: its servers run their actors, its clients
 * their scripts. A model of the literature may be written directly, with clients that are actors themselves.
 *
 *     client S+k --{operation, call}--> server --{operation, value}--> client S+k
 *         invoke ^ at the call step                    return ^ when the client accepts the answer
 *
 * An answer to an operation that the client does not await is ignored and never recorded: recording what the network
 * delivered, and not what the client accepted, would raise false alarms.
 */
export interface ActorModel {
  readonly name: string;
  /** Servers come first, then clients; a party's id is its index. */
  readonly parties: readonly Party[];
  readonly servers: number;
  readonly spec: SequentialSpec;
  readonly network: {
    /** `fifo`: a queue per directed link; `any`: a bag; `set`: a message once sent stays deliverable for ever. */
    readonly order: "fifo" | "any" | "set";
    readonly noop: "consume" | "keep";
    /** What is in flight to and from a party that crashes is lost, as TCP connections die with their process. */
    readonly crashCutsLinks: boolean;
  };
  /** How often each may happen in all; infinite budgets are no part of a state. */
  readonly budgets: { readonly [kind in BudgetKind]: number };
  /** What a partition can be, with `partitions` left; names are distinct. */
  readonly cuts: readonly Cut[];
  /** Timers fire when their durations and clocks that drift so far allow it; undefined: at any moment. Not on a `set` network. */
  readonly clocks: { readonly driftRatio: number } | undefined;
  /** At most that many parties are down at once. */
  readonly downMax: number;
  /** A crashed party's last state stays visible in the global state. */
  readonly crashKeepsState: boolean;
  /** Actors' properties, over the servers' states (null for one that is down). */
  readonly properties: readonly SystemProperty[];
  /** Properties over a message that can be delivered now. */
  readonly messageProperties: readonly MessageProperty[];
  /** Properties over a whole state: evaluated for every one, so the dearest kind. */
  readonly stateProperties: readonly StateProperty[];
  readonly liveness: readonly LivenessProperty[];
  readonly statesMax: number;
  /** States on the longest path that is explored: for spaces without end. */
  readonly depthMax: number;
}
export type BudgetKind = "losses" | "duplicates" | "crashes" | "recoveries" | "timers" | "lostWrites" | "partitions";
export const budgetKinds: readonly BudgetKind[] = ["losses", "duplicates", "crashes", "recoveries", "timers", "lostWrites", "partitions"];

export interface MessageProperty {
  readonly name: string;
  readonly kind: "always" | "sometimes";
  readonly on: "messages";
  test(message: Json, link: { readonly from: ActorId; readonly to: ActorId }): boolean;
}

export interface StateProperty {
  readonly name: string;
  readonly kind: "always" | "sometimes";
  readonly on: "state";
  test(state: { readonly servers: readonly Json[]; readonly messages: readonly { readonly from: ActorId; readonly to: ActorId; readonly message: Json }[] }): boolean;
}

/** A server or a client; its local state is plain JSON. */
export interface Party {
  /** `n1`, `client 0`. */
  readonly label: string;
  /** The client thread whose operations it invokes, if it is a client. */
  readonly thread: number | undefined;
  /** It has code for timers. */
  readonly handlesTimers?: boolean;
  /** The local state with which the party begins, and what its start sends. */
  begin(): PartyStep;
  /** What it can do on its own now, in a fixed order. Depends on `local` only. */
  options(local: Json): readonly PartyInput[];
  /** `"blocked"`: cannot happen now (the party is down); `"ignored"`: changes nothing. */
  step(local: Json, input: PartyInput): PartyStep | "ignored" | "blocked";
  /** The state as properties and diagrams show it. */
  show(local: Json): Json;
}

export type PartyInput =
  | { readonly input: "message"; readonly from: ActorId; readonly message: Json }
  | { readonly input: "timer"; readonly timer: Json }
  | { readonly input: "choice"; readonly key: string; readonly option: number }
  | { readonly input: "call" }
  | { readonly input: "crash" }
  /** The disk of one that is down loses the last write that it can lose. */
  | { readonly input: "loseWrite" }
  | { readonly input: "recover" };

export interface PartyStep {
  readonly local: Json;
  /** In the order in which they were sent. */
  readonly sends: readonly { readonly to: ActorId; readonly message: Json }[];
  /** What the clients' history records, in order. */
  readonly events: readonly HistoryEvent[];
  /** All the handler asked for; the simulator reads timers' durations here. */
  readonly effects: readonly Effect[];
}

export type HistoryEvent =
  | { readonly event: "invoke"; readonly thread: number; readonly call: Call }
  | { readonly event: "return"; readonly thread: number; readonly value: Json };

/** What travels on a client's link. */
export type ClientRequest = { readonly operation: OperationId; readonly call: Call };
export type ClientReply = { readonly operation: OperationId; readonly value: Json };

/** The model of a system within its bounds. `check` (default): handlers run twice on frozen inputs. */
export function actorModelOf(system: System, options: { readonly check?: boolean; readonly timers?: boolean } = {}): ActorModel {
  const bounds = system.model;
  // A timer that can never fire distinguishes no behaviour.
  const timers = options.timers ?? bounds.timerFirings > 0;
  const servers = Array.from({ length: system.servers }, (_, id) =>
    serverParty(system, id, {
      check: options.check ?? true,
      timers,
      durations: bounds.clocks !== undefined,
      crashes: bounds.faults.crashes > 0,
      disk: (bounds.faults.lostWrites ?? 0) > 0 ? (bounds.faults.disk ?? "lies") : undefined,
    }),
  );
  const clients = bounds.clients.map((script, client) => scriptedClient(script, client, system.servers));
  return {
    name: system.name,
    parties: [...servers, ...clients],
    servers: system.servers,
    spec: system.spec,
    network: { order: bounds.network.order, noop: bounds.network.noop, crashCutsLinks: true },
    budgets: {
      losses: bounds.network.losses,
      duplicates: bounds.network.duplicates,
      crashes: bounds.faults.crashes,
      recoveries: bounds.faults.recoveries,
      timers: bounds.timerFirings,
      lostWrites: bounds.faults.lostWrites ?? 0,
      partitions: bounds.faults.partitions ?? 0,
    },
    cuts: (bounds.faults.partitions ?? 0) > 0 ? cutsBetween(system.servers) : [],
    clocks: timers ? bounds.clocks : undefined,
    downMax: Number.POSITIVE_INFINITY,
    crashKeepsState: false,
    properties: system.properties,
    messageProperties: [],
    stateProperties: [],
    liveness: system.liveness ?? [],
    statesMax: bounds.statesMax,
    depthMax: Number.POSITIVE_INFINITY,
  };
}

/** Name of operation `number` (from 0) of client `client`. */
export function operationId(client: number, number: number): OperationId {
  return `c${client}.${number}`;
}

/** The context that actor `id` of `servers` sees. */
export function actorContext(id: ActorId, servers: number): ActorContext {
  return { id, servers, peers: Array.from({ length: servers }, (_, peer) => peer).filter((peer) => peer !== id) };
}

export interface ServerPartyOptions {
  readonly check: boolean;
  readonly timers: boolean;
  /** How long a timer runs matters: setting one again is a step, even if nothing else happens. */
  readonly durations?: boolean;
  readonly crashes: boolean;
  /** Crashes may lose writes, as on such a disk; undefined: what is saved stays, and no state tells what could be lost. */
  readonly disk?: DiskKind | undefined;
}

/** A server: the system's actor, calls in and replies out on client links. */
export function serverParty(system: System, id: ActorId, options: ServerPartyOptions): Party {
  const replyTo = (operation: OperationId): ActorId => system.servers + clientOf(operation);
  return actorParty(system.actor(id), actorContext(id, system.servers), {
    ...options,
    label: `n${id + 1}`,
    thread: undefined,
    keepState: false,
    isClientLink: (from) => from >= system.servers,
    reply: (operation, value) => ({ to: replyTo(operation), message: { operation, value } satisfies ClientReply }),
  });
}

export interface ActorPartyOptions extends ServerPartyOptions {
  readonly label: string;
  readonly thread: number | undefined;
  readonly keepState: boolean;
  /** Messages of these parties are calls (`ClientRequest`) for `onClient`. */
  isClientLink(from: ActorId): boolean;
  reply(operation: OperationId, value: Json): { readonly to: ActorId; readonly message: Json };
  /** What the history records of a message that was accepted. */
  recordAccept?(message: Json): HistoryEvent | undefined;
  /** What the history records of a message that is sent. */
  recordSend?(message: Json): HistoryEvent | undefined;
  /** States outside are not part of the model. */
  within?(state: Json): boolean;
}

/** A party that runs an actor. */
export function actorParty(actor: Actor, self: ActorContext, options: ActorPartyOptions): Party {
  const run = options.check ? runHandlerChecked : runHandler;

  const step = (node: ActorNode, input: PartyInput): PartyStep | "ignored" | "blocked" => {
    switch (input.input) {
      case "crash":
        if (!node.up) return "blocked";
        return silent(options.keepState ? { ...crashedNode(node), state: node.state } : crashedNode(node));
      case "loseWrite": {
        const poorer = withoutLastWrite(node);
        return poorer === undefined ? "blocked" : silent(poorer);
      }
      case "recover":
        return node.up ? "blocked" : react(node, { input: "start" }, undefined);
      case "message": {
        if (!node.up) return "blocked";
        if (!options.isClientLink(input.from)) return react(node, input, input.message);
        const { operation, call } = input.message as unknown as ClientRequest;
        return react(node, { input: "client", operation, call }, input.message);
      }
      case "timer":
      case "choice":
        return node.up ? react(node, input, undefined) : "blocked";
      case "call":
        return "blocked";
    }
  };

  const react = (node: ActorNode, input: Parameters<typeof run>[3], accepted: Json | undefined): PartyStep | "ignored" | "blocked" => {
    const result = run(actor, self, node, input);
    if (isIgnored(node, input, result) && !(options.durations === true && input.input === "timer")) return "ignored";
    const folded = foldEffects(node, input, result);
    const fallback = options.disk === undefined ? undefined : fallbackAfter(options.disk, node, { restarts: input.input === "start", effects: result.effects });
    const after = fallback === undefined ? folded : { ...folded, fallback };
    if (options.within !== undefined && !options.within(after.state)) return "blocked";
    const sends: { to: ActorId; message: Json }[] = [];
    const events: HistoryEvent[] = [];
    const note = (event: HistoryEvent | undefined): void => void (event !== undefined && events.push(event));
    if (accepted !== undefined) note(options.recordAccept?.(accepted));
    for (const effect of result.effects) {
      if (effect.effect === "send") {
        sends.push({ to: effect.to, message: effect.message });
        note(options.recordSend?.(effect.message));
      } else if (effect.effect === "reply") sends.push(options.reply(effect.operation, effect.value));
    }
    const local = options.timers || after.timers.length === 0 ? after : { ...after, timers: [] };
    return { local: local as unknown as Json, sends, events, effects: result.effects };
  };

  return {
    label: options.label,
    thread: options.thread,
    handlesTimers: actor.onTimer !== undefined,
    begin() {
      const begun = react(unborn, { input: "start" }, undefined);
      if (typeof begun === "string") throw new Error(`assertion failed: ${options.label} starts within the model`);
      return begun;
    },
    options(local) {
      const node = local as unknown as ActorNode;
      const inputs: PartyInput[] = node.timers.map((timer) => ({ input: "timer", timer }));
      for (const key of Object.keys(node.choices).sort()) node.choices[key]!.forEach((_, option) => inputs.push({ input: "choice", key, option }));
      if (options.crashes) inputs.push({ input: node.up ? "crash" : "recover" });
      if (!node.up && node.fallback !== undefined) inputs.push({ input: "loseWrite" });
      return inputs;
    },
    step: (local, input) => step(local as unknown as ActorNode, input),
    show: (local) => (local as unknown as ActorNode).state,
  };
}

/** A client that plays its script: one call after the other. */
function scriptedClient(script: ClientScript, client: number, servers: number): Party {
  type ClientLocal = { readonly called: number; readonly waiting: boolean };
  return {
    label: `client ${client}`,
    thread: client,
    begin: () => silent({ called: 0, waiting: false } satisfies ClientLocal),
    options(local) {
      const { called, waiting } = local as ClientLocal;
      return !waiting && called < script.length ? [{ input: "call" }] : [];
    },
    step(local, input) {
      const { called, waiting } = local as ClientLocal;
      if (input.input === "call") {
        const next = script[called];
        if (waiting || next === undefined) return "blocked";
        const message: ClientRequest = { operation: operationId(client, called), call: next.call };
        return {
          local: { called: called + 1, waiting: true } satisfies ClientLocal,
          sends: [{ to: next.node, message: message as unknown as Json }],
          events: [{ event: "invoke", thread: client, call: next.call }],
          effects: [],
        };
      }
      if (input.input !== "message") return "blocked";
      const reply = input.message as unknown as ClientReply;
      if (!waiting || input.from >= servers || reply.operation !== operationId(client, called - 1)) return "ignored";
      return {
        local: { called, waiting: false } satisfies ClientLocal,
        sends: [],
        events: [{ event: "return", thread: client, value: reply.value }],
        effects: [],
      };
    },
    show: (local) => local,
  };
}

function silent(local: ActorNode | Json): PartyStep {
  return { local: local as unknown as Json, sends: [], events: [], effects: [] };
}

function clientOf(operation: OperationId): number {
  return Number(operation.slice(1, operation.indexOf(".")));
}
