import { mkdirSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { ActorContext, ActorId } from "../../harness/actor.ts";
import { assert } from "../../harness/assert.ts";
import { describeError } from "../../harness/errors.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { monotonicMs, readClocks, soon } from "../../harness/time.ts";
import { findSystem } from "../systems/registry.ts";
import { ActorHost } from "./actor-host.ts";
import { durableFileName, DurableStore } from "./durable-store.ts";
import { FifoDelay } from "./fifo-delay.ts";
import { Gate } from "./gate.ts";
import { LineFile } from "./line-file.ts";
import { configVariable, exitBug, exitNoPort, type NodeConfig, type NodeLine, type PeersLine } from "./node-config.ts";
import { NodeServer } from "./node-server.ts";
import { PeerLink } from "./peer-link.ts";
import { type DiaryEnd, midOf, type TraceLine } from "./trace.ts";
import { type Act, type Answer, type Departure, type PeerFrame, peerFrameOf, type Request, type RoundCounts } from "./wire.ts";

/**
 * The process of one node: makes the system by name and settings, listens, waits for its peers' addresses, and runs
 * its actor until told to stop. It ends when its standard input ends, so no node outlives the harness, whatever
 * killed that; on SIGTERM; and with code 70 when a handler throws, with the event's error as its last words.
 *
 * Besides the deployed actor (round 0) it can run fresh actors of the same kind for the rounds of a comparison; each
 * has its own store, timers and delays, and frames carry the number of their round.
 */
const config = JSON.parse(process.env[configVariable] ?? "null") as NodeConfig;
assert(config !== null, `${configVariable} holds this node's configuration`);
for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, (error: unknown) => die(exitBug, error));
process.on("SIGTERM", () => process.exit(0));

/** Lives before this one. */
const epoch = config.epoch === "counted" ? countLives(config.dataFolder) : config.epoch;
const system = findSystem(config.system).make(config.settings);
const ids = Array.from({ length: system.servers }, (_, id) => id);
const self: ActorContext = { id: config.id, servers: system.servers, peers: ids.filter((id) => id !== config.id) };
const actor = system.actor(config.id);
const random = new Random(seed(config.seed)).fork(`n${config.id + 1}/${epoch}`);
const trace = config.traceFile === null ? undefined : openTrace(config.traceFile);
const links = new Map<ActorId, PeerLink>();
const rooms = new Map<number, Room>();
/** Of a node that acts by command: what waits at its door, and what has left it. */
const gate = config.pace === "command" ? new Gate() : undefined;
const left: Departure[] = [];
/** Messages put out in this life, over all rooms: the last part of a mid. */
let sends = 0;

const noCounts: RoundCounts = { sent: 0, handled: 0, timersFired: 0 };

/** One actor with what belongs to it alone. */
interface Room {
  readonly host: ActorHost;
  readonly store: DurableStore;
  /** In a round: what holds the frames of each sender. */
  readonly delays: Map<string, FifoDelay> | undefined;
  readonly random: Random;
  readonly delayMsMax: number;
}

function openRoom(round: number, options: { readonly random: Random; readonly delayMsMax: number }): Room {
  // Nobody crashes in a round, so its saves need not wait for the disk.
  const store = round === 0 ? new DurableStore(join(config.dataFolder, durableFileName)) : new DurableStore(join(config.dataFolder, `round-${round}.jsonl`), "kernel");
  const host = new ActorHost({
    actor,
    self,
    epoch,
    round,
    store,
    random: options.random,
    pace: round === 0 ? config.pace : "clock",
    trace,
    ...(round === 0 && trace?.lastClock !== undefined ? { clock: trace.lastClock } : {}),
    nextMid: () => midOf({ from: config.id, epoch, n: sends++ }),
    send,
    reply: (operation, text) => {
      if (gate !== undefined) left.push({ operation });
      server.answer({ operation, round }, text);
    },
    refuse: (operation, refused) => server.answer({ operation, round }, JSON.stringify({ operation, round, refused } satisfies Answer)),
    log,
  });
  const room: Room = { host, store, random: options.random, delayMsMax: options.delayMsMax, delays: options.delayMsMax > 0 ? new Map() : undefined };
  rooms.set(round, room);
  return room;
}

function send(to: ActorId, text: string): void {
  const link = links.get(to);
  const frame = link === undefined || gate !== undefined ? peerFrameOf(JSON.parse(text) as Json) : undefined;
  if (gate !== undefined) left.push({ to, mid: frame!.mid });
  if (link !== undefined) return link.push(text);
  assert(to === config.id && frame !== undefined, `actor ${config.id} sends to ${to}, which is itself or one of its peers (${self.peers.join(", ")})`);
  // To itself: over no wire, in a turn of its own; as JSON all the same.
  soon(() => onPeer(to, frame));
}

/** Runs `action` at once, or after the delay that this round has for `sender`. */
function arrive(room: Room, sender: string, action: () => void): void {
  if (room.delays === undefined) return action();
  let delay = room.delays.get(sender);
  if (delay === undefined) {
    delay = new FifoDelay({ random: room.random.fork(`link ${sender}`), delayMsMax: room.delayMsMax });
    room.delays.set(sender, delay);
  }
  delay.push(action);
}

function endRoom(round: number): RoundCounts {
  const room = rooms.get(round);
  if (room === undefined) return noCounts;
  assert(round !== 0, "the deployed actor ends with its process");
  rooms.delete(round);
  room.host.end();
  for (const delay of room.delays?.values() ?? []) delay.end();
  room.store.remove();
  return room.host.counts;
}

