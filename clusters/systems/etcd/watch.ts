import { unreachable } from "../../../harness/assert.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { WatchRequest, WatchResponse } from "../../../harness/objects/watch.ts";
import { after, every } from "../../../harness/time.ts";
import { askProgressMessage, createMessage, readMessage, toAll } from "./watch-messages.ts";

/**
 * One watch over the gateway, as a WebSocket: it is a conversation (the client may ask how far it has been told), and an
 * HTTP/1 server hears nothing more of a request once it has begun to answer.
 *
 *     client   create ── progress? ── … ── progress? ── …
 *     etcd        created ── events ── progress ── events ── …
 *
 * It listens for as long as the request says, or until the store, the connection or the deadline ends it; what had been told
 * by then was told.
 */
export interface Heard {
  readonly responses: readonly WatchResponse[];
  /** The same for each of its companions, if it has any. */
  readonly companions?: readonly (readonly WatchResponse[])[];
  /** The store refused: the history before this revision is forgotten. */
  readonly compacted?: number;
  /** How the watch ended, if not by our own clock. */
  readonly ended?: string;
}

/** Default time to listen, ms. */
const listenMs = 1_000;

export function listen(endpoint: Endpoint, wanted: WatchRequest, signal: AbortSignal): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const told = Array.from({ length: 1 + (wanted.companions ?? 0) }, (): WatchResponse[] => []);
    const over = new Set<number>();
    let compacted: number | undefined;
    let created = false;
    const socket = new WebSocket(`ws://${endpoint.host}:${endpoint.port}/v3/watch`);
    const clock = after(wanted.forMs ?? listenMs, () => end(undefined));
    const asking = wanted.askProgressMs === undefined ? undefined : every(wanted.askProgressMs, ask);
    const abort = (): void => end("deadline");
    signal.addEventListener("abort", abort, { once: true });

    function ask(): void {
      if (socket.readyState === WebSocket.OPEN) socket.send(askProgressMessage);
    }

    function end(why: string | undefined): void {
      clock.cancel();
      asking?.cancel();
      signal.removeEventListener("abort", abort);
      socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
      // A watch that was never confirmed told nothing, and was not there to be told anything.
      if (!created && compacted === undefined) reject(new Error(why ?? "the watch was not confirmed in time"));
      else resolve({ responses: told[0]!, ...(told.length === 1 ? {} : { companions: told.slice(1) }), ...(compacted === undefined ? {} : { compacted }), ...(why === undefined ? {} : { ended: why }) });
    }

    function hear(text: string): void {
      const message = readMessage(text);
      switch (message.kind) {
        case "created":
          created = true;
          return;
        case "told":
          for (const responses of message.watch === toAll ? told : told.slice(message.watch, message.watch + 1)) responses.push(message.response);
          return;
        case "over":
          compacted ??= message.compacted;
          over.add(message.watch);
          if (message.watch === toAll || over.size === told.length) end(message.why);
          return;
        default:
          unreachable(message);
      }
    }

    socket.onopen = () => {
      for (const _ of told) socket.send(createMessage(wanted));
      if (asking !== undefined) ask();
    };
    socket.onmessage = ({ data }) => {
      try {
        hear(String(data));
      } catch (error) {
        end(`not understood: ${String(error)}`);
      }
    };
    socket.onerror = (event) => end(`the connection failed ${"message" in event ? String(event.message) : ""}`.trimEnd());
    socket.onclose = () => end("the connection was closed");
  });
}
