import type { BareDriver } from "./bare-driver.ts";
import { bareEtcd } from "./bare-drivers/etcd.ts";
import { bareMariadb } from "./bare-drivers/mariadb.ts";
import { bareNats } from "./bare-drivers/nats.ts";
import { barePostgres } from "./bare-drivers/postgres.ts";
import { bareRabbit } from "./bare-drivers/rabbitmq.ts";
import { bareRedis } from "./bare-drivers/redis.ts";
import { bareTarantool } from "./bare-drivers/tarantool.ts";
import { bareZooKeeper } from "./bare-drivers/zookeeper.ts";

/** By the database's name. Patroni's client is PostgreSQL's, Galera's is MariaDB's. */
export const bareDrivers: { readonly [database: string]: BareDriver } = {
  etcd: bareEtcd,
  mariadb: bareMariadb,
  nats: bareNats,
  postgres: barePostgres,
  rabbitmq: bareRabbit,
  redis: bareRedis,
  tarantool: bareTarantool,
  zookeeper: bareZooKeeper,
};
