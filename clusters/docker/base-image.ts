import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { assert } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";
import { isObject } from "../../harness/json.ts";
import { findProgram } from "./program.ts";
import { dockerfileBeside, ensureImage, findImage, followToEnd, pullImage, type Image, type ImageWork } from "./image.ts";

/**
 * Every image stands on Debian 12 "slim". Where a registry answers it is pulled; where none does, the same minimal
 * system is bootstrapped from a Debian mirror by mmdebstrap and streamed into the engine, without a file in between:
 *
 *     registry ──pull──────────────────────────┐
 *                                              ├─→ debian ──Dockerfile──→ rashomon-base
 *     Debian mirror ──mmdebstrap──tar──import──┘
 *
 * What was bootstrapped gets a name of our own: it must not pass for the official image later.
 */
const officialDebian = "debian:bookworm-slim";
const ownDebianName = { repo: "rashomon-debian", tag: "bookworm" } as const;
const ownDebian = `${ownDebianName.repo}:${ownDebianName.tag}`;

/** The base image of nodes and pods: Debian with an init, iptables and the like. */
export async function ensureBaseImage(work: ImageWork): Promise<Image> {
  const debian = await ensureDebian(work);
  return await ensureImage({ name: "base", dockerfile: dockerfileBeside(import.meta.url, "./images/base"), args: { DEBIAN: debian } }, work);
}

/** Which Debian image is there now, without fetching one. */
export async function presentDebian(engine: ImageWork["engine"]): Promise<string | undefined> {
  for (const reference of [officialDebian, ownDebian]) if ((await findImage(engine, reference)) !== undefined) return reference;
  return undefined;
}

/** Name of a Debian image that the engine has. */
async function ensureDebian(work: ImageWork): Promise<string> {
  const present = await presentDebian(work.engine);
  if (present !== undefined) return present;
  try {
    await pullImage(officialDebian, work);
    return officialDebian;
  } catch (pullFailure) {
    work.signal.throwIfAborted();
    const mmdebstrap = findProgram("mmdebstrap");
    if (mmdebstrap === undefined) {
      throw new HarnessError("IMAGE_MISSING", `image ${officialDebian} cannot be pulled, and there is no mmdebstrap to bootstrap it`, {
        nextStep: "install mmdebstrap (apt-get install mmdebstrap), or load the image on this machine with `docker load`",
        cause: pullFailure,
      });
    }
    work.progress(`image ${officialDebian}: no registry answers; bootstrapping it from a Debian mirror (about half a minute)`);
    await bootstrapDebian(mmdebstrap, work);
    return ownDebian;
  }
}

/**
 * mmdebstrap writes its tar to standard output, the engine imports it as it comes. The name is given last: an import
 * cut short by a failing bootstrap must not be found by the next run.
 */
async function bootstrapDebian(mmdebstrap: string, work: ImageWork): Promise<void> {
  const child = spawn(mmdebstrap, ["--variant=minbase", "--include=ca-certificates", "bookworm", "-"], { stdio: ["ignore", "pipe", "pipe"], detached: true });
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
    await work.engine.api.getImage(imported).tag(ownDebianName);
  } catch (cause) {
    endGroup(child);
    if (imported !== undefined) await work.engine.api.getImage(imported).remove({ force: true }).catch(() => {});
    work.signal.throwIfAborted();
    throw new HarnessError("IMAGE_MISSING", "the Debian base system could not be bootstrapped", {
      nextStep: "check that a Debian mirror answers (apt-get update), and that this user may run mmdebstrap (root, or user namespaces)",
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
