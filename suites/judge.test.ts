import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeFile } from "./judge.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "rashomon-judge-"))));
afterAll(() => rmSync(folder, { recursive: true }));

test("a write whose completion names another value is judged by what was asked for, and that is said", async () => {
  const file = join(folder, "other.edn");
  writeFileSync(
    file,
    `{:process 0, :type :invoke, :f :write, :value 1}
     {:process 0, :type :ok, :f :write, :value 2}
     {:process 0, :type :invoke, :f :write, :value 3}
     {:process 0, :type :ok, :f :write, :value nil}
     {:process 0, :type :invoke, :f :read, :value nil}
     {:process 0, :type :ok, :f :read, :value 3}`,
  );

  const { verdict, notes } = await judgeFile(file, { set: [], budgetMs: 60_000, explain: false });

  expect(verdict.verdict).toBe("valid");
  expect(notes).toEqual(["op 1 completes write 1 with 2: judged by what was asked for"]);
});
