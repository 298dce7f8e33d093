import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { goVersion } from "../clusters/net/go-program.ts";
import { ourServer, realServer, type TestServer } from "../clusters/net/testing/servers.ts";
import { ToxiproxyClient } from "../clusters/net/toxiproxy-client.ts";
import { monotonicMs } from "../harness/time.ts";

/**
 * What a proxy on the link costs: the same traffic over a direct connection, through our server, and through the real
 * Toxiproxy 2.12 (where Go is installed). The echo server is a process of its own, as a node would be.
 * `npx node bench/proxy.ts [rounds]`, three rounds unless told otherwise.
 */
export interface ProxyFigures {
  /** Round trip of 100 bytes on one connection, microseconds. */
  readonly rttP50Us: number;
  readonly rttP99Us: number;
  /** Round trips per second over 16 connections at once. */
  readonly roundTripsPerSecond: number;
  /** One way, one connection, megabytes per second. */
  readonly streamMBps: number;
  /** Median round trip while 300 connections, each through a proxy of its own, talk at once, microseconds. */
  readonly manyP50Us: number;
  /** Adding and removing one toxic, milliseconds; none where there is no proxy. */
  readonly toxicMs: number | undefined;
}

const PING = Buffer.alloc(100, 7);
const STREAM_BYTES = 400 << 20;
const MANY = 300;

/** One round over each path, in turn. `addressOf(i)` is where connection i dials. */
export async function benchPath(path: { readonly addressOf: (i: number) => string; readonly client?: ToxiproxyClient }): Promise<ProxyFigures> {
  const rtts = await roundTrips(path.addressOf(0), { count: 20_000, warmUp: 2_000 });
  const startMs = monotonicMs();
  await Promise.all(Array.from({ length: 16 }, (_, i) => roundTrips(path.addressOf(i), { count: 2_000, warmUp: 0 })));
  const roundTripsPerSecond = (16 * 2_000 * 1000) / (monotonicMs() - startMs);
  const many = (await Promise.all(Array.from({ length: MANY }, (_, i) => roundTrips(path.addressOf(i), { count: 100, warmUp: 10 })))).flat().sort((a, b) => a - b);
  return {
    rttP50Us: quantile(rtts, 0.5) * 1000,
    rttP99Us: quantile(rtts, 0.99) * 1000,
    roundTripsPerSecond,
    streamMBps: await stream(path.addressOf(1)),
    manyP50Us: quantile(many, 0.5) * 1000,
    toxicMs: path.client === undefined ? undefined : await toxicCost(path.client),
  };
}

/** Round trips one after another; sorted milliseconds. */
async function roundTrips(address: string, how: { readonly count: number; readonly warmUp: number }): Promise<number[]> {
  const socket = await open(address);
  const times: number[] = [];
  try {
    for (let i = 0; i < how.count + how.warmUp; i++) {
      const startMs = monotonicMs();
      socket.write(PING);
      await bytes(socket, PING.length);
      if (i >= how.warmUp) times.push(monotonicMs() - startMs);
    }
  } finally {
    socket.destroy();
  }
  return times.sort((a, b) => a - b);
}

/** Resolves when so many more bytes have come. */
function bytes(socket: Socket, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let got = 0;
    const onData = (data: Buffer): void => {
      got += data.length;
      if (got < count) return;
      socket.off("data", onData);
      socket.off("close", onClose);
      resolve();
    };
    const onClose = (): void => reject(new Error("the connection closed during the measurement"));
    socket.on("data", onData);
    socket.once("close", onClose);
  });
}

