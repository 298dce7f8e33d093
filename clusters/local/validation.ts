import type { ActorContext, ActorId, System } from "../../harness/actor.ts";
import { type ActorInput, type ActorNode, type Effect, foldEffects, type HandlerResult, runHandler, unborn } from "../../harness/actor-step.ts";
import { actorContext } from "../../harness/actor-model.ts";
import { describeError } from "../../harness/errors.ts";
import type { DiskKind } from "../../harness/disk.ts";
import type { NodeId } from "../../harness/ids.ts";
import { canonicalJson, equalJson, type Json } from "../../harness/json.ts";
import type { Diary } from "./diaries.ts";
import { midOf, stateHash, type TraceLine } from "./trace.ts";

/**
 * Is what real nodes wrote down a behaviour of their definition? Handlers are pure and every input is in the diaries,
 * so no search is needed: the events are replayed through the same handlers, each after its causes.
 *
 *     n1   start ── call c0.0 ──────────────▶ deliver 2-0-0 …        one queue per node, in the order of handling
 *                       └─ 1-0-0 ─┐         ┌──────┘
 *     n2   start ────────────────▶ deliver 1-0-0 …                   a delivery waits until its message has been sent
 *
 * Of each event everything is held against the definition: that it could happen then (the message was sent to this node,
 * on this link, not handled before and not overtaken; the timer was set; the choice was offered; the restart found what
 * was saved), and what it did (state, messages with their receivers and order, answers, the durable write, the clock).
 * The first event that the definition does not explain is the verdict; what follows from it is never judged.
 *
 * Linear in the trace, plus one run of a handler per event. (CCF and MongoDB bind traces to TLA+ by a search instead:
 * Howard et al., "Smart casual verification", NSDI 2025; Davis et al., "eXtreme modelling in practice", VLDB 2020.)
 */
export function validateTrace(options: ValidationOptions): TraceVerdict {
  const validator = new Validator(options);
  const first = validator.run();
  const { counts } = validator;
  if (first !== undefined) return { verdict: "invalid", first, counts };
  const full = options.diaries.filter((diary) => diary.full).map(({ node }) => node);
  if (full.length > 0) return { verdict: "unknown", reason: `the diary of ${full.join(", ")} was full before the run was over; every event in it is explained`, counts };
  return { verdict: "valid", counts, ...(validator.broken === undefined ? {} : { broken: validator.broken }) };
}

export interface ValidationOptions {
  /** By actor id. */
  readonly diaries: readonly Diary[];
  /** What was played in a round; 0 is the deployed system. */
  readonly systemOf: (round: number) => System;
  /** What the links gave. By default what TCP does: in order, at most once; a replay's gate may let messages overtake and repeat each other. */
  readonly links?: { readonly order: "fifo" | "any"; readonly repeats: boolean };
  /** What the nodes' disks did with what they had synced; `syncs` by default: they kept it. `lies`: in a kill the last save could be lost. */
  readonly disk?: DiskKind;
  /** Called for each event that is explained, causes first. */
  readonly watch?: (step: ValidatedStep) => void;
}

/** One explained event: what the node was before it, what happened, and what the handler did. */
export interface ValidatedStep {
  readonly line: TraceLine;
  readonly before: ActorNode;
  readonly input: ActorInput;
  readonly result: HandlerResult;
}

export type TraceVerdict =
  | {
      readonly verdict: "valid";
      readonly counts: TraceCounts;
      /** The first `always` property of actors' states that a state of this run broke: a bug of the definition, truly played. */
      readonly broken?: { readonly property: string; readonly at: EventName };
    }
  | { readonly verdict: "unknown"; readonly counts: TraceCounts; readonly reason: string }
  | { readonly verdict: "invalid"; readonly counts: TraceCounts; readonly first: UnexplainedEvent };

export interface TraceCounts {
  /** Events that are explained. */
  readonly events: number;
  readonly sent: number;
  readonly delivered: number;
}

/** Names one event of a run. */
export interface EventName {
  readonly node: NodeId;
  /** The node's life, from 0. */
  readonly epoch: number;
  /** Number of the event in that life, from 0: `seq` of its line. */
  readonly event: number;
  readonly round: number;
}

export interface UnexplainedEvent extends EventName {
  /** `deliver`, `call`, `timer`, `choice`, `start`. */
  readonly kind: string;
  /** What does not agree: `its 2nd message`, `the state`. */
  readonly what: string;
  /** By the definition, as JSON text or in words. */
  readonly expected: string;
  /** In the trace. */
  readonly seen: string;
}

