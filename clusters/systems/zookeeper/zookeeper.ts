import { linearizable } from "../../../harness/claim.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { dockerCluster } from "../../docker/docker-cluster.ts";
import { zooKeeperClient } from "./client.ts";
import { versionChoices } from "../two-versions.ts";
import { zooKeeperSystem } from "./system.ts";
import { zooKeeperVersions } from "./versions.ts";

/** ZooKeeper: a tree of small nodes over atomic broadcast. Writes are linearizable, reads are the asked server's own. */
export const zookeeper: DatabaseDefinition = {
  name: "zookeeper",
  summary: "ZooKeeper 3.8 or 3.9 in Docker: linearizable writes; reads=local answers from any server's own copy, reads=sync asks the leader first",
  options: [
    {
      name: "version",
      kind: "choice",
      choices: versionChoices(zooKeeperVersions),
      default: zooKeeperVersions.older.name,
      reason: "what Debian 12 packages; 3.9 comes from Debian 13, mixed has it on n1 only, rolling has it wherever ZooKeeper is started again",
    },
    { name: "reads", kind: "choice", choices: ["local", "sync"], default: "local", reason: "what getData does by itself; its documents advise a sync before a read that must be up to date" },
    { name: "tick-time", kind: "integer", unit: "ms", default: 500, min: 50, max: 10_000, reason: "a quarter of the sample configuration's: what counts in ticks happens within a run of seconds" },
    { name: "init-limit", kind: "integer", unit: "ticks", default: 20, min: 5, max: 1_000, reason: "the sample configuration's 10 of 2 s, halved: a follower has 10 s to join" },
    { name: "sync-limit", kind: "integer", unit: "ticks", default: 5, min: 2, max: 1_000, reason: "the sample configuration's: a server that is out of touch for that long gives up its role" },
    { name: "reconfig", kind: "boolean", default: false, reason: "ZooKeeper's own default of reconfigEnabled: who belongs to an ensemble is written in its files; true lets the fault shrink change it while it runs" },
  ],
  clusters: ["docker"],
  workloads: ["register", "kv", "set"],
  claim: () => linearizable("node", "ZooKeeper Programmer's Guide, \"Consistency Guarantees\": updates are linearizable, a read is up to date after a sync; reads without one give up real time, which is held against it"),
  cluster: (settings, place) => dockerCluster({ system: zooKeeperSystem(settings), nodes: place.nodes, runId: place.runId, healthyMsMax: 60_000 }),
  client: zooKeeperClient,
};
