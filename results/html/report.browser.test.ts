import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleReport } from "../testing/sample.ts";
import { renderReport } from "./report.ts";

/** A real browser opens the page from disk. Debian's package `chromium`; elsewhere name one in RASHOMON_CHROMIUM. */
const executable = process.env["RASHOMON_CHROMIUM"] ?? "/usr/bin/chromium";
const found = existsSync(executable);

describe.skipIf(!found)(`the report in a browser${found ? "" : ` (skipped: no browser at ${executable})`}`, () => {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rashomon-browser-"));
    writeFileSync(join(folder, "report.html"), renderReport(sampleReport()));
    browser = await chromium.launch({
      executablePath: executable,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ["a phone", 360, 740],
    ["a desk", 1280, 900],
  ])("on %s it asks for nothing else, logs no error, and does not scroll sideways", async (_title, width, height) => {
    const page = await browser.newPage({ viewport: { width, height } });
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(join(folder, "report.html")).href);

    expect(asked).toEqual([pathToFileURL(join(folder, "report.html")).href]);
    expect(complaints).toEqual([]);
    const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(wide).toBe(0);
    expect(await page.locator("h1").count()).toBe(1);
    expect(await page.locator("svg").count()).toBeGreaterThan(1);
    for (const picture of await page.locator("svg[role=img]").all()) expect(await picture.getAttribute("aria-label") ?? (await picture.locator("title").count())).toBeTruthy();
    await page.close();
  });
});