/** One sentence: `n2, event 17 (deliver): its answer is … in the trace, … by the definition`. */
export function describeUnexplained(first: UnexplainedEvent): string {
  const life = first.epoch === 0 ? "" : ` of life ${first.epoch}`;
  const round = first.round === 0 ? "" : ` in round ${first.round}`;
  return `${first.node}, event ${first.event}${life}${round} (${first.kind}): ${first.what} is ${first.seen} in the trace, ${first.expected} by the definition`;
}

interface Sent {
  readonly link: string;
  readonly message: Json;
  readonly clock: readonly number[];
  readonly place: readonly [epoch: number, n: number];
  delivered: boolean;
}

/** One actor of one round, over its node's lives. */
interface Room {
  node: ActorNode;
  epoch: number;
  clock: readonly number[];
  readonly operations: Set<string>;
  /** Durable writes of this life, each with the messages that were put out from it on. */
  saves: { readonly durable: Json; readonly later: string[] }[];
}

interface Problem {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
}

class Validator {
  readonly counts = { events: 0, sent: 0, delivered: 0 };
  broken: { readonly property: string; readonly at: EventName } | undefined;
  readonly #options: ValidationOptions;
  readonly #next: number[];
  /** Of each node's present life: its number, and how many events and messages it had. */
  readonly #lives: { epoch: number; events: number; mids: number }[];
  readonly #rooms = new Map<string, Room>();
  readonly #sent = new Map<string, Sent>();
  /** Messages that are handled anywhere in the trace. */
  readonly #handled: ReadonlySet<string>;
  /** By link: place of the newest message that was handled. */
  readonly #newest = new Map<string, Sent["place"]>();

  constructor(options: ValidationOptions) {
    this.#options = options;
    this.#next = options.diaries.map(() => 0);
    this.#lives = options.diaries.map(() => ({ epoch: -1, events: 0, mids: 0 }));
    this.#handled = new Set(options.diaries.flatMap(({ lines }) => lines.flatMap((line) => (line.event === "deliver" ? [line.in.mid] : []))));
  }

  run(): UnexplainedEvent | undefined {
    const { diaries } = this.#options;
    for (let moved = true; moved; ) {
      moved = false;
      for (const [id, { lines }] of diaries.entries()) {
        for (let line = lines[this.#next[id]!]; line !== undefined; line = lines[this.#next[id]!]) {
          // A hole is told before anybody is blamed for waiting for what was in it.
          const hole = numbering(id, line, this.#lives[id]!);
          if (hole === undefined && this.#waits(line)) break;
          const problem = hole ?? this.#replay(id, line);
          if (problem !== undefined) return this.#unexplained(id, line, problem);
          this.#next[id]!++;
          this.counts.events++;
          moved = true;
        }
      }
    }
    return this.#stuck();
  }

  #waits(line: TraceLine): boolean {
    return line.event === "deliver" && !this.#sent.has(line.in.mid);
  }

  /** Deliveries are left whose message was never put out; the one to blame waits for a message that none of the rest sends. */
  #stuck(): UnexplainedEvent | undefined {
    // What a full diary does not hold may explain them.
    if (this.#options.diaries.some(({ full }) => full)) return undefined;
    const rest = this.#options.diaries.map(({ lines }, id) => lines.slice(this.#next[id]));
    const heads = rest.flatMap(([line], id) => (line === undefined ? [] : [{ id, line }]));
    const sender = new Map(rest.flat().flatMap((line) => line.out.map(({ mid }) => [mid, line] as const)));
    const sentBy = ({ line }: (typeof heads)[number]): TraceLine | undefined => (line.event === "deliver" ? sender.get(line.in.mid) : undefined);
    /** In a circle of waiting, the one whose clock has not seen the sending. */
    const ahead = (head: (typeof heads)[number]): boolean => {
      const by = sentBy(head);
      return by === undefined || (head.line.clock[by.node] ?? 0) < (by.clock[by.node] ?? 0);
    };
    const blamed = heads.find((head) => sentBy(head) === undefined) ?? heads.find(ahead) ?? heads[0];
    if (blamed === undefined) return undefined;
    const mid = blamed.line.event === "deliver" ? blamed.line.in.mid : "";
    return this.#unexplained(blamed.id, blamed.line, { what: "its message", expected: "one that was sent before", seen: `${mid}, which nobody had sent` });
  }

  #unexplained(id: ActorId, line: TraceLine, problem: Problem): UnexplainedEvent {
    return { ...this.#name(id, line), kind: line.event, ...problem };
  }

  #name(id: ActorId, line: TraceLine): EventName {
    return { node: this.#options.diaries[id]!.node, epoch: line.epoch, event: line.seq, round: line.round };
  }

  /** Replays one event; says what does not agree. */
  #replay(id: ActorId, line: TraceLine): Problem | undefined {
    const system = this.#options.systemOf(line.round);
    const self = actorContext(id, system.servers);
    const room = this.#room(id, line.round);
    const life = this.#lives[id]!;
    const problem = this.#possible(id, line, room);
    if (problem !== undefined) return problem;
    if (line.epoch !== life.epoch) this.#lives[id] = { epoch: line.epoch, events: 0, mids: 0 };
    if (line.event === "start") {
      room.node = { ...unborn, durable: line.in.durable };
      room.epoch = line.epoch;
      room.saves = [{ durable: line.in.durable, later: [] }];
    }
    const before = room.node;
    const input = inputOf(line);
    let result: HandlerResult;
    try {
      result = runHandler(system.actor(id), self, before, input);
    } catch (error) {
      return { what: "the event", expected: `impossible (${describeError(error)})`, seen: "handled" };
    }
    const differs = this.#differs(id, line, result) ?? clockProblem(line, this.#clockBefore(line, room, self));
    if (differs !== undefined) return differs;
    room.node = foldEffects(before, input, result);
    this.#take(id, line, room);
    this.#options.watch?.({ line, before, input, result });
    this.broken ??= this.#brokenProperty(system, id, line);
    return undefined;
  }

  /** Could this event happen at all, then? */
  #possible(id: ActorId, line: TraceLine, room: Room): Problem | undefined {
    const alive = room.node.up && room.epoch === line.epoch;
    if (line.event === "start") return alive ? { what: "the event", expected: "no second start in one life", seen: "a start" } : this.#foundWhatWasSaved(line.in.durable, room);
    if (!alive) return { what: "the event", expected: "nothing before the start", seen: `a ${line.event}` };
    switch (line.event) {
      case "deliver":
        return this.#deliverable(id, line);
      case "timer":
        return room.node.timers.some((timer) => equalJson(timer, line.in.timer)) ? undefined : { what: "its timer", expected: `one of ${canonicalJson(room.node.timers)}`, seen: canonicalJson(line.in.timer) };
      case "choice": {
        const offered = room.node.choices[line.in.key]?.[line.in.option];
        return offered !== undefined && equalJson(offered, line.in.choice) ? undefined : { what: "its choice", expected: canonicalJson(offered ?? "none"), seen: canonicalJson(line.in.choice) };
      }
      case "call":
        return room.operations.has(line.in.operation) && !this.#repeats ? { what: "the event", expected: `one call ${line.in.operation}`, seen: "a second one" } : undefined;
    }
  }

