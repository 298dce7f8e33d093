import { decode, decodeMulti, encode } from "@msgpack/msgpack";
import type { Json } from "../../../harness/json.ts";

/**
 * Tarantool's binary protocol, as far as a call of a stored function needs it: a greeting of 128 bytes by the server,
 * then messages of a length, a header and a body, all MessagePack.
 *
 *     request   length  {0: type, 1: number}   {34: function, 33: arguments}
 *     reply     length  {0: code, 1: number …} {48: results} or {49: message}
 */
export const greetingBytes = 128;

const key = { code: 0x00, number: 0x01, arguments: 0x21, function: 0x22, data: 0x30, error: 0x31 } as const;
const callType = 0x0a;
/** Codes of errors have this bit. */
const errorBit = 0x8000;

/** The whole message that calls a function, its length included. */
export function callMessage(number: number, name: string, args: readonly Json[]): Buffer {
  const message = Buffer.concat([pair([key.code, callType], [key.number, number]), pair([key.function, name], [key.arguments, args])]);
  return Buffer.concat([encode(message.length), message]);
}

/** A map of two entries whose keys are numbers below 128, which the library writes as texts. */
function pair(...entries: readonly [Entry, Entry]): Buffer {
  return Buffer.concat([Buffer.of(0x82), ...entries.flatMap(([field, value]) => [Buffer.of(field), encode(value)])]);
}
type Entry = readonly [field: number, value: Json];

export interface Reply {
  /** The number of the call that it answers. */
  readonly number: number;
  /** Undefined when it is no error. */
  readonly errorCode: number | undefined;
  /** What an error says. */
  readonly errorMessage: string;
  /** The function's first result; null where it has none. */
  readonly result: Json;
}

/** Out of a whole message, its length included; a reply without results has no body. */
export function readReply(message: Buffer): Reply {
  const [header = {}, body = {}] = [...decodeMulti(message.subarray(lengthBytes))] as { readonly [field: number]: unknown }[];
  const code = Number(header[key.code]);
  const results = body[key.data];
  return {
    number: Number(header[key.number]),
    errorCode: (code & errorBit) === 0 ? undefined : code & ~errorBit,
    errorMessage: String(body[key.error]),
    result: Array.isArray(results) ? ((results[0] ?? null) as Json) : null,
  };
}

/** A server writes every length as a 32-bit number, with a byte of type before it. */
const lengthBytes = 5;

/** Bytes of the first message in what has come, its length's own included; undefined while too little has come to know. */
export function messageSize(received: Buffer): number | undefined {
  return received.length < lengthBytes ? undefined : lengthBytes + Number(decode(received.subarray(0, lengthBytes)));
}
