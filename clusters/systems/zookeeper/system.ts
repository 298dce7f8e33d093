import { numberOf, type Settings } from "../../../harness/options.ts";
import type { DockerSystem, NodePlace, SetUp } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";
import { elementsPath } from "./client.ts";
import { disagreement, holders, serves } from "./look.ts";
import { openSession, sessionMs } from "./session.ts";

const clientPort = 2181;
/** From followers to their leader, and between all for its election. */
const quorumPort = 2888;
const electionPort = 3888;

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

/** With the logging that only writes to its output. */
const jars = "/usr/share/java/slf4j-simple.jar:/usr/share/java/zookeeper.jar";
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
    "4lw.commands.whitelist=srvr,ruok",
    "admin.enableServer=false",
    ...all.map(({ address }, index) => `server.${index + 1}=${address}:${quorumPort}:${electionPort}`),
  ];
  const owner = "zookeeper";
  return {
    files: [
      { path: configuration, content: `${lines.join("\n")}\n`, owner },
      { path: `${dataFolder}/myid`, content: `${all.findIndex(({ id }) => id === node.id) + 1}\n`, owner },
    ],
  };
}
