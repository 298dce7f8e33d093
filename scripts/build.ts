/** Builds `dist`: `tsc` lowers the source to what the oldest supported Node runs; assets are copied beside it. */
import { cpSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { $ } from "zx";

$.verbose = false;
$.preferLocal = true;
const root = join(import.meta.dirname, "..");
process.chdir(root);
rmSync("dist", { recursive: true, force: true });
const result = await $({ nothrow: true })`tsc -p tsconfig.build.json`;
if (result.exitCode !== 0) {
  console.error(result.stdout);
  process.exit(1);
}
// Files that are read at run time beside the code, also where there is no code beside them: Dockerfiles and what they build from.
for (const asset of globSync("clusters/**/{Dockerfile,go.mod,go.sum}")) cpSync(asset, join("dist", asset));
