import { buildGoProgram, type GoBuildOptions } from "./go-program.ts";

/**
 * The real Toxiproxy, built from its Go module. No npm package carries the binary, and a release download would tie a
 * run to one more host.
 *
 * The version is always asked for by number: `@latest` resolves to 2.5.0, which lacks PATCH and loses toxics when an
 * existing proxy is populated again.
 */
export const TOXIPROXY_VERSION = "2.12.0";

/** Absolute path of a `toxiproxy-server` binary of exactly 2.12.0; errors as `buildGoProgram`. */
export async function buildToxiproxy(options: GoBuildOptions): Promise<string> {
  return await buildGoProgram(
    {
      label: "Toxiproxy",
      binary: "toxiproxy-server",
      version: TOXIPROXY_VERSION,
      build: ["install", `github.com/Shopify/toxiproxy/v2/cmd/server@v${TOXIPROXY_VERSION}`],
      nextStep: "install Go 1.23 or later and check that it can download modules; the local cluster needs no Go, it brings a compatible server",
    },
    options,
  );
}