function onControl(request: Exclude<Request, { ask: "call" }>): Answer {
  switch (request.ask) {
    case "health": {
      const byPeer = <T>(of: (link: PeerLink) => T): { readonly [peer: string]: T } => Object.fromEntries([...links].map(([id, link]) => [String(id), of(link)]));
      const lost = [...links.values()].reduce((sum, link) => sum + link.lost, 0);
      const ready = rooms.get(0)?.host.running === true;
      const { realtime, monotonic } = readClocks();
      const clocks = { realtime: String(realtime), monotonic: String(monotonic) };
      return { id: request.id, health: { node: config.id, epoch, ready, links: byPeer((link) => link.up), dialled: byPeer((link) => link.dialled), lost, clocks } };
    }
    case "open": {
      const room = openRoom(request.round, { random: new Random(seed(request.seed)).fork(`n${config.id + 1}`), delayMsMax: request.delayMsMax });
      return { id: request.id, round: request.round, counts: room.host.counts };
    }
    case "begin": {
      const room = rooms.get(request.round);
      room?.host.start();
      return { id: request.id, round: request.round, counts: room?.host.counts ?? noCounts };
    }
    case "act":
      return { id: request.id, acted: { done: act(request.act), settled: rooms.get(0)!.host.settled, left, arrived: gate?.arrived ?? [] } };
    case "end":
      return { id: request.id, round: request.round, counts: endRoom(request.round) };
  }
}

function act(what: Act): boolean {
  assert(gate !== undefined, "only a node that acts by command is told what to do");
  const { host } = rooms.get(0)!;
  switch (what.act) {
    case "look":
      return true;
    case "release":
      return gate.release(what.name, what.use);
    case "fire":
      return host.fire(what.timer);
    case "choose":
      return host.choose(what.key, what.option);
  }
}

/** A frame of a round that is over finds no room: it is late, and gone. */
function onPeer(from: ActorId, frame: PeerFrame): void {
  const room = rooms.get(frame.round);
  if (room === undefined) return;
  const handle = (): void => room.host.message(from, frame);
  if (gate !== undefined) gate.hold(frame.mid, handle);
  else arrive(room, `p${from}`, handle);
}

const server = new NodeServer({
  welcome: () => ({ welcome: config.id, epoch }),
  onPeer,
  onCall: (operation, round, call) => {
    const room = rooms.get(round);
    if (room === undefined) return server.answer({ operation, round }, JSON.stringify({ operation, round, refused: `round ${round} is not open` } satisfies Answer));
    const handle = (): void => room.host.call(operation, call);
    if (gate !== undefined) gate.hold(operation, handle);
    else arrive(room, operation.slice(0, operation.indexOf(".")), handle);
  },
  onControl,
  log,
});

async function main(): Promise<void> {
  mkdirSync(config.dataFolder, { recursive: true });
  const room = openRoom(0, { random, delayMsMax: 0 });
  const port = await server.listen(config.port, config.listen).catch((error: unknown) => {
    if (config.peers === undefined) tell({ refused: String(error), port: config.port });
    return die(exitNoPort, error);
  });
  log(`${config.system} node n${config.id + 1} (life ${epoch}) listens on port ${port}`);
  if (config.peers !== undefined) return begin(room, config.peers);
  tell({ listening: port });
  const input = createInterface({ input: process.stdin });
  input.on("line", (line) => begin(room, (JSON.parse(line) as PeersLine).peers));
  input.on("close", () => {
    log("standard input ended: so does this node");
    process.exit(0);
  });
}

interface Trace {
  append(lines: string): void;
  nextSeq(): number;
  /** The vector clock with which the deployed actor's last life ended; undefined for the first. */
  readonly lastClock: readonly number[] | undefined;
}

/** Dials the peers, or redirects the links to them; the actor starts with the first telling. */
function begin(room: Room, peers: PeersLine["peers"]): void {
  for (const id of self.peers) {
    const address = peers[String(id)];
    assert(address !== undefined, `the peers' addresses name n${id + 1}`);
    const link = links.get(id);
    if (link !== undefined) link.redirect(address);
    else links.set(id, new PeerLink({ from: config.id, to: id, epoch, address, random: random.fork(`link ${id}`), log }));
  }
  if (!room.host.running) log("started");
  room.host.start();
}

/** How often a node with this data folder has started before; one more from now on. */
function countLives(folder: string): number {
  mkdirSync(folder, { recursive: true });
  const lives = new LineFile(join(folder, "lives"));
  const before = Number(lives.last() ?? 0);
  lives.append(`${before + 1}\n`);
  lives.close();
  return before;
}

function openTrace(path: string): Trace {
  mkdirSync(dirname(path), { recursive: true });
  const file = new LineFile(path);
  const last = file.last();
  const ended = last === undefined ? undefined : (JSON.parse(last) as TraceLine | DiaryEnd);
  let seq = 0;
  let full = ended !== undefined && "full" in ended;
  return {
    lastClock: ended === undefined || "full" in ended || ended.round !== 0 ? undefined : ended.clock,
    nextSeq: () => seq++,
    append(lines) {
      if (full) return;
      full = file.sizeBytes > config.traceBytesMax;
      if (full) log(`the diary ends here: it has ${file.sizeBytes} bytes (at most ${config.traceBytesMax})`);
      file.append(full ? `${JSON.stringify({ full } satisfies DiaryEnd)}\n` : lines);
    },
  };
}

function tell(line: NodeLine): void {
  writeSync(3, JSON.stringify(line) + "\n");
}

function log(line: string): void {
  writeSync(1, `${(monotonicMs() / 1000).toFixed(3)} ${line}\n`);
}

function die(code: number, error: unknown): never {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  writeSync(2, `${describeError(error)}\n${root instanceof Error ? (root.stack ?? "") : ""}\n`);
  process.exit(code);
}

await main();
