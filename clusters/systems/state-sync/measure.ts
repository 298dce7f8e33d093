import type { Actor } from "../../../harness/actor.ts";
import { actorContext } from "../../../harness/actor-model.ts";
import { type ActorInput, type ActorNode, type Effect, foldEffects, runHandler, unborn } from "../../../harness/actor-step.ts";
import { seed, type Seed } from "../../../harness/ids.ts";
import { canonicalJson, equalJson, type Json } from "../../../harness/json.ts";
import { addToField } from "../../../harness/objects/published-document.ts";
import { Random } from "../../../harness/random.ts";
import { EventQueue } from "../../simulated/event-queue.ts";
import { plainActor } from "../bounds.ts";
import type { Name } from "./letters.ts";
import { type Strategy, stateSyncActor, type StateSyncState } from "./state-sync.ts";

/**
 * What a strategy of state synchronisation costs and how stale its copies are, in virtual time: the actors of the proof,
 * over links that lose, repeat and delay by a seed. The same seed gives every strategy the same changes at the same times,
 * the same outage, and each link its own stream of luck.
 */
export interface MeasureOptions {
  readonly seed: Seed | string;
  readonly copies: number;
  /** Fields of the document; each change adds to one of them. */
  readonly fields: number;
  readonly changes: number;
  /** Mean time between two changes, ms. */
  readonly everyMs: number;
  /** Share of messages that are lost, and that come twice. */
  readonly losses: number;
  readonly duplicates: number;
  /** Mean one-way delay, ms; exponential, so messages overtake. */
  readonly delayMs: number;
  readonly syncMs: number;
  readonly logMax: number;
  /** The first copy hears and says nothing from here to there, ms; [0, 0] for never. */
  readonly outageMs: readonly [number, number];
}

export interface Measured {
  readonly messages: number;
  /** Of canonical JSON. */
  readonly bytes: number;
  /** How old the oldest change is that a copy lacks, over time and copies, ms; 0 while it is current. */
  readonly staleMs: { readonly mean: number; readonly p99: number; readonly max: number };
  /** Share of time in which a copy is current. */
  readonly current: number;
  /** All copies show the author's document in the end. */
  readonly converged: boolean;
}

const msNs = 1e6;
/** Between two looks at the copies, ms. */
const lookMs = 5;
/** After the last change, for the copies to catch up, ms. */
const settleMs = 5_000;

type Event =
  | { readonly event: "deliver"; readonly from: number; readonly to: number; readonly message: Json }
  | { readonly event: "timer"; readonly at: number; readonly timer: Json }
  | { readonly event: "change"; readonly n: number }
  | { readonly event: "look" };

export function measureStrategy(strategy: Strategy, options: MeasureOptions): Measured {
  const actor: Actor = plainActor(stateSyncActor({ ...strategy, kind: "state-sync", syncMs: [options.syncMs, options.syncMs], logMax: options.logMax }));
  const servers = options.copies + 1;
  const random = new Random(seed(options.seed));
  const queue = new EventQueue<Event>();
  const nodes: ActorNode[] = Array.from({ length: servers }, () => unborn);
  const luck = new Map<string, Random>();
  /** When each of the author's states was made, and which it is, by name. */
  const madeMs: number[] = [];
  const position = new Map<Name, number>();
  const stale: number[] = [];
  let messages = 0;
  let bytes = 0;
  let changesEndMs = 0;

  const changeAt = random.fork("changes");
  for (let n = 0, atMs = 0; n < options.changes; n++) {
    atMs += changeAt.exponential(options.everyMs);
    queue.push(atMs * msNs, { event: "change", n });
    changesEndMs = atMs;
  }
  for (let atMs = 0; atMs < changesEndMs; atMs += lookMs) queue.push(atMs * msNs, { event: "look" });
  for (let id = 0; id < servers; id++) step(id, { input: "start" }, 0);
  note(0);

  for (let next = queue.pop(); next !== undefined && next.atNs <= (changesEndMs + settleMs) * msNs; next = queue.pop()) handle(next.value, next.atNs / msNs);
  const shown = nodes.map((node) => stateOf(node).document);
  stale.sort((a, b) => a - b);
  return {
    messages,
    bytes,
    staleMs: { mean: stale.reduce((sum, ms) => sum + ms, 0) / stale.length, p99: stale[Math.floor(stale.length * 0.99)] ?? 0, max: stale.at(-1) ?? 0 },
    current: stale.filter((ms) => ms === 0).length / stale.length,
    converged: shown.every((document) => equalJson(document, shown[0]!)),
  };

  function handle(event: Event, nowMs: number): void {
    switch (event.event) {
      case "deliver":
        return void (isOut(event.to, nowMs) || step(event.to, { input: "message", from: event.from, message: event.message }, nowMs));
      case "timer":
        return step(event.at, { input: "timer", timer: event.timer }, nowMs);
      case "change": {
        const field = `field ${random.fork(`field ${event.n}`).int(options.fields)}`;
        step(0, { input: "client", operation: `c0.${event.n}`, call: addToField(field, 1) }, nowMs);
        return note(nowMs);
      }
      case "look":
        for (let copy = 1; copy < servers; copy++) {
          const firstMissing = madeMs[position.get(stateOf(nodes[copy]!).name)! + 1];
          stale.push(firstMissing === undefined ? 0 : nowMs - firstMissing);
        }
    }
  }

  function note(nowMs: number): void {
    position.set(stateOf(nodes[0]!).name, madeMs.push(nowMs) - 1);
  }

  function step(id: number, input: ActorInput, nowMs: number): void {
    const self = actorContext(id, servers);
    const result = runHandler(actor, self, nodes[id]!, input);
    const before = nodes[id]!;
    nodes[id] = foldEffects(before, input, result);
    for (const effect of result.effects) act(id, effect, { nowMs, before, input });
  }

  function act(id: number, effect: Effect, about: { readonly nowMs: number; readonly before: ActorNode; readonly input: ActorInput }): void {
    if (effect.effect === "send") post(id, effect.to, effect.message, about.nowMs);
    // A timer that was set already goes on as it was.
    const running = about.input.input !== "timer" && about.before.timers.length > 0;
    if (effect.effect === "setTimer" && !running) queue.push((about.nowMs + effect.afterMs[0]) * msNs, { event: "timer", at: id, timer: effect.timer });
  }

  function post(from: number, to: number, message: Json, nowMs: number): void {
    messages++;
    bytes += canonicalJson(message).length;
    if (isOut(from, nowMs)) return;
    const link = `${from} ${to}`;
    let draws = luck.get(link);
    if (draws === undefined) luck.set(link, (draws = random.fork(link)));
    const times = draws.chance(options.losses) ? 0 : draws.chance(options.duplicates) ? 2 : 1;
    for (let time = 0; time < times; time++) queue.push((nowMs + draws.exponential(options.delayMs)) * msNs, { event: "deliver", from, to, message });
  }

  function isOut(id: number, nowMs: number): boolean {
    return id === 1 && nowMs >= options.outageMs[0] && nowMs < options.outageMs[1];
  }
}

function stateOf(node: ActorNode): StateSyncState {
  // A server's state is what its actor made.
  return node.state as unknown as StateSyncState;
}
