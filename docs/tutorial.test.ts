import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";

/** Every `sh exit=N` block of the tutorial is run, in order, in one folder; `file=NAME` blocks are written there first. */
const folder = join(import.meta.dirname, "tutorial");

describe.each(readdirSync(folder).filter((name) => name.endsWith(".md")))("tutorial %s", (name) => {
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), "rashomon-tutorial-"));
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  const blocks = [...readFileSync(join(folder, name), "utf8").matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```/gm)].map(([, language, info, text]) => ({ language, info: info ?? "", text: text ?? "" }));
  for (const block of blocks) {
    const target = /file=(\S+)/.exec(block.info)?.[1];
    const exit = /exit=(\d+)/.exec(block.info)?.[1];
    if (target !== undefined) test(`writes ${target}`, () => writeFileSync(join(place, target), block.text));
    if (exit === undefined) continue;
    const command = block.text.trim();
    // A command may take longer than the runner would wait: it has a limit of its own (`rashomon`).
    test(`\`${command}\` ends with ${exit}`, { timeout: 180_000 }, async () => {
      const [program, ...args] = command.split(/\s+/);
      expect(program).toBe("rashomon");
      const ran = await rashomon(args, { cwd: place });
      expect(ran.code, ran.err + ran.out).toBe(Number(exit));
    });
  }
});
