import { expect, it } from "vitest";
import { deadlineSignal } from "../../harness/time.ts";
import { ensureDebian, presentDebian } from "./debian.ts";
import { engineFor } from "./testing/engine.ts";

it("a release that neither a registry nor a mirror has is IMAGE_MISSING by its name, and leaves no image", async (context) => {
  const engine = await engineFor(context);
  const release = { number: 99, codename: "rashomon-nobody-has-this" };

  await expect(ensureDebian(release, { engine, signal: deadlineSignal(300_000), progress: () => {} })).rejects.toMatchObject({ code: "IMAGE_MISSING", message: expect.stringContaining(release.codename) });

  expect(await presentDebian(engine, release)).toBeUndefined();
});
