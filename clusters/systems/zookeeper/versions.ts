import { debian13 } from "../../docker/debian.ts";
import type { NodeFile } from "../../docker/docker-system.ts";
import { imageOfVersions, type TwoVersions } from "../two-versions.ts";
import { jars } from "./membership.ts";

/** 3.8 is Debian 12's package, 3.9 Debian 13's. Both are jars for the same Java, which starters of its name find. */
export const zooKeeperVersions: TwoVersions = {
  older: versionAt("3.8"),
  newer: versionAt("3.9"),
};

function versionAt(name: string): TwoVersions["older"] {
  const program = `/opt/rashomon/zookeeper-${name}/java`;
  return { name, program, ask: `${program} org.apache.zookeeper.version.VersionInfoMain` };
}

export const starters: readonly NodeFile[] = [
  starterOf(zooKeeperVersions.older.program, jars),
  starterOf(zooKeeperVersions.newer.program, "/opt/zookeeper-3.9/lib/*:/opt/zookeeper-3.9/zookeeper.jar"),
];

function starterOf(path: string, classPath: string): NodeFile {
  return { path, mode: "755", content: `#!/bin/sh\nexec /usr/bin/java -cp '${classPath}' "$@"\n` };
}

/** The image that has what was chosen, and how to ask it for its versions. */
export function imageOf(choice: string): ReturnType<typeof imageOfVersions> {
  return imageOfVersions(choice, zooKeeperVersions, { callerUrl: import.meta.url, second: { secondDebian: debian13 } });
}
