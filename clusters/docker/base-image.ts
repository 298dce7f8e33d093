import { spawn } from "node:child_process";
import { HarnessError } from "../../harness/errors.ts";
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
const ownDebian = "rashomon-debian:bookworm";

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

/** mmdebstrap writes its tar to standard output, the engine imports it as it comes. */
async function bootstrapDebian(mmdebstrap: string, work: ImageWork): Promise<void> {
  const child = spawn(mmdebstrap, ["--variant=minbase", "--include=ca-certificates", "bookworm", "-"], {
    stdio: ["ignore", "pipe", "pipe"],
    signal: work.signal,
    killSignal: "SIGTERM",
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
    for (const line of text.split("\n")) if (line.startsWith("I: ")) work.progress(`mmdebstrap: ${line.slice(3)}`);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => (code === 0 ? resolve() : reject(new Error(`mmdebstrap ended with ${code ?? signal}: ${said.trim()}`))));
  });
  try {
    const [repo, tag] = ownDebian.split(":");
    const imported = work.engine.api
      .importImage(child.stdout, { repo, tag })
      .then((stream) => followToEnd(stream, work, () => {}));
    await Promise.all([ended, imported]);
  } catch (cause) {
    child.kill("SIGTERM");
    work.signal.throwIfAborted();
    throw new HarnessError("IMAGE_MISSING", "the Debian base system could not be bootstrapped", {
      nextStep: "check that a Debian mirror answers (apt-get update), and that this user may run mmdebstrap (root, or user namespaces)",
      cause,
    });
  }
}
