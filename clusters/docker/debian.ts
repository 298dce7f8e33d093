import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { assert } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";
import { isObject } from "../../harness/json.ts";
import { findProgram } from "./program.ts";
import { findImage, followToEnd, pullImage, type ImageWork } from "./image.ts";

/**
 * A release of Debian "slim", which images stand on. Where a registry answers it is pulled; where none does, the same
 * minimal system is bootstrapped from a Debian mirror by mmdebstrap and streamed into the engine, without a file in between:
 *
 *     registry ──pull──────────────────────────┐
 *                                              ├─→ debian ──Dockerfile──→ rashomon-base
 *     Debian mirror ──mmdebstrap──tar──import──┘
 *
 * What was bootstrapped gets a name of our own: it must not pass for the official image later.
 */
export interface DebianRelease {
  readonly number: number;
  /** What mirrors and registries call it. */
  readonly codename: string;
}
export const debian11: DebianRelease = { number: 11, codename: "bullseye" };
/** What every image stands on unless it says otherwise. */
export const debian12: DebianRelease = { number: 12, codename: "bookworm" };
export const debian13: DebianRelease = { number: 13, codename: "trixie" };

const ownRepository = "rashomon-debian";

/** Its image's name at registries. */
export function officialDebian({ codename }: DebianRelease): string {
  return `debian:${codename}-slim`;
}

/** Which Debian image is there now, without fetching one. */
export async function presentDebian(engine: ImageWork["engine"], release: DebianRelease): Promise<string | undefined> {
  for (const reference of [officialDebian(release), ownDebian(release)]) if ((await findImage(engine, reference)) !== undefined) return reference;
  return undefined;
}

/** Name of the release's image, which the engine has afterwards; `IMAGE_MISSING` where neither a registry nor a mirror gives it. */
export async function ensureDebian(release: DebianRelease, work: ImageWork): Promise<string> {
  const present = await presentDebian(work.engine, release);
  if (present !== undefined) return present;
  const official = officialDebian(release);
  try {
    await pullImage(official, work);
    return official;
  } catch (pullFailure) {
    work.signal.throwIfAborted();
    const mmdebstrap = findProgram("mmdebstrap");
    if (mmdebstrap === undefined) {
      throw new HarnessError("IMAGE_MISSING", `image ${official} cannot be pulled, and there is no mmdebstrap to bootstrap it`, {
        nextStep: "install mmdebstrap (apt-get install mmdebstrap), or load the image on this machine with `docker load`",
        cause: pullFailure,
      });
    }
    work.progress(`image ${official}: no registry answers; bootstrapping it from a Debian mirror (about half a minute)`);
    await bootstrapDebian(release, mmdebstrap, work);
    return ownDebian(release);
  }
}

function ownDebian({ codename }: DebianRelease): string {
  return `${ownRepository}:${codename}`;
}

/**
 * mmdebstrap writes its tar to standard output, the engine imports it as it comes. The name is given last: an import
 * cut short by a failing bootstrap must not be found by the next run.
 */
async function bootstrapDebian(release: DebianRelease, mmdebstrap: string, work: ImageWork): Promise<void> {
  const child = spawn(mmdebstrap, ["--variant=minbase", "--include=ca-certificates", release.codename, "-"], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = endOf(child, work.progress);
  const stop = (): void => endGroup(child);
  work.signal.addEventListener("abort", stop, { once: true });
  let imported: string | undefined;
  try {
    const importing = importTar(child.stdout, work).then((id) => (imported = id));
    const [end] = await Promise.allSettled([ended, importing]);
    if (end.status === "rejected") throw end.reason;
    await importing;
    assert(imported !== undefined, "the engine names what it imported");
    await work.engine.api.getImage(imported).tag({ repo: ownRepository, tag: release.codename });
  } catch (cause) {
    endGroup(child);
    if (imported !== undefined) await work.engine.api.getImage(imported).remove({ force: true }).catch(() => {});
    work.signal.throwIfAborted();
    throw new HarnessError("IMAGE_MISSING", `the base system of Debian ${release.number} (${release.codename}) could not be bootstrapped`, {
      nextStep: "check that a Debian mirror answers (apt-get update) and has this release, and that this user may run mmdebstrap (root, or user namespaces)",
      cause,
    });
  } finally {
    work.signal.removeEventListener("abort", stop);
  }
}

/** Rejects with its last words when it fails. */
function endOf(child: ChildProcessByStdio<null, Readable, Readable>, progress: (line: string) => void): Promise<void> {
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
    for (const line of text.split("\n")) if (line.startsWith("I: ")) progress(`mmdebstrap: ${line.slice(3)}`);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => (code === 0 ? resolve() : reject(new Error(`mmdebstrap ended with ${code ?? signal}: ${said.trim()}`))));
  });
}

/** mmdebstrap alone would first finish its step; with its children ended it cleans up at once. */
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch {
    // It ended in between.
  }
}

/** The id of the image that the tar became. */
async function importTar(tar: Readable, work: ImageWork): Promise<string> {
  let id: string | undefined;
  // An abort ends the bootstrap, and with it the tar; the import is followed to its end to know what to remove.
  const patient = { ...work, signal: new AbortController().signal };
  await followToEnd(await work.engine.api.importImage(tar, {}), patient, (item) => {
    const status = isObject(item) ? item["status"] : undefined;
    if (typeof status === "string" && status.startsWith("sha256:")) id = status;
  });
  if (id === undefined) throw new Error("the engine did not say what it imported");
  return id;
}
