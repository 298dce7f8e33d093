import { HarnessError } from "../../../harness/errors.ts";
import { type OptionSpec, type Settings, textOf } from "../../../harness/options.ts";
import { debian12, debian13, type DebianRelease } from "../../docker/debian.ts";
import type { DockerSystem } from "../../docker/docker-system.ts";
import { dockerfileBeside } from "../../docker/image.ts";

/** Each release of Debian packages one, with Erlang 25 and 27. */
const releases: { readonly [version: string]: DebianRelease } = { "3.10": debian12, "4.0": debian13 };

const apart = "RabbitMQ 4.0 joins no cluster that is older than 3.13 (its documents, Upgrading)";
export const versionOption: OptionSpec = {
  name: "version",
  kind: "choice",
  choices: ["3.10", "4.0"],
  never: { mixed: apart, rolling: apart },
  default: "3.10",
  reason: "what Debian 12 packages; 4.0 is Debian 13's, and has no mirrored queues",
};

/** The version that was chosen; `BAD_OPTION` when it has no such queue. */
export function versionOf(settings: Settings): string {
  const version = textOf(settings, "version");
  if (version === "4.0" && textOf(settings, "queue") === "mirrored") {
    throw new HarnessError("BAD_OPTION", "RabbitMQ 4.0 has no mirrored queues", { nextStep: "set queue=quorum, or another version" });
  }
  return version;
}

/** The image that has the version, and how to ask it. */
export function imageOf(version: string): Pick<DockerSystem, "dockerfile" | "debian" | "version"> {
  return {
    dockerfile: dockerfileBeside(import.meta.url, "."),
    debian: releases[version]!,
    version: { argv: ["dpkg-query", "--show", "--showformat=${Version}", "rabbitmq-server"], pattern: /\d+\.\d+\.\d+/ },
  };
}
