import type { Endpoint } from "../../../harness/cluster.ts";
import type { Json } from "../../../harness/json.ts";
import { type FramedConnection, openFramed } from "../framed/framed-connection.ts";
import type { StagedSession } from "../staged/client.ts";
import { callMessage, greetingBytes, messageSize, readReply } from "./iproto.ts";

/** One connection to one Tarantool, one call at a time. */
export interface TarantoolSession extends StagedSession {
  /** The function's first result; throws `TarantoolError`. */
  call(name: string, ...args: readonly Json[]): Promise<Json>;
}

/** What a server answered a call with, in place of a result. */
export class TarantoolError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(`${code} ${message}`);
    this.code = code;
  }
}

export async function openTarantool(endpoint: Endpoint, signal: AbortSignal): Promise<TarantoolSession> {
  const connection = await openGreeted(endpoint, signal);
  const end = (): void => connection.end();
  let calls = 0;
  return {
    isOpen: () => connection.isOpen(),
    end,
    call(name, ...args) {
      const number = ++calls;
      return connection.exchange(callMessage(number, name, args)).then((message) => {
        const reply = readReply(message);
        if (reply.number !== number) {
          end();
          throw new Error(`call ${number} was answered as ${reply.number}`);
        }
        if (reply.errorCode !== undefined) throw new TarantoolError(reply.errorCode, reply.errorMessage);
        return reply.result;
      });
    },
  };
}

/** A connection whose server has greeted: it takes calls from now on. */
export async function openGreeted(endpoint: Endpoint, signal: AbortSignal): Promise<FramedConnection> {
  let greeted = false;
  const connection = await openFramed(endpoint, { frameSize: (received) => (greeted ? messageSize(received) : greetingBytes), signal });
  const end = (): void => connection.end();
  signal.addEventListener("abort", end, { once: true });
  try {
    await connection.next();
    greeted = true;
    return connection;
  } finally {
    signal.removeEventListener("abort", end);
  }
}
