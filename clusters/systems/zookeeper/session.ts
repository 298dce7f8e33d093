import type { Endpoint } from "../../../harness/cluster.ts";
import { openFramed, type FramedConnection } from "../framed/framed-connection.ts";
import { JuteReader, juteMessageSize, JuteWriter } from "./jute.ts";

/**
 * A session with one ZooKeeper server, over one connection: it is not moved to another server, nor taken up again.
 * When the connection is lost so is the session, as far as this client goes; the server forgets it in its own time.
 *
 * A server cuts off the sessions of clients that it does not hear of. Ours last longer than any run, so no heartbeat
 * comes between a request and its reply; no ephemeral node and no watch hangs on them.
 */
export interface ZooKeeperSession {
  isOpen(): boolean;
  /** The node's value and version; undefined when there is no such node. As this server has it: others may be ahead. */
  get(path: string): Promise<Stored | undefined>;
  /** Throws `NoNode` (-101) and, unless `version` is -1, `BadVersion` (-103). */
  set(path: string, value: Buffer, version: number): Promise<void>;
  /** Throws `NodeExists` (-110). */
  create(path: string, value: Buffer): Promise<void>;
  /** Names of the nodes below; throws `NoNode` (-101). As this server has it. */
  children(path: string): Promise<string[]>;
  /** Resolves when this server has what the leader had committed when it was asked. */
  sync(path: string): Promise<void>;
  /** Ends the connection at once: what was asked and not answered fails. */
  end(): void;
}
export interface Stored {
  readonly value: Buffer;
  readonly version: number;
}

/** What a server said no to a request with. */
export class ZooKeeperError extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`ZooKeeper answered ${code}`);
    this.code = code;
  }
}

/** Any version of a node, in place of one. */
export const anyVersion = -1;
export const noNode = -101;

/** What a session asks for, ms; the server's own longest is set to it. */
export const sessionMs = 3_600_000;

const operations = { create: 1, getData: 4, setData: 5, getChildren: 8, sync: 9 } as const;
/** Everybody may do everything. */
const openToAll = { permissions: 31, scheme: "world", id: "anyone" } as const;
const persistent = 0;

/** Resolves when the server has opened the session. Only a server that is in touch with a quorum does: opening one is a write. */
export async function openSession(endpoint: Endpoint, signal: AbortSignal, options: { readonly sessionMs: number } = { sessionMs }): Promise<ZooKeeperSession> {
  const connection = await openFramed(endpoint, { frameSize: juteMessageSize, signal });
  const end = (): void => connection.end();
  signal.addEventListener("abort", end, { once: true });
  try {
    await greet(connection, options.sessionMs);
  } catch (error) {
    end();
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }
  return sessionOver(connection);
}

async function greet(connection: FramedConnection, sessionMs: number): Promise<void> {
  const wanted = new JuteWriter().int(0).long(0n).int(sessionMs).long(0n).buffer(Buffer.alloc(16)).flag(0);
  const granted = new JuteReader(await connection.exchange(wanted.message()));
  granted.int();
  if (granted.int() <= 0) throw new Error("the server refused a session");
}

/** A promise an answer, and no more: what is read of a reply is read as soon as it is there. */
function sessionOver(connection: FramedConnection): ZooKeeperSession {
  let requests = 0;
  const request = (type: number): JuteWriter => new JuteWriter().int(++requests).int(type);

  /** Sends the request that was begun last; `read` is given the reply's body and its code. */
  function ask<T>(asked: JuteWriter, read: (body: JuteReader, code: number) => T): Promise<T> {
    const id = requests;
    return connection.exchange(asked.message()).then((message) => {
      const reply = new JuteReader(message);
      const answered = reply.int();
      if (answered !== id) {
        connection.end();
        throw new Error(`request ${id} was answered as ${answered}`);
      }
      reply.skip(transactionBytes);
      return read(reply, reply.int());
    });
  }

  return {
    isOpen: () => connection.isOpen(),
    get: (path) =>
      ask(request(operations.getData).text(path).flag(0), (reply, code) => {
        if (code === noNode) return undefined;
        expectDone(reply, code);
        return { value: reply.buffer(), version: versionOf(reply) };
      }),
    set: (path, value, version) => ask(request(operations.setData).text(path).buffer(value).int(version), expectDone),
    create: (path, value) =>
      ask(request(operations.create).text(path).buffer(value).int(1).int(openToAll.permissions).text(openToAll.scheme).text(openToAll.id).int(persistent), expectDone),
    children: (path) =>
      ask(request(operations.getChildren).text(path).flag(0), (reply, code) => {
        expectDone(reply, code);
        return Array.from({ length: Math.max(0, reply.int()) }, () => reply.buffer().toString("utf8"));
      }),
    sync: (path) => ask(request(operations.sync).text(path), expectDone),
    end: () => connection.end(),
  };
}

/** Of the number of a transaction, and of a time. */
const transactionBytes = 8;

function expectDone(_body: JuteReader, code: number): void {
  if (code !== 0) throw new ZooKeeperError(code);
}

/** Out of a node's status, where four times and transaction numbers come before it. */
function versionOf(status: JuteReader): number {
  status.skip(4 * transactionBytes);
  return status.int();
}
