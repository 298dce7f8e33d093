import { booleanOf, numberOf, type Settings, textOf } from "../../../harness/options.ts";
import type { DockerSystem, NodePlace, SetUp } from "../../docker/docker-system.ts";
import { programsOf } from "../two-versions.ts";
import { elementsPath } from "./client.ts";
import { disagreement, holders, serves } from "./look.ts";
import { clientPort, electionPort, memberLine, quorumPort, zooKeeperMembership } from "./membership.ts";
import { openSession, sessionMs } from "./session.ts";
import { imageOf, starters, zooKeeperVersions } from "./versions.ts";

/**
 * ZooKeeper as Debian packages it. Servers tell each other addresses during an election, so what they dial is
 * redirected into the proxies. Servers do not dial each other's client port: it is among the links only because it is
 * the one at which a question can be asked through them, to see whether a fault bites.
 */
export function zooKeeperSystem(settings: Settings): DockerSystem {
  const version = textOf(settings, "version");
  return {
    name: "zookeeper",
    ...imageOf(version),
    clientPort,
    peers: { reachedBy: "address", ports: [quorumPort, electionPort, clientPort] },
    settings,
    probe: { peerPort: clientPort, peer: { tcp: "ruok" }, clients: { tcp: "ruok" } },
    roles: ["leader", "follower"],
    dataFolders: [dataFolder],
    ...(booleanOf(settings, "reconfig") ? { membership: zooKeeperMembership } : {}),
    setUp: (place) => setUp(place, settings),
    daemons: (place) => [
      {
        name: "zookeeper",
        user: "zookeeper",
        ...programsOf(version, zooKeeperVersions, place),
        args: ["-Xmx256m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.showDateTime=true", "org.apache.zookeeper.server.quorum.QuorumPeerMain", configuration],
      },
    ],
    serves,
    async prepare(at, signal) {
      const session = await openSession([...at.values()][0]!, signal);
      await session.create(elementsPath, Buffer.alloc(0));
      session.end();
    },
    disagreement,
    holders,
  };
}

const configuration = "/etc/zookeeper/zoo.cfg";
const dataFolder = "/var/lib/zookeeper";

function setUp({ node, all }: NodePlace, settings: Settings): SetUp {
  const lines = [
    `tickTime=${numberOf(settings, "tick-time")}`,
    `initLimit=${numberOf(settings, "init-limit")}`,
    `syncLimit=${numberOf(settings, "sync-limit")}`,
    `maxSessionTimeout=${sessionMs}`,
    `dataDir=${dataFolder}`,
    `clientPort=${clientPort}`,
    // Every client of a node comes from one address, its proxy's: ZooKeeper's own limit is 60.
    "maxClientCnxns=0",
    "4lw.commands.whitelist=srvr,ruok",
    "admin.enableServer=false",
    // Whoever may write may then change the members too: there are no other users.
    ...(booleanOf(settings, "reconfig") ? ["reconfigEnabled=true", "skipACL=yes"] : []),
    ...all.map((_, index) => memberLine(all, index)),
  ];
  const owner = "zookeeper";
  return {
    files: [
      ...starters,
      { path: configuration, content: `${lines.join("\n")}\n`, owner },
      { path: `${dataFolder}/myid`, content: `${all.indexOf(node) + 1}\n`, owner },
    ],
  };
}
