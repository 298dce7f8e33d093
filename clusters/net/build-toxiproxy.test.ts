import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { describeError } from "../../harness/errors.ts";
import { buildToxiproxy, TOXIPROXY_VERSION } from "./build-toxiproxy.ts";
import { hostPlatform } from "./go-program.ts";

let folder: string | undefined;
function cache(): string {
  return (folder = mkdtempSync(join(tmpdir(), "rashomon-build-")));
}
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

describe("building Toxiproxy", () => {
  it("does nothing when the cache has the binary of that version and platform", async () => {
    const cacheDir = cache();
    const { os, architecture } = hostPlatform();
    const path = join(cacheDir, `toxiproxy-server-${TOXIPROXY_VERSION}-${os}-${architecture}`);
    writeFileSync(path, "");

    expect(await buildToxiproxy({ cacheDir })).toBe(path);
  });

  it("without Go ends with the next step and leaves nothing behind", async () => {
    const cacheDir = cache();
    const path = process.env["PATH"];
    process.env["PATH"] = cacheDir;
    try {
      const error = await buildToxiproxy({ cacheDir }).catch((thrown: unknown) => thrown);

      expect(error).toMatchObject({ code: "ENGINE_MISSING" });
      expect(describeError(error)).toContain("next: install Go 1.23");
    } finally {
      process.env["PATH"] = path;
    }
    expect(existsSync(cacheDir)).toBe(true);
    expect(readdirSync(cacheDir)).toEqual([]);
  });
});
