import { dirname } from "node:path";
import type { DockerNode, DockerSystem } from "../../docker/docker-system.ts";
import { dockerfileBeside, type ImageWork } from "../../docker/image.ts";
import { cacheFolder } from "../../docker/pod-image.ts";
import { buildGoProgram } from "../../net/go-program.ts";

/**
 * Which etcd runs where. 3.4 is Debian's package; 3.5 is built from its Go module, once, in about a minute of two cores.
 *
 *     3.4, 3.5    on every node
 *     mixed       n1 has 3.5, the others 3.4: the cluster works at the older one's level
 *     rolling     all begin with 3.4; a node that is started again comes back with 3.5. With `--nemesis kill:target=each`
 *                 this is a rolling upgrade under load
 */
export const etcdVersions = ["3.4", "3.5", "mixed", "rolling"] as const;
export type EtcdVersions = (typeof etcdVersions)[number];

const older = "/usr/bin/etcd";
const newer = "/opt/etcd-3.5/etcd";
const newerVersion = "3.5.21";

/** A node's program, first and from its second start on. */
export function programsOf(versions: EtcdVersions, { node, all }: { readonly node: DockerNode; readonly all: readonly DockerNode[] }): { readonly program: string; readonly laterProgram?: string } {
  switch (versions) {
    case "3.4":
      return { program: older };
    case "3.5":
      return { program: newer };
    case "mixed":
      return { program: node === all[0] ? newer : older };
    case "rolling":
      return { program: older, laterProgram: newer };
  }
}

/** The image that has them, and how to ask it for its versions. */
export function imageOf(versions: EtcdVersions): Pick<DockerSystem, "dockerfile" | "files" | "version"> {
  const pattern = /\d+\.\d+\.\d+( and \d+\.\d+\.\d+)?/;
  if (versions === "3.4") return { dockerfile: dockerfileBeside(import.meta.url, "."), version: { argv: [older, "--version"], pattern } };
  const both = `set -- $(for etcd in ${older} ${newer}; do $etcd --version | head -n 1 | tr -cd 0-9.; echo; done); echo "$1 and $2"`;
  return {
    dockerfile: dockerfileBeside(import.meta.url, "./two-versions"),
    files: async (work) => ({ etcd: await buildNewer(work) }),
    version: { argv: versions === "3.5" ? [newer, "--version"] : ["sh", "-c", both], pattern },
  };
}

/** The module names its own parts by relative paths, so it cannot be installed by itself: a module of ours requires it. */
async function buildNewer({ engine, signal, progress }: ImageWork): Promise<string> {
  progress(`etcd ${newerVersion}: built with Go unless it is there already`);
  return await buildGoProgram(
    {
      label: "etcd",
      binary: "etcd",
      version: newerVersion,
      build: ["build", "-ldflags=-s -w", "-o", "bin/server", "go.etcd.io/etcd/server/v3"],
      moduleFolder: dirname(dockerfileBeside(import.meta.url, "./two-versions")),
      nextStep: "install Go 1.23 or later and check that it can download modules, or use --set version=3.4",
    },
    { cacheDir: cacheFolder(), platform: { os: "linux", architecture: engine.architecture }, signal },
  );
}
