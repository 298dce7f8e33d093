import { homedir } from "node:os";
import { join } from "node:path";
import { HarnessError } from "../../harness/errors.ts";
import { buildToxiproxy, TOXIPROXY_VERSION } from "../net/build-toxiproxy.ts";
import { dockerfileBeside, ensureImage, findImage, imageLabel, pullImage, type Image, type ImageWork } from "./image.ts";

/**
 * The pod's image carries a real Toxiproxy 2.12: out of the official image where one can be pulled, else built with Go
 * on this machine and put into an image of the same form. Either way the binary ends in our own base image, beside
 * iptables, so that pods are alike wherever Toxiproxy came from.
 */

/** The official image by its short name, for the engine's own registry to resolve; RASHOMON_TOXIPROXY_IMAGE names another one, such as the makers' registry's. */
export function officialToxiproxy(): string {
  return process.env["RASHOMON_TOXIPROXY_IMAGE"] ?? `shopify/toxiproxy:${TOXIPROXY_VERSION}`;
}

export async function ensurePodImage(base: Image, work: ImageWork): Promise<Image & { readonly toxiproxy: string }> {
  const toxiproxy = await ensureToxiproxy(work);
  const pod = await ensureImage({ name: "pod", dockerfile: dockerfileBeside(import.meta.url, "./images/pod"), args: { BASE: base.tag, TOXIPROXY: toxiproxy } }, work);
  return { ...pod, toxiproxy };
}

/** Which Toxiproxy image is there now, without fetching or building one: the official one, else one built here. */
export async function presentToxiproxy(engine: ImageWork["engine"]): Promise<string | undefined> {
  if ((await findImage(engine, officialToxiproxy())) !== undefined) return officialToxiproxy();
  const built = await engine.api.listImages({ filters: { label: [`${imageLabel}=toxiproxy`] } });
  return built.flatMap((image) => image.RepoTags ?? []).find((tag) => tag.startsWith("rashomon-toxiproxy:"));
}

/** Name of an image with `/toxiproxy` in it. */
async function ensureToxiproxy(work: ImageWork): Promise<string> {
  const present = await presentToxiproxy(work.engine);
  if (present !== undefined) return present;
  try {
    await pullImage(officialToxiproxy(), work);
    return officialToxiproxy();
  } catch (pullFailure) {
    work.signal.throwIfAborted();
    work.progress(`image ${officialToxiproxy()}: cannot be pulled; building Toxiproxy ${TOXIPROXY_VERSION} with Go`);
    const binary = await buildToxiproxy({
      cacheDir: cacheFolder(),
      platform: { os: "linux", architecture: work.engine.architecture },
      signal: work.signal,
    }).catch((buildFailure: unknown) => {
      work.signal.throwIfAborted();
      throw new HarnessError("IMAGE_MISSING", `Toxiproxy ${TOXIPROXY_VERSION} can neither be pulled nor built`, {
        nextStep: `install Go 1.23 or later, or load the image ${officialToxiproxy()} with \`docker load\`, or name another one in RASHOMON_TOXIPROXY_IMAGE`,
        cause: new AggregateError([pullFailure, buildFailure], [pullFailure, buildFailure].map((error) => (error instanceof Error ? error.message : String(error))).join("; ")),
      });
    });
    const recipe = { name: "toxiproxy", dockerfile: dockerfileBeside(import.meta.url, "./images/toxiproxy"), args: {}, files: { "toxiproxy-server": binary } };
    return (await ensureImage(recipe, work)).tag;
  }
}

/** Where binaries that were built once are kept between runs. */
export function cacheFolder(): string {
  const told = process.env["XDG_CACHE_HOME"];
  return join(told === undefined || told === "" ? join(homedir(), ".cache") : told, "rashomon");
}
