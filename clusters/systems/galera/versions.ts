import type { NodeFile } from "../../docker/docker-system.ts";
import { mariadbDataFolder } from "../mariadb/set-up.ts";
import { mariadbVersions } from "../mariadb/versions.ts";
import type { TwoVersions } from "../two-versions.ts";

/** MariaDB's, each by a starter of its own. */
export const galeraVersions: TwoVersions = { ...mariadbVersions, older: startedFirst(mariadbVersions.older.name), newer: startedFirst(mariadbVersions.newer.name) };

function startedFirst(name: string): TwoVersions["older"] {
  return { name, program: `/opt/rashomon/galera-${name}/mariadbd` };
}

/**
 * Starts a server with the position in the order of transactions that its tables are at, as Debian's unit does. A node
 * that was killed has not written it down, and would have to copy all of another's state; when all were killed there is
 * none to copy from, and only who tells its position can be taken for the most advanced.
 */
export const starters: readonly NodeFile[] = (["older", "newer"] as const).map((which) => ({
  path: galeraVersions[which].program,
  mode: "755",
  content: starterOf(mariadbVersions[which].program),
}));

function starterOf(server: string): string {
  return `#!/bin/sh
if [ -s ${mariadbDataFolder}/grastate.dat ]; then
  position=$(${server} "$1" --wsrep-recover --disable-log-error 2>&1 | sed -n 's/.*WSREP: Recovered position:* *//p' | tail -n 1)
fi
exec ${server} "$@" \${position:+--wsrep_start_position=$position}
`;
}
