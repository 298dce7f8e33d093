import { decode, decodeMulti, encode } from "@msgpack/msgpack";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { Json } from "../../../harness/json.ts";
import { openFramed } from "../framed/framed-connection.ts";
import type { StagedSession } from "../staged/client.ts";

/**
 * Tarantool's binary protocol, as far as a call of a stored function needs it: a greeting of 128 bytes by the server,
 * then messages of a length, a header and a body, all MessagePack.
 *
 *     request   length  {0: type, 1: number}   {34: function, 33: arguments}
 *     reply     length  {0: code, 1: number …} {48: results} or {49: message}
 */
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

const greetingBytes = 128;
const key = { code: 0x00, number: 0x01, arguments: 0x21, function: 0x22, data: 0x30, error: 0x31 } as const;
const callType = 0x0a;
/** Codes of errors have this bit. */
const errorBit = 0x8000;

export async function openTarantool(endpoint: Endpoint, signal: AbortSignal): Promise<TarantoolSession> {
  let greeted = false;
  const connection = await openFramed(endpoint, { frameSize: (received) => (greeted ? messageSize(received) : greetingBytes), signal });
  const end = (): void => connection.end();
  signal.addEventListener("abort", end, { once: true });
  try {
    await connection.next();
    greeted = true;
  } finally {
    signal.removeEventListener("abort", end);
  }
  let calls = 0;
  return {
    isOpen: () => connection.isOpen(),
    end,
    async call(name, ...args) {
      const number = ++calls;
      const [header, body] = parts(await connection.exchange(request(number, name, args)));
      if (header[key.number] !== number) {
        end();
        throw new Error(`call ${number} was answered as ${String(header[key.number])}`);
      }
      const code = Number(header[key.code]);
      if ((code & errorBit) !== 0) throw new TarantoolError(code & ~errorBit, String(body?.[key.error]));
      const results = body?.[key.data];
      return Array.isArray(results) ? ((results[0] ?? null) as Json) : null;
    },
  };
}

function request(number: number, name: string, args: readonly Json[]): Buffer {
  const message = Buffer.concat([pair([key.code, callType], [key.number, number]), pair([key.function, name], [key.arguments, args])]);
  return Buffer.concat([encode(message.length), message]);
}

/** A map of two entries whose keys are numbers below 128, which the library writes as texts. */
function pair(...entries: readonly [Entry, Entry]): Buffer {
  return Buffer.concat([Buffer.of(0x82), ...entries.flatMap(([field, value]) => [Buffer.of(field), encode(value)])]);
}
type Entry = readonly [field: number, value: Json];

type Fields = { readonly [field: number]: unknown };

/** Header and body; a reply without results has no body. */
function parts(message: Buffer): readonly [Fields, Fields | undefined] {
  const [header, body] = [...decodeMulti(message.subarray(lengthBytes))] as Fields[];
  return [header ?? {}, body];
}

/** A server writes every length as a 32-bit number, with a byte of type before it. */
const lengthBytes = 5;

function messageSize(received: Buffer): number | undefined {
  return received.length < lengthBytes ? undefined : lengthBytes + Number(decode(received.subarray(0, lengthBytes)));
}
