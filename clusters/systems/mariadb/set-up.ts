import type { Daemon, NodePlace, SetUp } from "../../docker/docker-system.ts";
import { mariadbSchema } from "./dialect.ts";
import { account } from "./session.ts";
import { programsOf } from "../two-versions.ts";
import { installer, mariadbVersions, newerStarter } from "./versions.ts";

const configuration = "/etc/rashomon/mariadb.cnf";
const script = "/etc/rashomon/first.sql";
export const mariadbDataFolder = "/var/lib/mysql";
const data = mariadbDataFolder;

/** Data folder, account and tables of one server of a version, and its configuration: `[mysqld]` with these lines. */
export function mariadbSetUp(place: NodePlace, version: string, lines: { readonly [name: string]: string | number }): SetUp {
  const { program } = programsOf(version, mariadbVersions, place);
  const { user, password, database } = account;
  const first = [
    "flush privileges;",
    `create database ${database};`,
    `create user '${user}'@'%' identified by '${password}';`,
    `grant all on *.* to '${user}'@'%';`,
    `use ${database};`,
    ...mariadbSchema.map((text) => `${text};`),
  ];
  const options = { "bind-address": "0.0.0.0", "skip-name-resolve": 1, datadir: data, socket: "/run/mysqld/mysqld.sock", "pid-file": "/run/mysqld/mariadbd.pid", ...lines };
  return {
    files: [
      newerStarter,
      { path: configuration, content: `[mysqld]\n${Object.entries(options).map(([name, value]) => `${name}=${value}\n`).join("")}` },
      { path: script, content: `${first.join("\n")}\n` },
    ],
    commands: [
      { argv: ["sh", "-c", `install -d -o mysql -g mysql /run/mysqld && rm -rf ${data} && install -d -o mysql -g mysql -m 700 ${data}`] },
      { argv: [...installer(program), "--user=mysql", `--datadir=${data}`, "--skip-test-db", "--auth-root-authentication-method=normal"] },
      { argv: ["sh", "-c", `${program} --no-defaults --bootstrap --user=mysql --datadir=${data} < ${script}`] },
    ],
  };
}

/** What every server has, whatever runs on it. */
export const commonLines = {
  "character-set-server": "utf8mb4",
  default_storage_engine: "InnoDB",
  innodb_buffer_pool_size: "64M",
  innodb_log_file_size: "32M",
} as const;

/** `firstArgs` bootstrap a cluster; a program starts the server with the arguments that it is given. */
export function mariadbDaemon(how: Pick<Daemon, "program" | "laterProgram" | "firstArgs">): Daemon {
  return { name: "mariadbd", user: "mysql", args: [`--defaults-file=${configuration}`], ...how };
}

/** The first of all nodes begins a cluster of its own, which the others join. */
export function isFirst({ node, all }: NodePlace): boolean {
  return all[0] === node;
}
