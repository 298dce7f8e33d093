/**
 * The race to the bug: for every faulty twin, what it takes the explorer, the simulator and real processes to find it.
 * Writes `docs/race.md`. States, steps and runs follow from the seeds and repeat exactly; CPU times are this machine's, and
 * so is which real rounds are bad.
 *
 *     npm run race            npx node scripts/race.ts [TWIN…] [--print]     twins: only these, and no page; --print: to the terminal
 *
 * A twin that was raced is remembered in `runs/race.jsonl` until the page is written, so an interrupted race goes on
 * where it was; what another commit remembered does not count.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemDefinitions } from "../clusters/systems/registry.ts";
import { harnessCommit } from "../suites/machine.ts";
import { type Raced, race, warmUp } from "./race/measure.ts";
import { pageOf, rowOf } from "./race/page.ts";

const memory = join(import.meta.dirname, "../runs/race.jsonl");
const commit = harnessCommit();

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const twins = systemDefinitions.filter(({ name, role }) => role === "twin" && (asked.length === 0 || asked.includes(name)));
const raced = new Map(remembered().map((one) => [one.twin, one]));
const missing = twins.filter(({ name }) => !raced.has(name));
if (missing[0] !== undefined) warmUp(missing[0]);
for (const twin of missing) {
  const one = await race(twin);
  raced.set(twin.name, one);
  mkdirSync(dirname(memory), { recursive: true });
  appendFileSync(memory, `${JSON.stringify({ commit, ...one })}\n`);
  console.error(rowOf(one));
}
if (asked.length > 0) process.exit();
const page = pageOf(twins, twins.map(({ name }) => raced.get(name)!));
if (process.argv.includes("--print")) console.log(page);
else writeFileSync(join(import.meta.dirname, "../docs/race.md"), page);
rmSync(memory, { force: true });

function remembered(): readonly Raced[] {
  if (!existsSync(memory)) return [];
  const lines = readFileSync(memory, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Raced & { readonly commit: string }).filter((one) => one.commit === commit);
}
