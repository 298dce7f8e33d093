import type { Socket } from "node:net";
import type { ActorId, OperationId } from "../../harness/actor.ts";
import { isObject, type Json } from "../../harness/json.ts";
import type { PeerLink } from "./peer-link.ts";

/**
 * What travels between nodes, clients and the cluster's own hand: frames of a 4-byte big-endian length and that many
 * bytes of JSON. The first frame of a connection is a hello that says who speaks.
 *
 *     node 0 ──dials the proxy of link n1→n2──▶ node 1      one TCP connection per directed link
 *       hello {peer 0, epoch, attempt}  ──▶
 *                                       ◀──  welcome {1, epoch}      the link is alive; no frame waits for it
 *       {mid, round, clock, message}    ──▶
 *
 *     client c3 ──dials the proxy of link c3→n2──▶ node 1
 *       hello {client "c3"}                     ──▶
 *                                               ◀──  welcome {1, epoch}      a client waits for it: behind a proxy there may be nobody
 *       {operation, call}                       ──▶
 *                                               ◀──  {operation, round, value} or {operation, round, refused}
 *
 * A frame that cannot be read ends its connection, never the node: bytes that a cut swallowed leave a stream that
 * makes no sense any more.
 */
export const frameBytesMax: number = 16 * 1024 * 1024;

export type Hello =
  /** `attempt` counts the connections of this link in this epoch; an older one than the newest seen is refused, so frames never overtake. */
  | { readonly hello: "peer"; readonly from: ActorId; readonly epoch: number; readonly attempt: number }
  | { readonly hello: "client"; readonly name: string };

/** A message of the actors. `mid` = `from-epoch-n`; `round` 0 is the deployed system itself, others are rounds of a comparison. */
export interface PeerFrame {
  readonly mid: string;
  readonly round: number;
  readonly clock: readonly number[];
  readonly message: Json;
}

/** What one who said `client` may ask. */
export type Request =
  | { readonly ask: "call"; readonly operation: OperationId; readonly round: number; readonly call: { readonly f: string; readonly value: Json } }
  /** Answered without touching the actor. */
  | { readonly ask: "health"; readonly id: number }
  /** Makes a fresh actor for a round; it holds what arrives until it is told to start. */
  | { readonly ask: "open"; readonly id: number; readonly round: number; readonly seed: string; readonly delayMsMax: number }
  | { readonly ask: "begin"; readonly id: number; readonly round: number }
  /** Ends a round: its timers are gone, its store removed, its late frames thrown away. */
  | { readonly ask: "end"; readonly id: number; readonly round: number }
  /** At a node that acts by command: do this now. */
  | { readonly ask: "act"; readonly id: number; readonly act: Act };

/** What a node that acts by command can be told. */
export type Act =
  /** Nothing; only tell what has left. */
  | { readonly act: "look" }
  /** Handle the message of that mid, or the call of that operation; `again`: as if it had been repeated on the way. */
  | { readonly act: "release"; readonly name: string; readonly use: "once" | "again" }
  | { readonly act: "fire"; readonly timer: Json }
  | { readonly act: "choose"; readonly key: string; readonly option: number };

/** What a node that acts by command answers. */
export interface Acted {
  /** False: what was to be handled has not arrived, is not set, is not offered. */
  readonly done: boolean;
  /** Whatever it has handled is on disk. */
  readonly settled: boolean;
  /** All that has left the actor in this life, in order: messages by mid, answers by operation. */
  readonly left: readonly Departure[];
  /** All that has come to its door in this life, in order: messages by mid, calls by operation. */
  readonly arrived: readonly string[];
}
export type Departure = { readonly to: ActorId; readonly mid: string } | { readonly operation: OperationId };

export type Answer =
  | { readonly operation: OperationId; readonly round: number; readonly value: Json }
  | { readonly operation: OperationId; readonly round: number; readonly refused: string }
  | { readonly id: number; readonly health: Health }
  | { readonly id: number; readonly round: number; readonly counts: RoundCounts }
  | { readonly id: number; readonly acted: Acted };

/** A call by its name: each round counts its clients' operations from 0, as the model does. */
export function callKey(call: { readonly operation: OperationId; readonly round: number }): string {
  return `${call.round} ${call.operation}`;
}

