// Installs what is missing from the lock file, then runs a source file with the pinned Node.
// Plain JavaScript without dependencies: it is the one file that an older Node must be able to run.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const stamp = join(root, "node_modules", ".rashomon-lock");
const lock = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
const node = join(root, "node_modules", ".bin", "node");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock || !existsSync(node)) {
  console.error("installing what is missing from package-lock.json …");
  const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (install.status !== 0) {
    console.error("npm ci failed\n  next: run `npm ci` in the project folder and read its message");
    process.exit(4);
  }
  writeFileSync(stamp, lock);
}

const [file, ...rest] = process.argv.slice(2);
if (file !== undefined) {
  const { spawn } = await import("node:child_process");
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(root, file), ...rest], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 255)));
}
