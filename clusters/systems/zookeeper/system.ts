import { booleanOf, numberOf, type Settings } from "../../../harness/options.ts";
import type { DockerSystem, NodePlace, SetUp } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";
import { elementsPath } from "./client.ts";
import { disagreement, holders, serves } from "./look.ts";
import { clientPort, electionPort, jars, memberLine, quorumPort, zooKeeperMembership } from "./membership.ts";
import { openSession, sessionMs } from "./session.ts";

/**
 * ZooKeeper as Debian packages it. Servers tell each other addresses during an election, so what they dial is
 * redirected into the proxies. Servers do not dial each other's client port: it is among the links only because it is
 * the one at which a question can be asked through them, to see whether a fault bites.
 */
export function zooKeeperSystem(settings: Settings): DockerSystem {
  return {
    name: "zookeeper",
    dockerfile: dockerfileBeside(import.meta.url, "."),
    clientPort,
    peers: { reachedBy: "address", ports: [quorumPort, electionPort, clientPort] },
    settings,
    probe: { peerPort: clientPort, peer: { tcp: "ruok" }, clients: { tcp: "ruok" } },
    roles: ["leader", "follower"],
    dataFolders: [dataFolder],
    ...(booleanOf(settings, "reconfig") ? { membership: zooKeeperMembership } : {}),
    version: { argv: ["dpkg-query", "--show", "libzookeeper-java"], pattern: /\d+\.\d+\.\d+/ },
    setUp: (place) => setUp(place, settings),
    daemons: () => [
      {
        name: "zookeeper",
        user: "zookeeper",
        program: "/usr/bin/java",
        args: ["-Xmx256m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.showDateTime=true", "-cp", jars, "org.apache.zookeeper.server.quorum.QuorumPeerMain", configuration],
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
      { path: configuration, content: `${lines.join("\n")}\n`, owner },
      { path: `${dataFolder}/myid`, content: `${all.indexOf(node) + 1}\n`, owner },
    ],
  };
}
