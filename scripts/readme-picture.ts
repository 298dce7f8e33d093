/**
 * Takes the README's picture and its table of witnesses from a real demo run: `npm run readme -- runs/demo/latest`.
 * The picture is the top of the report and its first counterexample, in a real browser.
 */
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import type { ReportRecord, WitnessAccount } from "../results/records.ts";

const run = realpathSync(process.argv[2] ?? "runs/demo/latest");
const executable = process.env["RASHOMON_CHROMIUM"] ?? "/usr/bin/chromium";
if (!existsSync(executable)) {
  console.error(`no browser at ${executable}\n  next: install Debian's package chromium, or name one in RASHOMON_CHROMIUM`);
  process.exit(4);
}
const root = join(import.meta.dirname, "..");
const browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 1000 }, colorScheme: "light" });
  await page.goto(pathToFileURL(join(run, "report.html")).href);
  const bottom = await page.locator("section[aria-labelledby=counterexamples] figure").first().boundingBox();
  if (bottom === null) throw new Error("the report shows no counterexample");
  const top = await page.locator("section[aria-labelledby=counterexamples]").boundingBox();
  if (top === null) throw new Error("the report shows no counterexample");
  await page.screenshot({ path: join(root, "docs/images/counterexample.png"), clip: { x: 0, y: top.y, width: 1180, height: bottom.y + bottom.height - top.y + 24 }, fullPage: true });
  const lamport = page.locator("section[aria-labelledby=counterexamples] h3", { hasText: "explored" }).first();
  const lamportTop = await lamport.boundingBox();
  const lamportFigure = await page.locator("section[aria-labelledby=counterexamples] figure").nth(2).boundingBox();
  if (lamportTop !== null && lamportFigure !== null) {
    await page.screenshot({ path: join(root, "docs/images/lamport.png"), clip: { x: 0, y: lamportTop.y - 8, width: 1180, height: lamportFigure.y + lamportFigure.height - lamportTop.y + 20 }, fullPage: true });
  }
} finally {
  await browser.close();
}

const report = JSON.parse(readFileSync(join(run, "report.json"), "utf8")) as ReportRecord;
const systems = [...new Set(report.accounts.map(({ system }) => system))];
const words: { readonly [witness: string]: string } = { deploy: "**deployed**, real processes under faults", explore: "**explored**, every behaviour within bounds", simulate: "**simulated**, from seeds", compare: "**compared**, real rounds against the model" };
const first = (text: string): string => text.split("\n")[0]!.replace(/: whatever order.*$/, "");
const cell = (account: WitnessAccount | undefined): string => (account === undefined ? "" : `${{ valid: "✓", invalid: "✗", unknown: "?", vacuous: "∅" }[account.verdict]} ${first(account.summary)}`);
const rows = Object.keys(words).map((witness) => `| ${words[witness]} | ${systems.map((system) => cell(report.accounts.find((account) => account.witness === witness && account.system === system))).join(" | ")} |`);
const table = [`| witness | ${systems.map((system) => `\`${system}\``).join(" | ")} |`, `|---|${systems.map(() => "---|").join("")}`, ...rows, "", `Seed ${report.seed}, version ${report.harnessVersion}.`].join("\n");
const readme = join(root, "README.md");
writeFileSync(readme, readFileSync(readme, "utf8").replace(/<!-- witnesses -->[\s\S]*<!-- \/witnesses -->/, () => `<!-- witnesses -->\n${table}\n<!-- /witnesses -->`));
