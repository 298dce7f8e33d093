import type { Socket } from "node:net";
import type { Random } from "../../../harness/random.ts";
import { monotonicMs } from "../../../harness/time.ts";
import type { Token } from "./behaviour.ts";
import type { StreamCounters } from "./counters.ts";
import { EMPTY, type Sink, Stage, type StageOwner } from "./stage.ts";
import type { Stream, Toxic } from "./toxic.ts";

export interface LinkOptions {
  readonly stream: Stream;
  readonly source: Socket;
  readonly destination: Socket;
  readonly counters: StreamCounters;
  /** This link's own stream; each toxic forks its own by name. */
  readonly random: Random;
  readonly toxics: readonly Toxic[];
  /** The last byte is out: `eof` the source ended, `sever` a toxic ended the connection. */
  readonly onEnd: (end: "eof" | "sever") => void;
  readonly onReset: () => void;
}

/**
 * One direction of one connection: socket → stages in order of insertion → socket.
 *
 *     source ──accept──► stage ──► stage ──► destination
 *        ▲                 └── pause ◄── no room ◄──┘
 *
 * `pump` moves tokens from the last stage to the first until nothing moves, so a token goes as far as it can in one
 * turn of the event loop, and room that appears at the end is used at once. The source is paused whenever the first
 * stage (or the socket) has no room: the kernel's window then holds the sender back. Without toxics a chunk is
 * written where it arrives.
 */
export class Link implements StageOwner {
  readonly counters: StreamCounters;
  readonly #options: LinkOptions;
  readonly #stages: Stage[] = [];
  readonly #output: Sink;
  #waitsForDrain = false;
  #pumping = false;
  #again = false;
  #inputEnd: "no" | "eof" | "sever" = "no";
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.counters = options.counters;
    const { destination } = options;
    this.#output = {
      hasRoom: () => this.#closed || !this.#waitsForDrain,
      put: (token) => (token.end === "no" ? this.#write(token.data) : options.onEnd(token.end)),
    };
    destination.on("drain", () => {
      this.#waitsForDrain = false;
      this.wake();
    });
    for (const toxic of options.toxics) this.#stages.push(this.#stage(toxic));
  }

  /** Bytes came in from the source. */
  accept(data: Buffer): void {
    this.counters.receivedBytes += data.length;
    this.counters.receivedChunks++;
    if (this.#stages.length === 0) {
      this.#write(data);
      if (this.#waitsForDrain) this.#options.source.pause();
      return;
    }
    this.#stages[0]!.put({ end: "no", data, arrivedMs: monotonicMs() });
    this.wake();
  }

  /** The source ended (`eof`) or is gone altogether (`sever`, which may follow an eof). */
  endInput(end: "eof" | "sever"): void {
    if (this.#closed || this.#inputEnd === "sever" || this.#inputEnd === end) return;
    this.#inputEnd = end;
    const token: Token = { end, data: EMPTY, arrivedMs: monotonicMs() };
    (this.#stages[0] ?? this.#output).put(token);
    this.wake();
  }

  addToxic(toxic: Toxic): void {
    this.#stages.push(this.#stage(toxic));
    this.wake();
  }

  updateToxic(toxic: Toxic): void {
    this.#stages.find((stage) => stage.toxic === toxic)?.interruptToUpdate();
    this.wake();
  }

  removeToxic(toxic: Toxic): void {
    this.#stages.find((stage) => stage.toxic === toxic)?.interruptToRemove();
    this.wake();
  }

  wake(): void {
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = true;
    do {
      this.#again = false;
      this.#pump();
    } while (this.#again && !this.#closed);
    this.#pumping = false;
  }

  reset(): void {
    this.#options.onReset();
  }

  /** Bytes inside the stages now. */
  heldBytes(): number {
    return this.#stages.reduce((sum, stage) => sum + stage.heldBytes(), 0);
  }

  /** The connection is over: timers end, what is inside is lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stage of this.#stages.splice(0)) stage.dispose();
  }

  #pump(): void {
    for (let moved = true; moved && !this.#closed; ) {
      moved = false;
      for (let i = this.#stages.length - 1; i >= 0 && !this.#closed; i--) {
        const stage = this.#stages[i]!;
        if (stage.run(this.#stages[i + 1] ?? this.#output)) moved = true;
        if (stage.finished()) {
          stage.dispose();
          this.#stages.splice(i, 1);
          moved = true;
        }
      }
    }
    if (this.#closed) return;
    const { source } = this.#options;
    const room = (this.#stages[0] ?? this.#output).hasRoom();
    if (room === source.isPaused()) {
      if (room) source.resume();
      else source.pause();
    }
  }

  #write(data: Buffer): void {
    const { destination } = this.#options;
    if (this.#closed || destination.destroyed || destination.writableEnded) {
      this.counters.droppedBytes += data.length;
      this.counters.droppedChunks++;
      return;
    }
    this.counters.passedBytes += data.length;
    this.counters.passedChunks++;
    if (!destination.write(data)) this.#waitsForDrain = true;
  }

  #stage(toxic: Toxic): Stage {
    return new Stage(toxic, this, this.#options.random.fork(toxic.name));
  }
}
