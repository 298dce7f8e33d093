import { test } from "vitest";
import { clocksSupported } from "../clusters/clock/process-clock.ts";
import { dockerAnswers } from "../clusters/docker/engine.ts";
import { expectSkewedClocks } from "./testing/clocks.ts";

/** Every other database: Go, C with a process for each client, C, Erlang, Java, Lua on C, Python over C. */
const databases: readonly { readonly system: string; readonly nodes: number }[] = [
  { system: "etcd", nodes: 1 },
  { system: "postgres", nodes: 1 },
  { system: "patroni", nodes: 3 },
  { system: "mariadb", nodes: 1 },
  { system: "galera", nodes: 1 },
  { system: "redis", nodes: 1 },
  { system: "rabbitmq", nodes: 1 },
  { system: "zookeeper", nodes: 1 },
  { system: "tarantool", nodes: 1 },
];

test.skipIf(!clocksSupported() || !(await dockerAnswers())).each(databases)("$system on $nodes node(s) has the clock that it is given, in its next life too, and ours again after the heal", async (database) => await expectSkewedClocks(database));
