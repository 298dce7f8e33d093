import { type OptionSpec, type Settings, textOf } from "../../../harness/options.ts";
import { debian11, debian12, debian13, type DebianRelease } from "../../docker/debian.ts";
import type { DockerSystem } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";

/** Each release of Debian packages one. */
const releases: { readonly [version: string]: DebianRelease } = { "15": debian12, "13": debian11, "17": debian13 };

const oneMajor = "servers of two major versions do not stream to each other, and neither starts with the data of the other (its documents, 19.6)";
export const versionOption: OptionSpec = {
  name: "version",
  kind: "choice",
  choices: ["15", "13", "17"],
  never: { mixed: oneMajor, rolling: oneMajor },
  default: "15",
  reason: "what Debian 12 packages; 13 and 17 are Debian 11's and 13's",
};

export function versionOf(settings: Settings): string {
  return textOf(settings, "version");
}

/** Where a version's programs are. */
export function binariesOf(version: string): string {
  return `/usr/lib/postgresql/${version}/bin`;
}

/** The image that has the version, and how to ask it. */
export function imageOf(version: string): Pick<DockerSystem, "dockerfile" | "debian" | "version"> {
  return { dockerfile: dockerfileBeside(import.meta.url, "."), debian: releases[version]!, version: { argv: [`${binariesOf(version)}/postgres`, "--version"], pattern: /\d+\.\d+/ } };
}
