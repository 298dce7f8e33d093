import { dirname } from "node:path";
import { dockerfileBeside, type ImageWork } from "../../docker/image.ts";
import { cacheFolder } from "../../docker/pod-image.ts";
import { buildGoProgram } from "../../net/go-program.ts";
import { imageOfVersions, type TwoVersions } from "../two-versions.ts";

/** 3.4 is Debian's package; 3.5 is built from its Go module, once, in about a minute of two cores. */
export const etcdVersions: TwoVersions = {
  older: { name: "3.4", program: "/usr/bin/etcd" },
  newer: { name: "3.5", program: "/opt/etcd-3.5/etcd" },
};
const newerVersion = "3.5.21";

/** The image that has what was chosen, and how to ask it for its versions. */
export function imageOf(choice: string): ReturnType<typeof imageOfVersions> {
  return imageOfVersions(choice, etcdVersions, { callerUrl: import.meta.url, second: { files: async (work) => ({ etcd: await buildNewer(work) }) } });
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