  /**
   * A restart finds the last durable write. After a kill in the middle of a commit it may be an earlier one, if no
   * message that waited for a later write was ever handled; on a disk that lies, the one before the last at any time.
   */
  #foundWhatWasSaved(found: Json, room: Room): Problem | undefined {
    const saves = room.saves.length === 0 ? [{ durable: null, later: [] }] : room.saves;
    if (this.#options.disk === "lies" && saves.length > 1 && equalJson(saves.at(-2)!.durable, found)) return undefined;
    for (const save of saves.toReversed()) {
      if (equalJson(save.durable, found)) return undefined;
      if (save.later.some((mid) => this.#handled.has(mid))) break;
    }
    return { what: "what it found saved", expected: canonicalJson(saves.at(-1)!.durable), seen: canonicalJson(found) };
  }

  /** May what travels come twice? */
  get #repeats(): boolean {
    return this.#options.links?.repeats ?? false;
  }

  #deliverable(id: ActorId, { round, in: { mid, from, message } }: Extract<TraceLine, { event: "deliver" }>): Problem | undefined {
    const sent = this.#sent.get(mid)!;
    const link = linkOf(round, from, id);
    if (sent.link !== link) return { what: "its message", expected: `one for this node from n${from + 1}`, seen: `${mid}, which was sent on another link` };
    if (!equalJson(sent.message, message)) return { what: "its message", expected: canonicalJson(sent.message), seen: canonicalJson(message) };
    if (sent.delivered && !this.#repeats) return { what: "its message", expected: "one that was not handled yet", seen: `${mid} again` };
    const newest = this.#newest.get(link);
    return (this.#options.links?.order ?? "fifo") === "fifo" && newest !== undefined && isBefore(sent.place, newest) ? { what: "its message", expected: `one sent after ${newest.join("-")} on this link`, seen: `${mid}, which was overtaken` } : undefined;
  }

  /** What the handler did, against what was written down. */
  #differs(id: ActorId, line: TraceLine, result: HandlerResult): Problem | undefined {
    const sends = result.effects.filter((effect): effect is Extract<Effect, { effect: "send" }> => effect.effect === "send").map(({ to, message }) => ({ to, message }));
    const replies = result.effects.filter((effect): effect is Extract<Effect, { effect: "reply" }> => effect.effect === "reply").map(({ operation, value }) => ({ operation, value }));
    const saved = result.effects.findLast((effect): effect is Extract<Effect, { effect: "save" }> => effect.effect === "save");
    const { epoch, mids } = this.#lives[id]!;
    const names = line.out.map((_, n) => midOf({ from: id, epoch, n: mids + n }));
    return (
      listProblem("message", sends, line.out.map(({ to, message }) => ({ to, message }))) ??
      listProblem("message's name", names, line.out.map(({ mid }) => mid)) ??
      listProblem("answer", replies, line.replies) ??
      valueProblem("the durable write", saved?.durable, line.save) ??
      (stateHash(result.state) === line.stateHash ? undefined : { what: "the state", expected: `${canonicalJson(result.state)} (${stateHash(result.state)})`, seen: line.stateHash })
    );
  }

  #clockBefore(line: TraceLine, room: Room, self: ActorContext): readonly number[] {
    const heard = line.event === "deliver" ? this.#sent.get(line.in.mid)!.clock : [];
    return Array.from({ length: self.servers }, (_, i) => Math.max(room.clock[i] ?? 0, heard[i] ?? 0) + (i === self.id ? 1 : 0));
  }

