/**
 * The race to the bug: for every faulty twin, what it takes the explorer and the simulator to find it. Writes
 * `docs/race.md`. States, steps and runs follow from the seeds and repeat exactly; CPU times are this machine's.
 *
 *     npm run race            npx node scripts/race.ts [--print]     --print: to the terminal, not to the file
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { explore } from "../checkers/model/explore.ts";
import { simulate, type SimulationStrategy, simulationStrategies } from "../clusters/simulated/simulate.ts";
import { systemDefinitions } from "../clusters/systems/registry.ts";
import type { System, SystemDefinition } from "../harness/actor.ts";
import { assert } from "../harness/assert.ts";
import { steps } from "../harness/budget.ts";
import { parseSettings } from "../harness/options.ts";
import { cpuMs } from "../harness/time.ts";
import { thisMachine } from "../suites/machine.ts";

const seeds: readonly number[] = [1, 2, 3];
const runsMax = 20_000;
/** Steps of all runs of a seed: what bounds the search for the rarest bugs. Counted, not timed, so the table repeats. */
const stepsMax = 150_000;

interface Explored {
  readonly property: string;
  readonly states: number;
  readonly length: number;
  readonly cpuMs: number;
}
interface Simulated {
  /** By seed: runs, up to and with the first bad one if there was one. */
  readonly tries: readonly { readonly runs: number; readonly bad: boolean }[];
  /** Of the bad run that shrank the most: its length before and after; undefined where no run was bad. */
  readonly shortest: { readonly found: number; readonly shrunk: number } | undefined;
  /** Over all seeds. */
  readonly cpuMs: number;
}

function exploreTwin(system: System): Explored {
  const start = cpuMs();
  const found = explore(system, { track: "monitor", stopAtCounterexample: true });
  const bug = found.discoveries.find(({ kind }) => kind === "counterexample");
  assert(bug !== undefined, `the explorer finds the bug of ${system.name} within its default bounds`);
  return { property: bug.property, states: found.unique, length: bug.length, cpuMs: cpuMs() - start };
}

function simulateTwin(system: System, strategy: SimulationStrategy): Simulated {
  const start = cpuMs();
  const found = seeds.map((seed) => simulate(system, { runs: runsMax, seed, strategy, stopAtFirstBad: true, budget: steps(stepsMax) }));
  const lengths = found.flatMap(({ firstBad }) => (firstBad === undefined ? [] : [{ found: firstBad.schedule.length, shrunk: firstBad.shrunk.schedule.length }]));
  return {
    tries: found.map(({ firstBad, runs }) => ({ runs, bad: firstBad !== undefined })),
    shortest: lengths.sort((a, b) => a.shrunk - b.shrunk || a.found - b.found)[0],
    cpuMs: cpuMs() - start,
  };
}

/** The median of the seeds; one that found nothing counts as more than all that did. */
function medianRuns({ tries }: Simulated): string {
  const sorted = [...tries].sort((a, b) => Number(b.bad) - Number(a.bad) || a.runs - b.runs);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  const missed = tries.filter(({ bad }) => !bad).length;
  return `${middle.bad ? "" : "> "}${number(middle.runs)}${missed === 0 || missed === tries.length ? "" : ` (${missed} of ${tries.length} seeds found nothing)`}`;
}

function row(twin: SystemDefinition): string {
  const system = make(twin);
  const explored = exploreTwin(system);
  const raced = simulationStrategies.map((strategy) => simulateTwin(system, strategy));
  const cells = [
    `\`${twin.name}\``,
    explored.property,
    number(explored.states),
    String(explored.length),
    number(explored.cpuMs),
    ...raced.flatMap((one) => [medianRuns(one), one.shortest === undefined ? "–" : `${one.shortest.found} → ${one.shortest.shrunk}`, number(one.cpuMs)]),
  ];
  console.error(`${twin.name}: ${explored.length} steps, ${number(explored.states)} states`);
  return `| ${cells.join(" | ")} |`;
}

function make(definition: SystemDefinition): System {
  return definition.make(parseSettings([], definition.options, definition.name));
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

const twins = systemDefinitions.filter(({ role }) => role === "twin");
// The first explorer and simulator of a process pay for its compiler; nobody is timed for that.
exploreTwin(make(twins[0]!));
for (const strategy of simulationStrategies) simulateTwin(make(twins[0]!), strategy);

const heads = simulationStrategies.flatMap((strategy) => [`${strategy}: runs`, "steps", "CPU ms"]);
const table = [
  `| twin | breaks | explorer: states | steps | CPU ms | ${heads.join(" | ")} |`,
  `|---|---|${"---:|".repeat(3 + heads.length)}`,
  ...twins.map(row),
].join("\n");
const { cpu, platform } = thisMachine();
const page = `# The race to the bug

Every system of ours that is written once as actors has faulty twins, each with one named bug. This table tells what it
takes two of the witnesses to find it, within the twin's default bounds. \`npm run race\` writes this page anew.

${table}

- **explorer**: states that are visited breadth-first until the first counterexample (histories kept as a monitor), and its
  length in steps: there is no shorter one.
- **uniform, pct, latency**: strategies of the simulator. *runs*: until the first bad one, that one included, the median of seeds
  ${seeds.join(", ")}; "> N" where N runs showed none: a seed ends after ${number(runsMax)} runs or ${number(stepsMax)} steps. *steps*: length of the bad run, and
  what shrinking left of it, of the seed where that is the shortest. *CPU ms*: for all ${seeds.length} seeds together, shrinking included.
- A simulation in virtual time (latency) lets timers fire when they are due and crashes come seldom, as in a real cluster; timers run out
  early only on the links that a run draws as slow.
- **deployed**: the explorer's shortest schedule of every twin is also played on real processes, by gates at the nodes, and the bug
  happens there (\`npm run test:long\`, \`clusters/local/gated-replay.long.test.ts\`; \`rashomon replay FILE --deploy\`).
- States, steps and runs repeat exactly. CPU times are of one machine (${cpu}, ${platform}) with others at work on it.

The bugs:

${twins.map(({ name, twinOf, bug }) => `- \`${name}\` (of \`${twinOf}\`): ${bug}.`).join("\n")}
`;
if (process.argv.includes("--print")) console.log(page);
else writeFileSync(join(import.meta.dirname, "../docs/race.md"), page);
