import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";

/** Addresses as Go writes them: `127.0.0.1:8474`, `[::1]:8474`, `localhost:0`; error texts are Go's too. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A listen address with its name resolved: `text` is what a proxy is compared by. */
export interface ResolvedAddress extends HostPort {
  readonly text: string;
}

/** Cuts `host:port`. Throws an Error with Go's text. */
export function splitHostPort(text: string): HostPort {
  const bracketed = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(text);
  const plain = /^([^:[\]]*):([^:[\]]*)$/.exec(text);
  const match = bracketed ?? plain;
  if (match === null) {
    const few = !text.includes(":") || /^\[[^[\]]*\]$/.test(text);
    throw new Error(`address ${text}: ${few ? "missing port in address" : "too many colons in address"}`);
  }
  return { host: match[1]!, port: parsePort(match[2]!) };
}

export function joinHostPort({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Resolves the host, IPv4 first as Go does. An empty host, or no address at all, means loopback with a free port:
 * Toxiproxy would listen on every interface, this server does so only when told (`0.0.0.0`).
 */
export async function resolveListen(text: string): Promise<ResolvedAddress> {
  const { host, port } = splitHostPort(text === "" ? "127.0.0.1:0" : text);
  const resolved = host === "" ? "127.0.0.1" : isIP(host) !== 0 ? host : await resolveName(host);
  return { host: resolved, port, text: joinHostPort({ host: resolved, port }) };
}

async function resolveName(host: string): Promise<string> {
  try {
    const found = await lookup(host, { all: true });
    const best = found.find((address) => address.family === 4) ?? found[0];
    if (best !== undefined) return best.address;
  } catch {
    // Told below, in Go's words.
  }
  throw new Error(`lookup ${host}: no such host`);
}

function parsePort(text: string): number {
  if (text === "") return 0;
  if (!/^\d+$/.test(text)) throw new Error(`lookup tcp/${text}: unknown port`);
  const port = Number(text);
  if (port > 65535) throw new Error(`address ${text}: invalid port`);
  return port;
}
