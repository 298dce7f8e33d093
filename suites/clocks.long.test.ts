import { test } from "vitest";
import { clocksSupported } from "../clusters/clock/process-clock.ts";
import { dockerAnswers } from "../clusters/docker/engine.ts";
import { expectSkewedClocks, type SkewedDatabase } from "./testing/clocks.ts";

/** Every other database: Go, C with a process for each client, C, Erlang, Java, Lua on C, Python over C. */
const databases: readonly SkewedDatabase[] = [
  { system: "etcd", nodes: 1, tells: true },
  { system: "postgres", nodes: 1, tells: true },
  { system: "patroni", nodes: 3, tells: true },
  { system: "mariadb", nodes: 1, tells: true },
  { system: "galera", nodes: 1, tells: true },
  { system: "redis", nodes: 1, tells: true },
  { system: "rabbitmq", nodes: 1, tells: false },
  { system: "zookeeper", nodes: 1, tells: false },
  { system: "tarantool", nodes: 1, tells: true },
];

test.skipIf(!clocksSupported() || !(await dockerAnswers())).each(databases)("$system on $nodes node(s) has the clock that it is given, in its next life too, and ours again after the heal", async (database) => await expectSkewedClocks(database));
