import { fileURLToPath } from "node:url";
import type { Json } from "../../harness/json.ts";
import { ensureBaseImage } from "./base-image.ts";
import type { DockerSystem } from "./docker-system.ts";
import type { Engine } from "./engine.ts";
import { ensureImage, imageDigest, type Image, type ImageRecipe, type ImageWork } from "./image.ts";
import { ensurePodImage } from "./pod-image.ts";

/** The images of one cluster: what they stand on, its pods', and its database's. */
export interface ClusterImages {
  readonly base: Image;
  readonly pod: Image;
  /** Where the pod's Toxiproxy came from. */
  readonly toxiproxy: string;
  readonly system: Image;
}

/** All of them, fetched or built where they are missing: a minute the first time, a tenth of a second from then on. */
export async function clusterImages(system: DockerSystem, work: ImageWork): Promise<ClusterImages> {
  const pod = await ensurePodImage(await ensureBaseImage(work), work);
  const base = await ensureBaseImage(work, system.debian);
  const files = typeof system.files === "function" ? await system.files(work) : (system.files ?? {});
  const second = system.secondDebian === undefined ? undefined : await ensureBaseImage(work, system.secondDebian);
  const recipe: ImageRecipe = {
    name: system.name,
    dockerfile: system.dockerfile,
    args: { BASE: base.tag, ...(second === undefined ? {} : { SECOND: second.tag }) },
    files: { ...files, ...(second === undefined ? {} : { relocate: relocateScript }) },
  };
  return { base, pod, toxiproxy: pod.toxiproxy, system: await ensureImage(recipe, work) };
}

/** Absolute path, for source and `dist` alike. */
const relocateScript = fileURLToPath(new URL("./images/second-debian/relocate.sh", import.meta.url));

/** By role, each with the digest or id by which the very same image can be found again. */
export async function imageDigests(engine: Engine, made: { readonly system: DockerSystem; readonly images: ClusterImages }): Promise<Json> {
  const { system, images } = made;
  return {
    [system.name]: await imageDigest(engine, images.system.tag),
    pod: await imageDigest(engine, images.pod.tag),
    toxiproxy: await imageDigest(engine, images.toxiproxy),
    base: await imageDigest(engine, images.base.tag),
  };
}
