import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolders } from "./folders.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "rashomon-folders-"))));
afterEach(() => rmSync(folder, { recursive: true }));

describe("folders are made", () => {
  it("with those above them that are missing, and again without harm", () => {
    const path = join(folder, "a", "b", "c");
    makeFolders(path);
    makeFolders(path);

    expect(statSync(path).isDirectory()).toBe(true);
  });

  it("not where a file is in the way", () => {
    writeFileSync(join(folder, "file"), "");

    expect(() => makeFolders(join(folder, "file"))).toThrow("EEXIST");
    expect(() => makeFolders(join(folder, "file", "below"))).toThrow("ENOTDIR");
  });

  it("or not made at all, where the file system has no room for folders: it is said, and does not take forever", () => {
    expect(() => makeFolders("/proc/rashomon/runs")).toThrow();
  });
});
