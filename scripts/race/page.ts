import { simulationStrategies } from "../../clusters/simulated/simulate.ts";
import type { SystemDefinition } from "../../harness/actor.ts";
import { thisMachine } from "../../suites/machine.ts";
import { type Raced, roundsMax, runsMax, seeds, type Simulated, stepsMax } from "./measure.ts";

/** The page, with a row for each twin that was raced. */
export function pageOf(twins: readonly SystemDefinition[], raced: readonly Raced[]): string {
  const { cpu, platform } = thisMachine();
  const heads = simulationStrategies.flatMap((strategy) => [`${strategy}: runs`, "steps", "CPU ms"]);
  const table = [
    `| twin | breaks | explorer: states | steps | CPU ms | ${heads.join(" | ")} | faults | real rounds |`,
    `|---|---|${"---:|".repeat(3 + heads.length)}---|---|`,
    ...raced.map(rowOf),
  ].join("\n");
  return `# The race to the bug

Every system of ours that is written once as actors has faulty twins, each with one named bug. This table tells what it
takes each witness to find it, within the twin's default bounds. \`npm run race\` writes this page anew.

${table}

- **explorer**: states that are visited breadth-first until the first counterexample (histories kept as a monitor), and its
  length in steps: there is no shorter one.
- **uniform, pct, latency**: strategies of the simulator. *runs*: until the first bad one, that one included, the median of seeds
  ${seeds.join(", ")}; "> N" where N runs showed none: a seed ends after ${number(runsMax)} runs or ${number(stepsMax)} steps. *steps*: length of the bad run, and
  what shrinking left of it, of the seed where that is the shortest. *CPU ms*: for all ${seeds.length} seeds together, shrinking included.
- A simulation in virtual time (latency) lets timers fire when they are due and crashes come seldom, as in a real cluster; timers run out
  early only on the links that a run draws as slow.
- **faults**: what happens in the explorer's shortest schedule besides calls and deliveries in order. **real rounds**: of
  ${roundsMax} lives of the twin on real processes, with the model's clients and every link slow at random, how many showed the bug, and
  which was the first. Nothing is lost, repeated or killed in a round, links keep their order and timers fire when they are due:
  a bug that needs more is not met there. Which rounds are bad is the machine's: these numbers do not repeat exactly.
- **deployed**: the explorer's shortest schedule of every twin is also played on real processes, by gates at the nodes, and the bug
  happens there (\`npm run test:long\`, \`clusters/local/gated-replay.long.test.ts\`; \`rashomon replay FILE --deploy\`).
- States, steps and runs repeat exactly. CPU times are of one machine (${cpu}, ${platform}) with others at work on it.

The bugs:

${twins.map(({ name, twinOf, bug }) => `- \`${name}\` (of \`${twinOf}\`): ${bug}.`).join("\n")}
`;
}

export function rowOf({ twin, explored, simulated, rounds }: Raced): string {
  const cells = [
    `\`${twin}\``,
    explored.property,
    number(explored.states),
    String(explored.length),
    number(explored.cpuMs),
    ...simulated.flatMap((one) => [medianRuns(one), one.shortest === null ? "–" : `${one.shortest.found} → ${one.shortest.shrunk}`, number(one.cpuMs)]),
    explored.needs.join(", ") || "–",
    `${number(rounds.bad)} of ${number(rounds.played)}${rounds.first === null ? "" : ` (first: ${number(rounds.first)})`}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The median of the seeds; one that found nothing counts as more than all that did. */
function medianRuns({ tries }: Simulated): string {
  const sorted = [...tries].sort((a, b) => Number(b.bad) - Number(a.bad) || a.runs - b.runs);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  const missed = tries.filter(({ bad }) => !bad).length;
  return `${middle.bad ? "" : "> "}${number(middle.runs)}${missed === 0 || missed === tries.length ? "" : ` (${missed} of ${tries.length} seeds found nothing)`}`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}
