import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { HarnessError } from "../../harness/errors.ts";
import { deadlineSignal } from "../../harness/time.ts";

/**
 * A program out of its Go module, of an exact version, built through Go's own package manager and checked against its
 * checksum database. Static (`CGO_ENABLED=0`), so one binary runs in any container of its platform.
 */
export interface GoProgram {
  /** For people: `Toxiproxy`. */
  readonly label: string;
  /** The binary's name in the cache, before version and platform. */
  readonly binary: string;
  /** Without the `v`. */
  readonly version: string;
  /** Arguments of `go` that leave a binary in `bin/` below the folder in which it runs. */
  readonly build: readonly string[];
  /** Absolute; a folder whose `go.mod` and `go.sum` the build stands on, where the module cannot be installed by itself. */
  readonly moduleFolder?: string;
  /** Name of that binary, without the `.exe` of Windows; default `server`. */
  readonly leaves?: string;
  /** What to do where it cannot be built. */
  readonly nextStep: string;
}

/** Where the binary shall run; Go's names. Default: this machine. Containers need `linux`. */
export interface GoPlatform {
  readonly os: string;
  readonly architecture: string;
}

export interface GoBuildOptions {
  /** Absolute; kept from run to run. The binary's name holds version and platform, so several may share the folder. */
  readonly cacheDir: string;
  readonly platform?: GoPlatform;
  readonly signal?: AbortSignal;
  /** Default 600,000: a first build downloads its modules; Toxiproxy takes about 40 s and etcd about 70 s of two cores. */
  readonly deadlineMs?: number;
}

/**
 * Absolute path of the binary; built when the cache has none, else no work.
 * Several processes may build at once: each builds in a folder of its own and renames, so none sees half a file.
 * Errors: ENGINE_MISSING without Go (or with one that fails), TIMEOUT, INTERRUPTED.
 */
export async function buildGoProgram(program: GoProgram, options: GoBuildOptions): Promise<string> {
  const platform = options.platform ?? hostPlatform();
  const target = join(options.cacheDir, `${program.binary}-${program.version}-${platform.os}-${platform.architecture}`);
  if (existsSync(target)) return target;
  mkdirSync(options.cacheDir, { recursive: true });
  const folder = mkdtempSync(join(options.cacheDir, "build-"));
  try {
    const built = await build(program, { folder, platform, ...options });
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
export function hostPlatform(): GoPlatform {
  const architectures: { readonly [node: string]: string } = { x64: "amd64", ia32: "386" };
  return { os: process.platform === "win32" ? "windows" : process.platform, architecture: architectures[process.arch] ?? process.arch };
}

const run = promisify(execFile);

async function build(program: GoProgram, { folder, platform, ...options }: GoBuildOptions & { readonly folder: string; readonly platform: GoPlatform }): Promise<string> {
  const { label, version, moduleFolder } = program;
  const deadlineMs = options.deadlineMs ?? 600_000;
  const signal = deadlineSignal(deadlineMs, options.signal);
  const command = `go ${program.build.join(" ")}`;
  try {
    // GOBIN refuses cross builds, so the binary goes below a GOPATH of its own; downloads stay in the user's module cache.
    const moduleCache = (await run("go", ["env", "GOMODCACHE"], { signal })).stdout.trim();
    const env: NodeJS.ProcessEnv = { ...process.env, GOPATH: folder, GOMODCACHE: moduleCache, GOOS: platform.os, GOARCH: platform.architecture, GOFLAGS: "-trimpath", CGO_ENABLED: "0" };
    delete env["GOBIN"];
    if (moduleFolder !== undefined) for (const file of ["go.mod", "go.sum"]) copyFileSync(join(moduleFolder, file), join(folder, file));
    await run("go", program.build, { env, signal, cwd: folder, maxBuffer: 16 << 20 });
    const suffix = platform.os === "windows" ? ".exe" : "";
    const name = `${program.leaves ?? "server"}${suffix}`;
    const built = [join(folder, "bin", name), join(folder, "bin", `${platform.os}_${platform.architecture}`, name)].find((path) => existsSync(path));
    if (built === undefined) throw new Error(`${command} ended well but left no binary named ${name}`);
    const facts = (await run("go", ["version", "-m", built], { signal })).stdout;
    if (!facts.includes(`v${version}`)) throw new Error(`the binary built is not ${version}: ${facts}`);
    return built;
  } catch (cause) {
    if (options.signal?.aborted === true) throw new HarnessError("INTERRUPTED", `the build of ${label} was interrupted`, { nextStep: "run it again", cause });
    if (signal.aborted) {
      throw new HarnessError("TIMEOUT", `${command} not finished after ${deadlineMs} ms`, { nextStep: "check that Go can download modules, or run the command by hand once to fill its cache", cause });
    }
    throw new HarnessError("ENGINE_MISSING", `${label} ${version} could not be built by ${command}`, { nextStep: program.nextStep, cause });
  }
}
