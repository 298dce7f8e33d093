import { debian13 } from "../../docker/debian.ts";
import type { Daemon, DockerSystem, NodePlace } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";
import { imageOfVersions, programsOf, type TwoVersions } from "../two-versions.ts";

/** Where Debian's package has it. */
const packaged = "/usr/bin/patroni";

/**
 * 3.0 is Debian 12's package and 4.0 Debian 13's, each with its release's PostgreSQL and etcd. Two in one cluster need one
 * PostgreSQL for all, so there the newer Patroni comes out of Debian 13 alone: it is Python, which Debian 12's runs.
 */
export const patroniVersions: TwoVersions = {
  older: { name: "3.0", program: packaged },
  newer: { name: "4.0", program: "/opt/patroni-4.0/patroni" },
};

/** What comes with a choice of version. */
export interface PatroniRelease {
  readonly image: Pick<DockerSystem, "dockerfile" | "debian" | "secondDebian" | "version">;
  /** PostgreSQL's major version, which is in its paths. */
  readonly postgres: number;
  programs(place: NodePlace): Pick<Daemon, "program" | "laterProgram">;
}

export function releaseOf(choice: string): PatroniRelease {
  if (choice === patroniVersions.newer.name) {
    const version = { argv: [packaged, "--version"], pattern: /\d+\.\d+\.\d+/ };
    return { image: { dockerfile: dockerfileBeside(import.meta.url, "."), debian: debian13, version }, postgres: 17, programs: () => ({ program: packaged }) };
  }
  const image = imageOfVersions(choice, patroniVersions, { callerUrl: import.meta.url, second: { secondDebian: debian13 } });
  return { image, postgres: 15, programs: (place) => programsOf(choice, patroniVersions, place) };
}
