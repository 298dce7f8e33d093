import { debian12, ensureDebian, type DebianRelease } from "./debian.ts";
import { dockerfileBeside, ensureImage, type Image, type ImageWork } from "./image.ts";

/** The base image of nodes and pods: a Debian with an init, iptables and the like. */
export async function ensureBaseImage(work: ImageWork, release: DebianRelease = debian12): Promise<Image> {
  const debian = await ensureDebian(release, work);
  return await ensureImage({ name: "base", dockerfile: dockerfileBeside(import.meta.url, "./images/base"), args: { DEBIAN: debian } }, work);
}
