import { assert } from "../../../harness/assert.ts";
import { debian12, debian13, type DebianRelease } from "../../docker/debian.ts";

/** A version of Patroni as a release of Debian packages it, with the release's own PostgreSQL and etcd. */
export interface PatroniVersion {
  /** As it is chosen: `4.0`. */
  readonly name: string;
  readonly debian: DebianRelease;
  /** PostgreSQL's major version, which is in its paths. */
  readonly postgres: number;
}

/** The default first: 3.0.2 with etcd 3.4, 4.0.7 with etcd 3.5. */
export const patroniVersions: readonly PatroniVersion[] = [
  { name: "3.0", debian: debian12, postgres: 15 },
  { name: "4.0", debian: debian13, postgres: 17 },
];

export function versionNamed(name: string): PatroniVersion {
  const found = patroniVersions.find((version) => version.name === name);
  assert(found !== undefined, `Patroni ${name} is one of the choices`);
  return found;
}