export interface Health {
  readonly node: ActorId;
  readonly epoch: number;
  /** The actor has started. */
  readonly ready: boolean;
  /** By peer: has the peer welcomed this node's connection? */
  readonly links: { readonly [peer: string]: boolean };
  /** By peer: how many connections this node has made on its link to it, and whether the last one stands. */
  readonly dialled: { readonly [peer: string]: PeerLink["dialled"] };
  /** Frames that never left: the queue of a dead link, or the buffer of a stuck one, was full. */
  readonly lost: number;
  /** What its own clocks say, ns as text. */
  readonly clocks: { readonly realtime: string; readonly monotonic: string };
}

/** What one node did in a round. */
export interface RoundCounts {
  readonly sent: number;
  readonly handled: number;
  readonly timersFired: number;
}

/** Collects the frames of one turn of the event loop and writes them in one piece. O(bytes). */
export class FrameWriter {
  readonly #socket: Socket;
  #texts: string[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** `text` is JSON. It leaves at the end of this turn, in order; lost if the socket has died by then. */
  push(text: string): void {
    if (this.#texts.push(text) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const texts = this.#texts;
    this.#texts = [];
    if (this.#socket.destroyed) return;
    const lengths = texts.map((text) => Buffer.byteLength(text));
    const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
    let at = 0;
    for (let i = 0; i < texts.length; i++) {
      at = bytes.writeUInt32BE(lengths[i]!, at);
      at += bytes.write(texts[i]!, at);
    }
    this.#socket.write(bytes);
  }
}

/** Cuts a byte stream into frames, whatever the pieces are in which it arrives. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes needed before looking again: a length, or a whole frame. */
  #wanted = 4;

  /** The frames that `chunk` completes. Throws on a length or a text that no sender of ours writes. */
  push(chunk: Buffer): Json[] {
    const frames: Json[] = [];
    this.#pieces.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return frames;
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces);
    let at = 0;
    this.#wanted = 4;
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at);
      if (length > frameBytesMax) throw new Error(`a frame of ${length} bytes is announced (at most ${frameBytesMax})`);
      if (bytes.length - at < 4 + length) {
        this.#wanted = 4 + length;
        break;
      }
      frames.push(JSON.parse(bytes.toString("utf8", at + 4, at + 4 + length)) as Json);
      at += 4 + length;
    }
    this.#size = bytes.length - at;
    this.#pieces = this.#size === 0 ? [] : [bytes.subarray(at)];
    return frames;
  }
}

/** A hello, or undefined when the frame is none. */
export function helloOf(frame: Json): Hello | undefined {
  if (!isObject(frame)) return undefined;
  const { hello, from, epoch, attempt, name } = frame;
  if (hello === "peer" && typeof from === "number" && typeof epoch === "number" && typeof attempt === "number") return { hello, from, epoch, attempt };
  if (hello === "client" && typeof name === "string") return { hello, name };
  return undefined;
}

/** A message frame of a peer, or undefined when the frame is none. */
export function peerFrameOf(frame: Json): PeerFrame | undefined {
  if (!isObject(frame)) return undefined;
  const { mid, round, clock, message } = frame;
  if (typeof mid !== "string" || typeof round !== "number" || !Array.isArray(clock) || message === undefined) return undefined;
  return { mid, round, clock: clock as readonly number[], message };
}

/** A client's request, or undefined when the frame is none. */
export function requestOf(frame: Json): Request | undefined {
  if (!isObject(frame)) return undefined;
  const { ask, id, operation, round, call, seed, delayMsMax, act } = frame;
  if (ask === "call" && typeof operation === "string" && typeof round === "number" && isObject(call)) {
    const { f, value } = call;
    return typeof f === "string" && value !== undefined ? { ask, operation, round, call: { f, value } } : undefined;
  }
  if (typeof id !== "number") return undefined;
  if (ask === "health") return { ask, id };
  // The harness's own hand wrote it: the form of an act is checked by its types.
  if (ask === "act" && isObject(act)) return { ask, id, act: act as unknown as Act };
  if (typeof round !== "number") return undefined;
  if (ask === "open" && typeof seed === "string" && typeof delayMsMax === "number") return { ask, id, round, seed, delayMsMax };
  if (ask === "begin" || ask === "end") return { ask, id, round };
  return undefined;
}
