import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { entryFile } from "../../harness/entry.ts";

it("the keeper's program refuses to run on a machine, where everybody's processes are", () => {
  const ended = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", entryFile(import.meta.url, "./keeper-main")], { encoding: "utf8", input: "" });

  expect(ended.status).not.toBe(0);
  expect(ended.stderr).toContain("never that of a machine");
});
