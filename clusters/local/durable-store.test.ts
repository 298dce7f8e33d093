import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DurableStore, fallBack } from "./durable-store.ts";
import { LineFile } from "./line-file.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function synced(store: DurableStore): Promise<void> {
  return new Promise((resolve) => store.sync(resolve));
}

test("a store that nothing was saved in holds null and makes no file", () => {
  const path = join(folder, "empty.jsonl");

  expect(new DurableStore(path).load()).toBeNull();
  expect(readdirSync(folder)).not.toContain("empty.jsonl");
});

test("a store opened again holds what was saved last", async () => {
  const path = join(folder, "again.jsonl");
  const store = new DurableStore(path);
  store.append({ value: 1 });
  await synced(store);
  store.append({ value: "zwölf" });
  await synced(store);

  expect(new DurableStore(path).load()).toEqual({ value: "zwölf" });
});

test("a save that a kill tore is as if it had not been made, and the next one is whole", async () => {
  const path = join(folder, "torn.jsonl");
  const store = new DurableStore(path);
  store.append(1);
  await synced(store);
  appendFileSync(path, '[{"half":');

  const restarted = new DurableStore(path);
  expect(restarted.load()).toBe(1);
  restarted.append(2);
  await synced(restarted);
  expect(new DurableStore(path).load()).toBe(2);
});

test("a file that has grown is replaced by its last line", async () => {
  const path = join(folder, "grown.jsonl");
  const store = new DurableStore(path, "kernel");
  const big = "x".repeat(500_000);
  for (let i = 0; i < 12; i++) {
    store.append([i, big]);
    await synced(store);
  }

  expect(statSync(path).size).toBeLessThan(5_500_000);
  expect(new DurableStore(path).load()).toEqual([11, big]);
});

test("a store that is removed while it syncs takes its file with it", async () => {
  const path = join(folder, "removed.jsonl");
  const store = new DurableStore(path);
  store.append(1);
  const done = synced(store);
  store.remove();
  await done;

  expect(new DurableStore(path).load()).toBeNull();
});

test("opening a line file again drops its torn last line, however long it is", () => {
  const path = join(folder, "lines");
  const file = new LineFile(path);
  file.append("first\n");
  file.append(`${"y".repeat(200_000)}\n`);
  appendFileSync(path, "z".repeat(150_000));

  const again = new LineFile(path);
  expect(again.last()).toBe("y".repeat(200_000));
  again.append("end\n");
  expect(readFileSync(path, "utf8").split("\n").map((line) => line.length)).toEqual([5, 200_000, 3, 0]);
});

test("a disk that lied falls back to an earlier save, to none at all, and never to what it had not held", async () => {
  const path = join(folder, "lied.jsonl");
  const store = new DurableStore(path);
  for (const value of [1, { two: "zwölf" }, 3]) {
    store.append(value);
    await synced(store);
  }

  expect(fallBack(path, 4)).toBe(false);
  expect(new DurableStore(path).load()).toBe(3);
  expect(fallBack(path, { two: "zwölf" })).toBe(true);
  expect(new DurableStore(path).load()).toEqual({ two: "zwölf" });
  expect(fallBack(path, null)).toBe(true);
  expect(new DurableStore(path).load()).toBeNull();
  expect(fallBack(join(folder, "never-made.jsonl"), null)).toBe(true);
});
