/**
 * `npm run bench [-- NAME…]`: each benchmark is a file of its own that prints its seed, versions, three runs and CPU time.
 * Without names all of them run, one after the other, each in a process of its own.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename, join } from "node:path";

const folder = import.meta.dirname;
const all = globSync(join(folder, "*.ts"))
  .map((file) => basename(file, ".ts"))
  .filter((name) => name !== "main" && !name.endsWith(".test"))
  .sort();
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")} (there are ${all.join(", ")})`);
  process.exit(254);
}
let failed = 0;
for (const name of asked.length > 0 ? asked : all) {
  console.log(`\n== ${name}`);
  const result = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", "--expose-gc", join(folder, `${name}.ts`)], { stdio: "inherit" });
  if (result.status !== 0) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
