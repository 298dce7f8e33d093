/**
 * Jute, ZooKeeper's way of writing records: big-endian numbers, and texts and buffers with their length before them.
 * A message is a record with its length before it. Source: `zookeeper.jute` of ZooKeeper 3.8.
 */
export class JuteWriter {
  readonly #parts: Buffer[] = [];

  int(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    this.#parts.push(bytes);
    return this;
  }
  long(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    this.#parts.push(bytes);
    return this;
  }
  flag(value: 0 | 1): this {
    this.#parts.push(Buffer.from([value]));
    return this;
  }
  buffer(value: Buffer): this {
    this.int(value.length);
    this.#parts.push(value);
    return this;
  }
  text(value: string): this {
    return this.buffer(Buffer.from(value));
  }
  /** With its length before it. */
  message(): Buffer {
    const body = this.#joined();
    return new JuteWriter().buffer(body).#joined();
  }
  #joined(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Reads a message's fields in their order; a field beyond its end throws. */
export class JuteReader {
  readonly #message: Buffer;
  #offset = 4;

  /** `message`: with its length before it. */
  constructor(message: Buffer) {
    this.#message = message;
  }

  int(): number {
    return this.#message.readInt32BE(this.#advance(4));
  }
  long(): bigint {
    return this.#message.readBigInt64BE(this.#advance(8));
  }
  buffer(): Buffer {
    const length = Math.max(0, this.int());
    const from = this.#advance(length);
    return this.#message.subarray(from, from + length);
  }
  skip(bytes: number): void {
    this.#advance(bytes);
  }

  #advance(bytes: number): number {
    const from = this.#offset;
    this.#offset += bytes;
    if (this.#offset > this.#message.length) throw new Error(`a message of ${this.#message.length} bytes ends before its field at ${from}`);
    return from;
  }
}

/** Bytes of the first message in `received`, its length's own four included. */
export function juteMessageSize(received: Buffer): number | undefined {
  return received.length < 4 ? undefined : 4 + received.readInt32BE(0);
}
