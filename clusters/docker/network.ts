import { networkInterfaces } from "node:os";
import type Docker from "dockerode";
import { HarnessError } from "../../harness/errors.ts";
import type { RunScope } from "./container.ts";
import { dockerArgv, type Engine } from "./engine.ts";
import { statusCode } from "./image.ts";
import { runLabels } from "./labels.ts";

/**
 * A bridge network of a run's own, on a subnet that neither another network of the engine nor an interface of this
 * machine uses. Two runs may look at the same time, so the engine has the last word: when it says that a subnet
 * overlaps, the next free one is tried.
 */
export interface ClusterNetwork {
  readonly name: string;
  /** `10.213.7.0/24`. */
  readonly subnet: string;
  /** Address of the host-th machine, 1 … 200. */
  address(host: number): string;
  remove(): Promise<void>;
}

/** How many subnets are tried before the engine is taken for broken. */
const attemptsMax = 8;

export async function createNetwork(scope: RunScope, name: string): Promise<ClusterNetwork> {
  const { engine, ledger } = scope;
  const entry = ledger.freshId(`network-${name}`);
  ledger.intend({
    id: entry,
    what: `network ${name}`,
    kind: "resource",
    undo: [{ undo: "argv", argv: dockerArgv(engine, "network", "rm", name), tolerated: ["No such network", "not found"] }],
  });
  const remove = async (): Promise<void> => {
    await removeNetwork(engine, name);
    ledger.healed(entry);
  };
  try {
    for (let attempt = 1, taken: readonly Block[] = await blocksInUse(engine); ; attempt++) {
      const third = firstFree(taken);
      const subnet = `10.213.${third}.0/24`;
      try {
        await engine.api.createNetwork({ Name: name, Driver: "bridge", CheckDuplicate: true, Labels: runLabels(scope.runId), IPAM: { Driver: "default", Config: [{ Subnet: subnet }] } });
        ledger.done(entry);
        return { name, subnet, address: (host) => `10.213.${third}.${10 + host}`, remove };
      } catch (cause) {
        const overlaps = cause instanceof Error && /overlap/i.test(cause.message);
        if (!overlaps || attempt >= attemptsMax) throw cause;
        taken = [...(await blocksInUse(engine)), blockOf(subnet)!];
      }
    }
  } catch (cause) {
    // The engine refused it, so there is none of ours.
    ledger.healed(entry);
    throw new HarnessError("CLUSTER_START", `network ${name} could not be made`, { nextStep: "look at `docker network ls`; `rashomon heal` removes networks that earlier runs left behind", cause });
  }
}

async function removeNetwork(engine: Engine, name: string): Promise<void> {
  try {
    await engine.api.getNetwork(name).remove();
  } catch (error) {
    if (statusCode(error) !== 404) throw error;
  }
}

/** A range of IPv4 addresses, both ends included, as 32-bit numbers. */
interface Block {
  readonly first: number;
  readonly last: number;
}

/** What the engine's networks and this machine's interfaces use. */
async function blocksInUse(engine: Engine): Promise<Block[]> {
  const networks: Docker.NetworkInspectInfo[] = await engine.api.listNetworks();
  const subnets = networks.flatMap((network) => network.IPAM?.Config ?? []).flatMap((config) => config.Subnet ?? []);
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).flatMap((address) => address.cidr ?? []);
  return [...subnets, ...interfaces].flatMap((cidr) => blockOf(cidr) ?? []);
}

/** The third number of the first `10.213.x.0/24` that touches no block. */
function firstFree(taken: readonly Block[]): number {
  for (let third = 0; third < 256; third++) {
    const block = blockOf(`10.213.${third}.0/24`)!;
    if (!taken.some((other) => other.first <= block.last && block.first <= other.last)) return third;
  }
  throw new HarnessError("CLUSTER_START", "all 256 subnets of 10.213.0.0/16 are in use", { nextStep: "remove networks that are no longer needed: `rashomon heal`, `docker network prune`" });
}

/** `10.213.7.0/24` → its range; undefined for what is not IPv4. */
export function blockOf(cidr: string): Block | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (match === null) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number);
  const size = 2 ** (32 - bits!);
  const address = ((a! * 256 + b!) * 256 + c!) * 256 + d!;
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}
