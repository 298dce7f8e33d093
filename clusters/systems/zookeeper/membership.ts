import { deadlineSignal } from "../../../harness/time.ts";
import { countedByMost } from "../../docker/counted-by-most.ts";
import type { DockerNode, Lookout, MembershipOperations, NodeCommand, NodePlace } from "../../docker/docker-system.ts";
import { openSession } from "./session.ts";

export const clientPort = 2181;
/** From followers to their leader, and between all for its election. */
export const quorumPort = 2888;
export const electionPort = 3888;

/** With the logging that only writes to its output. */
export const jars = "/usr/share/java/slf4j-simple.jar:/usr/share/java/zookeeper.jar";

/** How the configuration names server number `index` (from 0) and where it is. */
export function memberLine(all: readonly DockerNode[], index: number): string {
  return `server.${index + 1}=${all[index]!.address}:${quorumPort}:${electionPort};${clientPort}`;
}

/**
 * As ZooKeeper's documents change an ensemble while it runs ("Dynamic Reconfiguration"): a server is taken out of the
 * ensemble's own configuration; an empty one first follows the leader without a vote, and is then put in.
 */
export const zooKeeperMembership: MembershipOperations = {
  async members(at, signal) {
    const ids = [...at.keys()];
    return await countedByMost(at, async (lookout) => (await votersSeenBy(lookout, signal))?.flatMap((number) => ids[number - 1] ?? []));
  },
  leave: (place) => [reconfigured(place, "-remove", String(place.all.indexOf(place.node) + 1))],
  join: (place) => [reconfigured(place, "-remove", String(place.all.indexOf(place.node) + 1))],
  joined: (place) => [reconfigured(place, "-add", memberLine(place.all, place.all.indexOf(place.node)))],
};

/** Longest wait for one answer while looking; opening a session is a write. */
const lookMsMax = 2_000;

/** Numbers of the servers in the configuration that a server has. */
async function votersSeenBy(at: Lookout, signal: AbortSignal): Promise<readonly number[] | undefined> {
  const limited = deadlineSignal(lookMsMax, signal);
  try {
    const session = await openSession(at, limited, { sessionMs: lookMsMax });
    const end = (): void => session.end();
    limited.addEventListener("abort", end, { once: true });
    try {
      const stored = await session.get("/zookeeper/config");
      return stored === undefined ? undefined : [...stored.value.toString("utf8").matchAll(/^server\.(\d+)=.*:participant/gm)].map((found) => Number(found[1]));
    } finally {
      end();
    }
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** The others are asked, again while they refuse: a server that joins must have caught up first. */
function reconfigured({ node, all }: NodePlace, ...change: readonly string[]): NodeCommand {
  const others = all.filter((other) => other !== node).map(({ address }) => `${address}:${clientPort}`);
  return { argv: ["sh", "-c", script, "reconfig", others.join(","), ...change] };
}

/** The command line ends with 1 when it was refused. */
const script = `
servers=$1; shift
for try in $(seq 15); do
  timeout 20 java -cp ${jars}:/usr/share/java/commons-cli.jar org.apache.zookeeper.ZooKeeperMain -server $servers reconfig "$@" && exit 0
  sleep 1
done
exit 1
`;
