import type { ImageWork } from "../../docker/image.ts";
import { cacheFolder } from "../../docker/pod-image.ts";
import { buildGoProgram } from "../../net/go-program.ts";
import { imageOfVersions, type TwoVersions } from "../two-versions.ts";

/** 2.9 is Debian's package; 2.10 is built from its Go module, once, in half a minute of processor time. */
export const natsVersions: TwoVersions = {
  older: { name: "2.9", program: "/usr/sbin/nats-server" },
  newer: { name: "2.10", program: "/opt/nats-2.10/nats-server" },
};
const newerVersion = "2.10.29";

/** The image that has what was chosen, and how to ask it for its versions. */
export function imageOf(choice: string): ReturnType<typeof imageOfVersions> {
  return imageOfVersions(choice, natsVersions, { callerUrl: import.meta.url, second: { files: async (work) => ({ "nats-server": await buildNewer(work) }) } });
}

async function buildNewer({ engine, signal, progress }: ImageWork): Promise<string> {
  progress(`NATS ${newerVersion}: built with Go unless it is there already`);
  return await buildGoProgram(
    {
      label: "NATS",
      binary: "nats-server",
      version: newerVersion,
      build: ["install", "-ldflags=-s -w", `github.com/nats-io/nats-server/v2@v${newerVersion}`],
      leaves: "nats-server",
      nextStep: "install Go 1.23 or later and check that it can download modules, or use --set version=2.9",
    },
    { cacheDir: cacheFolder(), platform: { os: "linux", architecture: engine.architecture }, signal },
  );
}
