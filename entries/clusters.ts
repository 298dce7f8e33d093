/** Where nodes run and how to touch them. */
export { localCluster, type LocalClusterOptions, type LocalRunningCluster } from "../clusters/local/local-cluster.ts";
export { actorClient } from "../clusters/local/actor-client.ts";
export { playRounds, type Round } from "../clusters/local/rounds.ts";
export { startToxiproxy } from "../clusters/net/toxiproxy.ts";
export { etcd } from "../clusters/systems/etcd/etcd.ts";
export { openLedger } from "../harness/ledger/file-ledger.ts";
export { startWatchdog } from "../harness/ledger/watchdog.ts";
export { healAll, healLedger } from "../harness/ledger/heal.ts";
export { httpClient, type HttpCall } from "../clusters/own/http-client.ts";
export type { Endpoint } from "../harness/cluster.ts";
export type { Client } from "../harness/client.ts";
export type { OwnService, WhereItRuns } from "../clusters/own/own-service.ts";
