import { connect, type Socket } from "node:net";
import type { OperationId } from "../../harness/actor.ts";
import type { Endpoint } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { isObject, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import { type Act, type Acted, callKey, FrameReader, FrameWriter, type Health, type Hello, type Request, type RoundCounts } from "./wire.ts";

/**
 * The calling end of a connection to a node: requests out, answers back, any number in flight. It says exactly what it
 * knows of a request that got no answer: `unsent` when no byte of it was written, `lost` when it may have arrived.
 */
export type Reply =
  | { readonly reply: "value"; readonly value: Json }
  /** The node looked at it and did nothing. */
  | { readonly reply: "refused"; readonly reason: string }
  | { readonly reply: "unsent"; readonly reason: string }
  | { readonly reply: "lost"; readonly reason: string };

export class ClientLink {
  readonly #socket: Socket;
  readonly #writer: FrameWriter;
  readonly #calls = new Map<string, (reply: Reply) => void>();
  readonly #asks = new Map<number, { resolve: (answer: { readonly [key: string]: Json }) => void; reject: (error: Error) => void }>();
  #nextAsk = 0;
  #closedBecause: string | undefined;
  readonly #welcome: Promise<void>;
  #welcomed: () => void = () => undefined;
  #turnedAway: (error: Error) => void = () => undefined;

  /** Use `openClientLink`. */
  constructor(socket: Socket, name: string) {
    const reader = new FrameReader();
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    this.#welcome = new Promise((resolve, reject) => {
      this.#welcomed = resolve;
      this.#turnedAway = reject;
    });
    // Whoever waits hears of it; when nobody does, the next request says so.
    this.#welcome.catch(() => undefined);
    const hello: Hello = { hello: "client", name };
    this.#writer.push(JSON.stringify(hello));
    socket.on("data", (chunk: Buffer) => {
      let frames: Json[] = [];
      try {
        frames = reader.push(chunk);
      } catch (error) {
        this.#end(`the answer cannot be read: ${String(error)}`);
      }
      for (const frame of frames) this.#take(frame);
    });
    socket.on("end", () => this.#end("the node closed the connection"));
    socket.on("error", (error) => this.#end(error.message));
    socket.on("close", () => this.#end("the connection closed"));
  }

  /** False once nothing can be asked any more. */
  get open(): boolean {
    return this.#closedBecause === undefined;
  }

  /** Resolves when the node itself has answered the hello; rejects when the connection closes before. */
  welcomed(): Promise<void> {
    return this.#welcome;
  }

  /** Never rejects. An abort after the request was written is `lost`; a later answer to it is thrown away. */
  call(request: { readonly operation: OperationId; readonly round: number; readonly call: Call }, signal: AbortSignal): Promise<Reply> {
    if (this.#closedBecause !== undefined) return Promise.resolve({ reply: "unsent", reason: this.#closedBecause });
    if (signal.aborted) return Promise.resolve({ reply: "unsent", reason: "the deadline had passed before the request was written" });
    return new Promise((resolve) => {
      const settle = (reply: Reply): void => {
        signal.removeEventListener("abort", onAbort);
        this.#calls.delete(callKey(request));
        resolve(reply);
      };
      const onAbort = (): void => settle({ reply: "lost", reason: "no answer before the deadline" });
      signal.addEventListener("abort", onAbort, { once: true });
      this.#calls.set(callKey(request), settle);
      this.#writer.push(JSON.stringify({ ask: "call", ...request } satisfies Request));
    });
  }

  /** A real request that the node answers without touching its actor. Rejects when the connection closes or `signal` aborts. */
  async health(signal: AbortSignal): Promise<Health> {
    const answer = await this.#ask({ ask: "health" }, signal);
    // Our own node wrote it: the frame's form was checked by its sender's types.
    return answer["health"] as unknown as Health;
  }

  /** Makes, starts or ends a round's actor at the node; see `Request`. */
  async round(
    request: { readonly ask: "open"; readonly round: number; readonly seed: string; readonly delayMsMax: number } | { readonly ask: "begin" | "end"; readonly round: number },
    signal: AbortSignal,
  ): Promise<RoundCounts> {
    const answer = await this.#ask(request, signal);
    return answer["counts"] as unknown as RoundCounts;
  }

  /** Tells a node that acts by command what to do now. */
  async act(act: Act, signal: AbortSignal): Promise<Acted> {
    const answer = await this.#ask({ ask: "act", act: act as unknown as Json }, signal);
    return answer["acted"] as unknown as Acted;
  }

  close(): void {
    this.#end("closed by its owner");
  }

  #ask(request: { readonly ask: string; readonly [key: string]: Json }, signal: AbortSignal): Promise<{ readonly [key: string]: Json }> {
    if (this.#closedBecause !== undefined) return Promise.reject(new Error(this.#closedBecause));
    signal.throwIfAborted();
    const id = this.#nextAsk++;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#asks.delete(id);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#asks.set(id, {
        resolve: (answer) => {
          signal.removeEventListener("abort", onAbort);
          resolve(answer);
        },
        reject: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      });
      this.#writer.push(JSON.stringify({ ...request, id }));
    });
  }

  #take(frame: Json): void {
    if (!isObject(frame)) return;
    const { operation, round, id, refused, value, welcome } = frame;
    if (welcome !== undefined) this.#welcomed();
    else if (typeof operation === "string" && typeof round === "number") {
      const settle = this.#calls.get(callKey({ operation, round }));
      if (typeof refused === "string") settle?.({ reply: "refused", reason: refused });
      else if (value !== undefined) settle?.({ reply: "value", value });
    } else if (typeof id === "number") {
      this.#asks.get(id)?.resolve(frame);
      this.#asks.delete(id);
    }
  }

  #end(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#turnedAway(new Error(reason));
    this.#socket.destroy();
    for (const settle of [...this.#calls.values()]) settle({ reply: "lost", reason });
    for (const ask of this.#asks.values()) ask.reject(new Error(reason));
    this.#asks.clear();
  }
}

/**
 * Dials a node, or a client link's proxy, and waits until the node itself answers: a proxy takes connections for a
 * dead node too. Whatever goes wrong is `CLIENT_FAILED`: nothing was asked yet.
 */
export async function openClientLink(target: { readonly endpoint: Endpoint; readonly name: string; readonly signal: AbortSignal }): Promise<ClientLink> {
  const { endpoint, name, signal } = target;
  const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
  const link = new ClientLink(socket, name);
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([link.welcomed(), aborted]);
    return link;
  } catch (cause) {
    link.close();
    throw new HarnessError("CLIENT_FAILED", `${name} cannot reach the node behind ${endpoint.host}:${endpoint.port}`, {
      nextStep: "look into the node's log for whether it listens",
      cause,
    });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
