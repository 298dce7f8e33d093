import { HarnessError } from "../../harness/errors.ts";
import { etcdRows } from "./rows/etcd.ts";
import { leaseRows } from "./rows/lease.ts";
import { mariadbRows } from "./rows/mariadb.ts";
import { natsRows } from "./rows/nats.ts";
import { patroniRows } from "./rows/patroni.ts";
import { postgresRows } from "./rows/postgres.ts";
import { rabbitmqRows } from "./rows/rabbitmq.ts";
import { redisRows } from "./rows/redis.ts";
import { tarantoolRows } from "./rows/tarantool.ts";
import { toyRows } from "./rows/toy.ts";
import { zooKeeperRows } from "./rows/zookeeper.ts";
import type { RegressionRow } from "./row.ts";

/** Every row, in the order of the track record. */
export const regressionRows: readonly RegressionRow[] = [...etcdRows, ...postgresRows, ...patroniRows, ...mariadbRows, ...redisRows, ...rabbitmqRows, ...zooKeeperRows, ...natsRows, ...tarantoolRows, ...toyRows, ...leaseRows];

/** The row of that name; `UNKNOWN_NAME` lists those that exist. */
export function findRow(name: string): RegressionRow {
  const found = regressionRows.find((row) => row.name === name);
  if (found !== undefined) return found;
  throw new HarnessError("UNKNOWN_NAME", `no regression row ${JSON.stringify(name)} (there are ${regressionRows.map((row) => row.name).join(", ")})`, { nextStep: "name one of them, or none for all" });
}
