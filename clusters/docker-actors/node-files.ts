import { entryFile } from "../../harness/entry.ts";
import { ownProgramFiles, ownProgramInImage } from "../docker/own-program.ts";

/** The build context of a node's image: this very Node, and the node's program with all that it imports. */
export function nodeFiles(): { readonly [name: string]: string } {
  return ownProgramFiles(["harness", "clusters/local", "clusters/systems"]);
}

/** The node's program in the image. */
export function programInImage(): string {
  return ownProgramInImage(entryFile(import.meta.url, "../local/node-main"));
}
