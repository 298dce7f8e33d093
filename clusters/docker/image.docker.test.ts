import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { deadlineSignal } from "../../harness/time.ts";
import { ensureBaseImage } from "./base-image.ts";
import { ensureImage, findImage, type ImageWork } from "./image.ts";
import type { Engine } from "./engine.ts";
import { engineFor } from "./testing/engine.ts";

const folder = mkdtempSync(join(tmpdir(), "rashomon-image-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function workOn(engine: Engine, progress: string[] = []): ImageWork {
  return { engine, signal: deadlineSignal(500_000), progress: (line) => progress.push(line) };
}

function dockerfile(...lines: readonly string[]): string {
  const path = join(folder, "Dockerfile");
  writeFileSync(path, lines.join("\n") + "\n");
  return path;
}

describe("an image", () => {
  it("of an unchanged recipe is built once; a changed file or argument makes another", async (context) => {
    const engine = await engineFor(context);
    const progress: string[] = [];
    const file = join(folder, "content");
    writeFileSync(file, "one");
    const recipe = { name: "test-once", dockerfile: dockerfile("FROM scratch", "ARG WHAT", "COPY content /"), args: { WHAT: String(process.pid) }, files: { content: file } };
    const made = new Set<string>();
    try {
      const first = await ensureImage(recipe, workOn(engine, progress));
      const again = await ensureImage(recipe, workOn(engine));
      const otherArgument = await ensureImage({ ...recipe, args: { WHAT: `${process.pid}-other` } }, workOn(engine));
      writeFileSync(file, "two");
      const otherFile = await ensureImage(recipe, workOn(engine));
      for (const { tag } of [first, again, otherArgument, otherFile]) made.add(tag);

      expect(first.origin).toBe("built");
      expect(progress.join("\n")).toContain("Step 3/");
      expect(again).toEqual({ ...first, origin: "cached" });
      expect(made.size).toBe(3);
    } finally {
      for (const tag of made) await engine.api.getImage(tag).remove({ force: true });
    }
  });

  it("whose build fails is IMAGE_MISSING with the output of the step, and leaves no container", async (context) => {
    const engine = await engineFor(context);
    const base = await ensureBaseImage(workOn(engine));
    const before = await engine.api.listContainers({ all: true, filters: { ancestor: [base.tag] } });
    const recipe = { name: "test-failing", dockerfile: dockerfile("ARG BASE", "FROM ${BASE}", `RUN echo the-reason-${process.pid} && false`), args: { BASE: base.tag } };

    await expect(ensureImage(recipe, workOn(engine))).rejects.toMatchObject({ code: "IMAGE_MISSING", message: expect.stringContaining(`the-reason-${process.pid}`) });

    expect(await engine.api.listContainers({ all: true, filters: { ancestor: [base.tag] } })).toHaveLength(before.length);
  });

  it("that nobody has is not found", async (context) => {
    expect(await findImage(await engineFor(context), "rashomon-nobody-has-this:1")).toBeUndefined();
  });
});
