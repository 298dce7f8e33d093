import type { ActorModel, ClientReply, ClientRequest, PartyStep } from "../../harness/actor-model.ts";
import type { System } from "../../harness/actor.ts";
import type { LamportDiagram } from "../../harness/diagram.ts";
import { isArray, isObject, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import type { Schedule, ScheduleStep } from "../../harness/schedule.ts";
import { describeCall } from "../../harness/spec.ts";
import { type SentMessage, World, type WorldStep } from "../../harness/world.ts";
import { modelOf } from "./replay.ts";

/**
 * Lamport's picture of a schedule (Lamport, CACM 1978): a line per party, an arrow per message from the step that sent
 * it to the step that handled it, and marks where clients call and are answered, nodes crash, and timers fire. Rank 0 is
 * the start; step k of the schedule has rank k. With `violation` the last event is marked as the one that breaks it.
 */
export function lamport(of: System | ActorModel, schedule: Schedule, options: { readonly title?: string; readonly violation?: string } = {}): LamportDiagram {
  const model = modelOf(of);
  const world = new World(model);
  const events: LamportDiagram["events"][number][] = [];
  const messages: LamportDiagram["messages"][number][] = [];
  const senders = new Map<string, { readonly lane: number; readonly at: number }>();
  const open = new Map<number, Call>();
  const label = (message: Json): string => describeMessage(model, message);

  const sent = (sends: readonly SentMessage[], at: number): void => {
    for (const { from, to, n } of sends) senders.set(`${from} ${to} ${n}`, { lane: from, at });
  };
  const lost = (gone: readonly SentMessage[]): void => {
    for (const { from, to, n, message } of gone) {
      const sender = senders.get(`${from} ${to} ${n}`);
      if (sender !== undefined) messages.push({ from: sender, to: null, label: label(message) });
    }
  };

  world.beginnings.forEach(({ sends }) => sent(sends, 0));
  let at = 0;
  for (const step of schedule) {
    const result = world.apply(step);
    if (result.result === "impossible") continue;
    at++;
    if (step.step === "cut" || step.step === "heal") {
      // A partition is nobody's step: every server's line shows where it begins and ends.
      for (let server = 0; server < model.servers; server++) events.push({ lane: server, at, label: describeStep(model, step), mark: "plain" });
      lost(result.cut);
      continue;
    }
    const lane = laneOf(model, step);
    if ("n" in step && step.step !== "call") {
      const sender = senders.get(`${step.from} ${step.to} ${step.n}`);
      if (sender !== undefined) {
        messages.push({ from: sender, to: step.step === "drop" ? null : { lane, at }, label: label(result.message!) });
      }
    }
    sent(result.sends, at);
    lost(result.cut);
    if (step.step === "drop") continue;
    const marked = markOf(model, step, { result, open });
    const state = result.result === "ignored" ? "ignored" : JSON.stringify(model.parties[lane]!.show(world.locals[lane]!));
    events.push({ lane, at, ...marked, note: state });
  }
  for (const link of world.links()) {
    if (model.network.order !== "set") lost(link.inFlight.map((message) => ({ from: link.from, to: link.to, ...message })));
  }
  const last = events.at(-1);
  if (options.violation !== undefined && last !== undefined) {
    events[events.length - 1] = { ...last, mark: "violation", label: last.label === "" ? options.violation : `${last.label}: ${options.violation}` };
  }
  return {
    kind: "lamport",
    title: options.title ?? `${model.name}: ${at} steps`,
    lanes: model.parties.map((party) => party.label),
    events,
    messages,
    caption: "time runs down; an arrow without an end was lost, or is still in flight",
  };
}

function laneOf(model: ActorModel, step: Exclude<ScheduleStep, { step: "cut" | "heal" }>): number {
  switch (step.step) {
    case "deliver":
    case "duplicate":
    case "drop":
      return step.to;
    case "call":
      return model.servers + step.client;
    default:
      return step.actor;
  }
}

type Marked = Pick<LamportDiagram["events"][number], "label" | "mark">;

function markOf(model: ActorModel, step: ScheduleStep, about: { readonly result: WorldStep; readonly open: Map<number, Call> }): Marked {
  switch (step.step) {
    case "crash":
      return { label: "crash", mark: "crash" };
    case "loseWrite":
      return { label: "disk loses a write", mark: "crash" };
    case "recover":
      return { label: "recover", mark: "recover" };
    case "timer":
      return { label: `timer ${brief(step.timer)}`, mark: "timer" };
    case "choice":
      return { label: `choice ${step.key} ${step.option}`, mark: "plain" };
    default:
      return markOfEvents(model, about.result.step, about.open);
  }
}

function markOfEvents(model: ActorModel, step: PartyStep | undefined, open: Map<number, Call>): Marked {
  const labels: string[] = [];
  let mark: Marked["mark"] = "plain";
  for (const event of step?.events ?? []) {
    if (event.event === "invoke") {
      open.set(event.thread, event.call);
      labels.push(describeCall(model.spec, event.call, undefined));
      mark = "invoke";
    } else {
      const call = open.get(event.thread);
      labels.push(call === undefined ? brief(event.value) : describeCall(model.spec, call, event.value));
      mark = "return";
    }
  }
  return { label: labels.join(", then "), mark };
}

/** A step of a schedule in one line: `n1 → n2 #0`, `client 0 calls #1`, `crash n3`. */
export function describeStep(model: ActorModel, step: ScheduleStep): string {
  const name = (party: number): string => model.parties[party]?.label ?? String(party);
  switch (step.step) {
    case "deliver":
    case "duplicate":
    case "drop":
      return `${step.step} ${name(step.from)} → ${name(step.to)} #${step.n}`;
    case "call":
      return `client ${step.client} calls #${step.n}`;
    case "timer":
      return `timer ${brief(step.timer)} of ${name(step.actor)}`;
    case "choice":
      return `choice ${step.key} ${step.option} of ${name(step.actor)}`;
    case "crash":
    case "recover":
      return `${step.step} ${name(step.actor)}`;
    case "loseWrite":
      return `the disk of ${name(step.actor)} loses its last write`;
    case "cut":
      return `cut ${step.cut}`;
    case "heal":
      return "heal";
  }
}

/** A message in one line: a client's call, an answer, or its type and the rest. */
export function describeMessage(model: ActorModel, message: Json): string {
  if (isObject(message)) {
    if (isObject(message["call"])) return describeCall(model.spec, (message as unknown as ClientRequest).call, undefined);
    if ("operation" in message && "value" in message && Object.keys(message).length === 2) return `→ ${brief((message as unknown as ClientReply).value)}`;
    const { type, ...rest } = message;
    if (typeof type === "string") return [type, ...Object.values(rest).map((value) => brief(value!))].join(" ");
  }
  if (isArray(message) && typeof message[0] === "string") return [message[0], ...message.slice(1).map(brief)].join(" ");
  return brief(message);
}

function brief(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
