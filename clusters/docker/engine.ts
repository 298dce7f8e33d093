import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { HarnessError } from "../../harness/errors.ts";
import { within } from "../../harness/time.ts";

/**
 * The engine that containers run on. It is reached over its HTTP API (dockerode); what the ledger writes down for a
 * later `heal` is a `docker` command line with the same address in it, so that both speak with the same engine.
 *
 * Only an engine on this machine is taken: load and faults never leave it, and ports are published on 127.0.0.1.
 */
export interface Engine {
  readonly api: Docker;
  /** `unix:///var/run/docker.sock`, as `docker -H` takes it. */
  readonly address: string;
  readonly version: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly kernel: string;
}

/** Deadline of the engine's first answer; an idle engine takes a few milliseconds. */
const answerDeadlineMs = 10_000;

/** The engine at `DOCKER_HOST`, else at the first default socket that exists. `ENGINE_MISSING` when none answers. */
export async function connectEngine(): Promise<Engine> {
  const address = engineAddress();
  const { default: Client } = await import("dockerode");
  const api = new Client(dockerOptions(address));
  try {
    const version = await within(answerDeadlineMs, `answer of the Docker engine at ${address}`, api.version());
    return { api, address, version: version.Version, architecture: version.Arch, kernel: version.KernelVersion ?? "unknown" };
  } catch (cause) {
    throw new HarnessError("ENGINE_MISSING", `no Docker engine answers at ${address}`, {
      nextStep: "start Docker (on Debian as root: npx node scripts/start-docker.ts), or set DOCKER_HOST to its socket, and run `rashomon doctor`",
      cause,
    });
  }
}

/** Does an engine answer? Never throws. */
export async function dockerAnswers(): Promise<boolean> {
  return await connectEngine().then(
    () => true,
    () => false,
  );
}

/** The command line that addresses the same engine: `docker -H unix://… rm -f NAME`. */
export function dockerArgv(engine: Engine, ...rest: readonly string[]): string[] {
  return ["docker", "-H", engine.address, ...rest];
}

/** Where to look for the engine; refuses one on another machine (`OUTSIDE_TRAFFIC`). */
export function engineAddress(environment: { readonly [name: string]: string | undefined } = process.env): string {
  const told = environment["DOCKER_HOST"];
  if (told !== undefined && told !== "") {
    const address = told.includes("://") ? told : `tcp://${told}`;
    if (address.startsWith("unix://") || address.startsWith("npipe://") || isLoopback(address)) return address;
    throw new HarnessError("OUTSIDE_TRAFFIC", `DOCKER_HOST ${JSON.stringify(told)} is on another machine`, {
      nextStep: "run rashomon on the machine of that engine: load and faults stay on loopback and in its own containers",
    });
  }
  if (process.platform === "win32") return "npipe:////./pipe/docker_engine";
  const runtime = environment["XDG_RUNTIME_DIR"];
  const sockets = [
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".docker/desktop/docker.sock"),
    ...(runtime === undefined ? [] : [join(runtime, "docker.sock")]),
  ];
  return `unix://${sockets.find((socket) => existsSync(socket)) ?? sockets[0]!}`;
}

function isLoopback(address: string): boolean {
  return address.startsWith("tcp://") && URL.canParse(address) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(address).hostname);
}

function dockerOptions(address: string): Docker.DockerOptions {
  if (address.startsWith("unix://")) return { socketPath: address.slice("unix://".length) };
  if (address.startsWith("npipe://")) return { socketPath: address.slice("npipe://".length) };
  const url = new URL(address);
  // Certificates, where DOCKER_CERT_PATH names them, are read by the client itself.
  return { host: url.hostname, port: url.port === "" ? 2375 : Number(url.port) };
}
