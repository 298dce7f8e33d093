/** Packs the package, installs it into an empty folder beside the oldest supported Node, and uses it there as a user would. */
import assert from "node:assert/strict";
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";

$.verbose = false;
$.preferLocal = true;
const oldestNode = "22.18.0";
const root = join(import.meta.dirname, "..");
process.chdir(root);
const folder = mkdtempSync(join(tmpdir(), "rashomon-package-"));
try {
  const packed = await $`npm pack --silent --pack-destination ${folder}`;
  const tarball = join(folder, packed.stdout.trim().split("\n").at(-1) ?? "");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  const inside = $({ cwd: folder, preferLocal: folder, nothrow: true });
  const install = await inside`npm install --no-audit --no-fund --loglevel=error ${tarball} ${`node@${oldestNode}`}`;
  assert.equal(install.exitCode, 0, install.stderr);
  const node = join(folder, "node_modules", ".bin", "node");
  const rashomon = join(folder, "node_modules", "rashomon", "dist", "cli", "main.js");
  const user = async (...args: string[]): Promise<{ code: number | null; out: string; err: string }> => {
    const result = await inside`${node} ${rashomon} ${args}`;
    return { code: result.exitCode, out: result.stdout, err: result.stderr };
  };
  assert.equal((await inside`${node} --version`).stdout.trim(), `v${oldestNode}`);

  for (const file of globSync("clusters/**/{Dockerfile,go.mod,go.sum}", { cwd: root })) assert(existsSync(join(folder, "node_modules", "rashomon", "dist", file)), `${file} is in the package`);

  const history = join(folder, "history.jsonl");
  const op = (index: number, process: number, type: string, f: string, value: unknown): string => JSON.stringify({ index, process, type, f, value, timeNs: index });
  writeFileSync(history, [op(0, 0, "invoke", "write", 1), op(1, 0, "ok", "write", 1), op(2, 1, "invoke", "read", null), op(3, 1, "ok", "read", null)].join("\n") + "\n");
  const check = await user("check", history, "--spec", "register", "--json");
  assert.equal(check.code, 1, check.err);
  assert.equal((JSON.parse(check.out) as { verdict: string }).verdict, "invalid");

  const explore = await user("explore", "abd-fast-read", "--json");
  assert.equal(explore.code, 1, explore.err);
  const run = await user("run", "abd", "--time-limit", "3s", "--rate", "50", "--nemesis", "isolate", "--seed", "7", "--json");
  assert.equal(run.code, 0, run.err + run.out);
  assert.equal((await user("list", "systems", "--json")).code, 0);
  assert.equal((await user("check", "nowhere.jsonl")).code, 4);
  assert.equal((await user("check", history, "--no-such-option")).code, 254);

  writeFileSync(
    join(folder, "use.mjs"),
    `for (const entry of ["", "/checkers", "/model", "/workloads", "/nemesis", "/clusters", "/results"]) {
       const module = await import("rashomon" + entry);
       if (Object.keys(module).length === 0) throw new Error("rashomon" + entry + " exports nothing");
     }`,
  );
  const imports = await inside`${node} use.mjs`;
  assert.equal(imports.exitCode, 0, imports.stderr);
  console.log(`the packed package works on Node ${oldestNode}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