  /** The event is explained: what it put out can be handled from now on. */
  #take(id: ActorId, line: TraceLine, room: Room): void {
    const life = this.#lives[id]!;
    life.events++;
    room.clock = line.clock;
    if (line.event === "call") room.operations.add(line.in.operation);
    if (line.event === "deliver") {
      const sent = this.#sent.get(line.in.mid)!;
      sent.delivered = true;
      this.#newest.set(sent.link, sent.place);
      this.counts.delivered++;
    }
    if (line.save !== undefined) room.saves.push({ durable: line.save, later: [] });
    for (const { mid, to, message } of line.out) {
      this.#sent.set(mid, { link: linkOf(line.round, id, to), message, clock: line.clock, place: [life.epoch, life.mids++], delivered: false });
      room.saves.at(-1)!.later.push(mid);
      this.counts.sent++;
    }
  }

  /** The nodes as they are between two replayed events: a state that this run can have been in (a consistent cut). */
  #brokenProperty(system: System, id: ActorId, line: TraceLine): { readonly property: string; readonly at: EventName } | undefined {
    const always = system.properties.filter(({ kind }) => kind === "always");
    if (always.length === 0) return undefined;
    const states = Array.from({ length: system.servers }, (_, server) => {
      const { node } = this.#room(server, line.round);
      return node.up ? node.state : null;
    });
    const broken = always.find((property) => !property.test(states));
    return broken === undefined ? undefined : { property: broken.name, at: this.#name(id, line) };
  }

  #room(id: ActorId, round: number): Room {
    const key = `${id} ${round}`;
    let room = this.#rooms.get(key);
    if (room === undefined) this.#rooms.set(key, (room = { node: unborn, epoch: -1, clock: [], operations: new Set(), saves: [] }));
    return room;
  }
}

/** A life's events are numbered without a gap, and a later life has a greater number. */
function numbering(id: ActorId, line: TraceLine, life: { readonly epoch: number; readonly events: number }): Problem | undefined {
  if (line.node !== id) return { what: "its node", expected: `n${id + 1}`, seen: `n${line.node + 1}` };
  const expected = line.epoch === life.epoch ? life.events : 0;
  return line.seq === expected ? undefined : { what: "its number", expected: String(expected), seen: String(line.seq) };
}

function inputOf(line: TraceLine): ActorInput {
  switch (line.event) {
    case "start":
      return { input: "start" };
    case "deliver":
      return { input: "message", from: line.in.from, message: line.in.message };
    case "call":
      return { input: "client", operation: line.in.operation, call: line.in.call };
    case "timer":
      return { input: "timer", timer: line.in.timer };
    case "choice":
      return { input: "choice", key: line.in.key, option: line.in.option };
  }
}

function listProblem(what: string, expected: readonly Json[], seen: readonly Json[]): Problem | undefined {
  const longer = Math.max(expected.length, seen.length);
  for (let at = 0; at < longer; at++) {
    const problem = valueProblem(`${what} ${at + 1} of ${longer}`, expected[at], seen[at]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function valueProblem(what: string, expected: Json | undefined, seen: Json | undefined): Problem | undefined {
  if (expected === undefined ? seen === undefined : seen !== undefined && equalJson(expected, seen)) return undefined;
  return { what, expected: expected === undefined ? "absent" : canonicalJson(expected), seen: seen === undefined ? "absent" : canonicalJson(seen) };
}

function clockProblem(line: TraceLine, expected: readonly number[]): Problem | undefined {
  return valueProblem("the clock", expected, line.clock);
}

function linkOf(round: number, from: ActorId, to: ActorId): string {
  return `${round}: ${from}-${to}`;
}

function isBefore(a: Sent["place"], b: Sent["place"]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
