import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { HarnessError } from "../../harness/errors.ts";
import { deadlineSignal } from "../../harness/time.ts";

/**
 * The real Toxiproxy, built from its Go module. No npm package carries the binary, and a release download would tie a
 * run to one more host, so it comes through Go's own package manager, checked against Go's checksum database.
 *
 * The version is always asked for by number: `@latest` resolves to 2.5.0, which lacks PATCH and loses toxics when an
 * existing proxy is populated again. Static (`CGO_ENABLED=0`), so one binary runs in any container of its platform.
 */
export const TOXIPROXY_VERSION = "2.12.0";
const MODULE = `github.com/Shopify/toxiproxy/v2/cmd/server@v${TOXIPROXY_VERSION}`;

/** Where the binary shall run; Go's names. Default: this machine. Containers need `linux`. */
export interface ToxiproxyPlatform {
  readonly os: string;
  readonly architecture: string;
}

export interface BuildToxiproxyOptions {
  /** Absolute; kept from run to run. The binary's name holds version and platform, so several may share the folder. */
  readonly cacheDir: string;
  readonly platform?: ToxiproxyPlatform;
  readonly signal?: AbortSignal;
  /** Default 300 000: a first build downloads its modules and takes about 40 s on two cores. */
  readonly deadlineMs?: number;
}

/**
 * Absolute path of a `toxiproxy-server` binary of exactly 2.12.0; built when the cache has none, else no work.
 * Several processes may build at once: each builds in a folder of its own and renames, so none sees half a file.
 * Errors: ENGINE_MISSING without Go (or with one that fails), TIMEOUT, INTERRUPTED.
 */
export async function buildToxiproxy(options: BuildToxiproxyOptions): Promise<string> {
  const platform = options.platform ?? hostPlatform();
  const target = join(options.cacheDir, `toxiproxy-server-${TOXIPROXY_VERSION}-${platform.os}-${platform.architecture}`);
  if (existsSync(target)) return target;
  mkdirSync(options.cacheDir, { recursive: true });
  const folder = mkdtempSync(join(options.cacheDir, "build-"));
  try {
    const built = await install(folder, platform, options);
    renameSync(built, target);
    return target;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Go's version line (`go version go1.26.8 linux/amd64`), or undefined when no Go answers: the reason to skip. */
export async function goVersion(signal?: AbortSignal): Promise<string | undefined> {
  try {
    return (await run("go", ["version"], { signal: deadlineSignal(30_000, signal) })).stdout.trim();
  } catch {
    return undefined;
  }
}

/** Go's name of this machine's platform. */
export function hostPlatform(): ToxiproxyPlatform {
  const architectures: { readonly [node: string]: string } = { x64: "amd64", ia32: "386" };
  return { os: process.platform === "win32" ? "windows" : process.platform, architecture: architectures[process.arch] ?? process.arch };
}

const run = promisify(execFile);

async function install(folder: string, platform: ToxiproxyPlatform, options: BuildToxiproxyOptions): Promise<string> {
  const deadlineMs = options.deadlineMs ?? 300_000;
  const signal = deadlineSignal(deadlineMs, options.signal);
  try {
    // GOBIN refuses cross builds, so the binary goes below a GOPATH of its own; downloads stay in the user's module cache.
    const moduleCache = (await run("go", ["env", "GOMODCACHE"], { signal })).stdout.trim();
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      GOPATH: folder,
      GOMODCACHE: moduleCache,
      GOOS: platform.os,
      GOARCH: platform.architecture,
      GOFLAGS: "-trimpath",
      CGO_ENABLED: "0",
    };
    delete env["GOBIN"];
    await run("go", ["install", MODULE], { env, signal, cwd: folder, maxBuffer: 16 << 20 });
    const suffix = platform.os === "windows" ? ".exe" : "";
    const built = [join(folder, "bin", `server${suffix}`), join(folder, "bin", `${platform.os}_${platform.architecture}`, `server${suffix}`)].find((path) => existsSync(path));
    if (built === undefined) throw new Error("go install ended well but left no binary named server");
    const facts = (await run("go", ["version", "-m", built], { signal })).stdout;
    if (!facts.includes(`v${TOXIPROXY_VERSION}`)) throw new Error(`the binary built is not ${TOXIPROXY_VERSION}: ${facts}`);
    return built;
  } catch (cause) {
    if (options.signal?.aborted === true) throw new HarnessError("INTERRUPTED", "the build of Toxiproxy was interrupted", { nextStep: "run it again", cause });
    if (signal.aborted) {
      throw new HarnessError("TIMEOUT", `go install ${MODULE} not finished after ${deadlineMs} ms`, { nextStep: "check that Go can download modules, or run the command by hand once to fill its cache", cause });
    }
    throw new HarnessError("ENGINE_MISSING", `Toxiproxy ${TOXIPROXY_VERSION} could not be built by go install ${MODULE}`, {
      nextStep: "install Go 1.23 or later and check that it can download modules; the local cluster needs no Go, it brings a compatible server",
      cause,
    });
  }
}
