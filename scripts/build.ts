/** Builds `dist`: `tsc` lowers the source to what the oldest supported Node runs; assets are copied beside it. */
import { cpSync, existsSync, globSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
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
// Files that are read at run time beside the code: Dockerfiles, styles, page scripts.
for (const asset of globSync("{clusters,results}/**/*.{css,html,mjs,c,json,sh}").concat(globSync("clusters/**/{Dockerfile*,go.mod,go.sum}"))) {
  if (existsSync(join("dist", dirname(asset)))) cpSync(asset, join("dist", asset));
}
