import { type Settings, textOf } from "../../../harness/options.ts";
import { debian13 } from "../../docker/debian.ts";
import type { NodeFile } from "../../docker/docker-system.ts";
import { imageOfVersions, type TwoVersions } from "../two-versions.ts";

/**
 * 10.11 is Debian 12's package, 11.8 Debian 13's; both with Galera 26.4. An older server cannot read what a newer one
 * has written, so `mixed` has the newer on the node that joins last.
 */
export const mariadbVersions: TwoVersions = {
  older: { name: "10.11", program: "/usr/sbin/mariadbd" },
  newer: { name: "11.8", program: "/opt/rashomon/mariadb-11.8/mariadbd" },
  mixed: "last",
};

/** Where the newer one's files are: a server looks for its messages and scripts where its packager put them, unless it is told. */
const newerRoot = "/opt/debian-13/usr";

/** Starts the newer one, with the provider of the same release. What the command line says last is what counts. */
export const newerStarter: NodeFile = {
  path: mariadbVersions.newer.program,
  mode: "755",
  content: `#!/bin/sh\nexport PATH=${newerRoot}/bin:$PATH\nexec ${newerRoot}/sbin/mariadbd "$@" --basedir=${newerRoot} --wsrep-provider=${newerRoot}/lib/libgalera_smm.so\n`,
};

/** What makes a data folder for the program. */
export function installer(program: string): readonly string[] {
  const of = (file: string, ...options: string[]): string[] => [file, "--no-defaults", ...options];
  return program === mariadbVersions.newer.program ? of(`${newerRoot}/bin/mariadb-install-db`, `--basedir=${newerRoot}`) : of("mariadb-install-db");
}

/** Whether innodb_snapshot_isolation is on by itself, on every node: from 11.6.2 on. */
export function snapshotsByItself(settings: Settings): boolean {
  return textOf(settings, "version") === mariadbVersions.newer.name;
}

/** The image that has what was chosen, and how to ask it for its versions. */
export function imageOf(choice: string): ReturnType<typeof imageOfVersions> {
  return imageOfVersions(choice, mariadbVersions, { callerUrl: import.meta.url, second: { secondDebian: debian13 } });
}