/** Sends and waits until the echo process says that it has counted everything: it answers `!` plus bytes with one byte at the end. */
async function stream(address: string): Promise<number> {
  const socket = await open(address);
  try {
    const chunk = Buffer.alloc(64 * 1024, 1);
    const header = Buffer.alloc(9);
    header.write("!");
    header.writeDoubleBE(STREAM_BYTES, 1);
    const startMs = monotonicMs();
    const done = bytes(socket, 1);
    socket.write(header);
    for (let sent = 0; sent < STREAM_BYTES; sent += chunk.length) if (!socket.write(chunk)) await once(socket, "drain");
    await done;
    return STREAM_BYTES / 1e6 / ((monotonicMs() - startMs) / 1000);
  } finally {
    socket.destroy();
  }
}

async function toxicCost(client: ToxiproxyClient): Promise<number> {
  const toxic = { name: "bench", type: "timeout", stream: "upstream", toxicity: 1, attributes: { timeout: 0 } } as const;
  const startMs = monotonicMs();
  for (let i = 0; i < 200; i++) {
    await client.addToxic("p299", toxic);
    await client.removeToxic("p299", "bench");
  }
  return (monotonicMs() - startMs) / 200;
}

async function open(address: string): Promise<Socket> {
  const cut = address.lastIndexOf(":");
  const socket = connect({ host: address.slice(0, cut), port: Number(address.slice(cut + 1)), noDelay: true });
  await once(socket, "connect");
  return socket;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
}

/** The other process: echoes, or counts after a `!`. Ends with its stdin. */
function echo(): void {
  const server = createServer({ noDelay: true }, (socket) => {
    let left = -1;
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      let body = data;
      if (left < 0 && data[0] === 0x21) {
        left = data.readDoubleBE(1);
        body = data.subarray(9);
      }
      if (left < 0) return void socket.write(data);
      left -= body.length;
      if (left <= 0) socket.write("!");
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    console.log(typeof address === "object" && address !== null ? address.port : 0);
  });
  process.stdin.on("end", () => process.exit(0)).resume();
}

async function main(rounds: number): Promise<void> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.url), "--echo"], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const upstream = `127.0.0.1:${port}`;
  const subjects: { readonly name: string; readonly start?: () => Promise<TestServer> }[] = [{ name: "direct" }, { name: "ours", start: () => ourServer() }];
  if ((await goVersion()) !== undefined) subjects.push({ name: "Toxiproxy 2.12", start: realServer });
  console.log(`proxy: 100-byte round trips, ${STREAM_BYTES >> 20} MiB one way, ${MANY} proxies at once, Node ${process.version}, ${rounds} rounds`);
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const { name, start } of subjects) console.log(`round ${round}, ${name.padEnd(14)}: ${describe(await benchSubject(upstream, start))}`);
    }
  } finally {
    child.stdin.end();
    await once(child, "exit");
  }
}

async function benchSubject(upstream: string, start: (() => Promise<TestServer>) | undefined): Promise<ProxyFigures> {
  if (start === undefined) return benchPath({ addressOf: () => upstream });
  await using server = await start();
  const client = new ToxiproxyClient({ url: server.url });
  const proxies = await client.populate(Array.from({ length: MANY }, (_, i) => ({ name: `p${i}`, listen: "127.0.0.1:0", upstream })));
  return await benchPath({ addressOf: (i) => proxies[i]!.listen, client });
}

function describe(figures: ProxyFigures): string {
  const { rttP50Us, rttP99Us, roundTripsPerSecond, streamMBps, manyP50Us, toxicMs } = figures;
  return [
    `round trip p50 ${rttP50Us.toFixed(0)} µs, p99 ${rttP99Us.toFixed(0)} µs`,
    `16 connections ${Math.round(roundTripsPerSecond).toLocaleString("en")} round trips/s`,
    `stream ${streamMBps.toFixed(0)} MB/s`,
    `${MANY} links at once p50 ${(manyP50Us / 1000).toFixed(2)} ms`,
    ...(toxicMs === undefined ? [] : [`toxic on and off ${toxicMs.toFixed(2)} ms`]),
  ].join("; ");
}

if (process.argv[2] === "--echo") echo();
else if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2] ?? 3));
