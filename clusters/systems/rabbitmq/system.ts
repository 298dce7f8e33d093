import type { NodeId } from "../../../harness/ids.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { until } from "../../../harness/time.ts";
import type { DockerSystem, Lookout, NodePlace } from "../../docker/docker-system.ts";
import { queueName } from "./client.ts";
import { rabbitMembership } from "./membership.ts";
import { ask, brokerName, disagreement, holders, managementPort, partedMinority, queuePath, serves } from "./look.ts";
import { imageOf, versionOf } from "./versions.ts";

const amqpPort = 5672;
/** Where Erlang's port mapper and its nodes listen to each other. */
const peerPorts = { epmd: 4369, distribution: 25672 } as const;
const home = "/var/lib/rabbitmq";
/** Of the broker and of its tools. */
const environment = { HOME: home, RABBITMQ_USE_LONGNAME: "true" } as const;

/**
 * Brokers that find each other by a list, share one secret, and keep one queue: by Raft, or mirrored. With `ignore`,
 * nodes that were parted stay so until an operator restarts those that he trusts less; the harness restarts the
 * smaller side, as RabbitMQ's documents say, and then waits for agreement.
 */
export function rabbitSystem(settings: Settings): DockerSystem {
  return {
    name: "rabbitmq",
    ...imageOf(versionOf(settings)),
    clientPort: amqpPort,
    lookingPorts: [managementPort],
    peers: { reachedBy: "address", ports: [peerPorts.epmd, peerPorts.distribution] },
    settings,
    // The port mapper is asked for its names; a broker answers the header of AMQP 0-9-1.
    probe: { peerPort: peerPorts.epmd, peer: { tcp: "\x00\x01n" }, clients: { tcp: "AMQP\x00\x00\x09\x01" } },
    roles: ["leader", "primary"],
    dataFolders: [`${home}/mnesia`],
    membership: rabbitMembership(environment),
    setUp: (place) => ({
      files: [
        { path: "/etc/rabbitmq/rabbitmq.conf", content: configuration(place, settings), owner: "rabbitmq" },
        { path: "/etc/rabbitmq/enabled_plugins", content: "[rabbitmq_management].\n", owner: "rabbitmq" },
        { path: `${home}/.erlang.cookie`, content: place.runId, owner: "rabbitmq", mode: "400" },
      ],
    }),
    daemons: ({ node }) => [
      {
        name: "rabbitmq",
        user: "rabbitmq",
        program: "/usr/lib/rabbitmq/bin/rabbitmq-server",
        args: [],
        env: {
          ...environment,
          RABBITMQ_LOGS: "-",
          RABBITMQ_NODENAME: `rabbit@${node.hostname}`,
          // Two schedulers that do not spin: an idle broker leaves the processor to the others.
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-kernel net_ticktime ${numberOf(settings, "net-ticktime")} +S 2:2 +sbwt none +sbwtdcpu none`,
        },
      },
    ],
    serves,
    prepare: (at, signal) => makeQueue(at, settings, signal),
    disagreement,
    mustRestart: async (at, signal) => (textOf(settings, "partition-handling") === "ignore" ? await partedMinority(at, signal) : []),
    holders,
  };
}

function configuration({ all }: NodePlace, settings: Settings): string {
  const lines = {
    "listeners.tcp.default": amqpPort,
    loopback_users: "none",
    "management.tcp.port": managementPort,
    // What it says of partitions is as old as its statistics, by default 5 s.
    collect_statistics_interval: 1000,
    "cluster_formation.peer_discovery_backend": "classic_config",
    ...Object.fromEntries(all.map((node, index) => [`cluster_formation.classic_config.nodes.${index + 1}`, `rabbit@${node.hostname}`])),
    cluster_partition_handling: textOf(settings, "partition-handling").replaceAll("-", "_"),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

/** How long brokers that serve may take to know each other. */
const clusteredMsMax = 60_000;

/** On the first node, which so has its leader. */
async function makeQueue(at: ReadonlyMap<NodeId, Lookout>, settings: Settings, signal: AbortSignal): Promise<void> {
  const first = [...at.values()][0]!;
  const everyName = [...at.values()].map(brokerName).sort().join();
  await until("one cluster of all brokers", async () => everyName === (await runningNames(first, signal)), { deadlineMs: clusteredMsMax, everyMs: 100, signal });
  const quorum = textOf(settings, "queue") === "quorum";
  if (!quorum) {
    const definition = { "ha-mode": "all", "ha-sync-mode": "automatic" };
    await ask(first, "policies/%2f/mirrored", { signal, put: { pattern: `^${queueName}$`, definition, "apply-to": "queues" } });
  }
  const type = quorum ? { "x-queue-type": "quorum", "x-quorum-initial-group-size": at.size } : { "x-queue-type": "classic" };
  await ask(first, queuePath, { signal, put: { durable: true, node: brokerName(first), arguments: type } });
}

async function runningNames(at: Lookout, signal: AbortSignal): Promise<string> {
  const reply = await ask(at, "nodes?columns=name,running", { signal });
  const nodes = (await reply.json()) as readonly { readonly name: string; readonly running: boolean }[];
  return nodes.flatMap(({ name, running }) => (running ? [name] : [])).sort().join();
}
