import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { entryFile } from "../../harness/entry.ts";

/** Where the files lie in the image. */
const imageRoot = "/rashomon";
/** Folders of the harness from which a node's program takes what it imports; no npm package is among that. */
const folders = ["harness", "clusters/local", "clusters/systems"];

/** The build context of a node's image: this very Node, and the node's program with all that it imports, source or `dist` alike. */
export function nodeFiles(): { readonly [name: string]: string } {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const files: { [name: string]: string } = { node: process.execPath };
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(extension) || /\.test\.[jt]s$|\.d\.ts$/.test(entry.name) || entry.parentPath.includes(`${sep}testing`)) continue;
      const path = join(entry.parentPath, entry.name);
      files[`source/${relative(root, path).split(sep).join("/")}`] = path;
    }
  }
  return files;
}

/** The node's program in the image. */
export function programInImage(): string {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  return `${imageRoot}/${relative(root, entryFile(import.meta.url, "../local/node-main")).split(sep).join("/")}`;
}
