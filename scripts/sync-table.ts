/**
 * What each strategy of state synchronisation costs, under the same losses. Writes `docs/state-sync.md`; every figure
 * follows from the seed and repeats exactly.
 *
 *     npm run sync-table      npx node scripts/sync-table.ts [--print]     --print: to the terminal, not to the file
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { measureStrategy, type MeasureOptions } from "../clusters/systems/state-sync/measure.ts";
import { type Strategy, strategies } from "../clusters/systems/state-sync/state-sync.ts";

const options: MeasureOptions = {
  seed: "state-sync",
  copies: 3,
  fields: 40,
  changes: 2_000,
  everyMs: 20,
  losses: 0.1,
  duplicates: 0.05,
  delayMs: 10,
  syncMs: 200,
  logMax: 100,
  outageMs: [10_000, 13_000],
};

function row(strategy: Strategy): string {
  const { messages, bytes, staleMs, current, converged } = measureStrategy(strategy, options);
  const { changes, copies } = options;
  const cells = [
    strategy.letters,
    strategy.flow,
    strategy.letters === "copies" ? "–" : strategy.catchUp,
    strategy.names,
    (messages / (changes * copies)).toFixed(2),
    Math.round(bytes / (changes * copies)).toLocaleString("en"),
    Math.round(staleMs.mean).toLocaleString("en"),
    Math.round(staleMs.p99).toLocaleString("en"),
    `${Math.round(current * 100)} %`,
    converged ? "yes" : "no",
  ];
  return `| ${cells.join(" | ")} |`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const page = `# State synchronisation: what each strategy costs

One author changes a document, ${options.copies} copies follow by letters (system \`state-sync\`). The explorer proves every strategy right, whatever is lost,
late, repeated or out of order (\`rashomon explore state-sync --set letters=differences --set flow=pull …\`). They differ in what they cost and how stale a reader is.
\`npm run sync-table\` writes this page anew; the figures follow from the seed \`${String(options.seed)}\` and repeat exactly.

In virtual time, ${options.changes.toLocaleString("en")} changes, one every ${options.everyMs} ms on average, to a document of ${options.fields} fields; ${percent(options.losses)} of the messages lost, ${percent(options.duplicates)} repeated, each delayed
by ${options.delayMs} ms on average (exponentially, so they overtake one another); announcements or questions every ${options.syncMs} ms; one copy cut off for ${(options.outageMs[1] - options.outageMs[0]) / 1000} s.

| letters | flow | catch-up | names | messages | bytes | stale ms, mean | p99 | current | converged |
|---|---|---|---|---:|---:|---:|---:|---:|---|
${strategies.map(row).join("\n")}

- **messages**, **bytes** (of JSON): per change and copy, all kinds of messages counted, lost ones too.
- **stale**: how old the oldest change is that a copy lacks, over all copies and all time; **current**: share of time in which a copy lacks nothing. The p99 is the outage.
- **names**: a number tells an old state from a new one; a hash does not, so a copy must ask where a number would have let it wait. Hashes are longer.
- **whole copies by number** need no repair at all: each letter heals everything before it. That is what their bytes buy.
- **pull** sends what changed since the last question in one answer: fewest messages, and staleness of half a period and more.
- A redelivery is one message with all that is missing. Sent one by one, the letters of a redelivery overtake one another, and each that comes too early asks for another: the first
  version of this system did so, was right in every state, and sent seven times the messages. This table showed it.

What goes wrong when a rule is left out, each found by the explorer: \`state-sync-blind\`, \`state-sync-skips-gaps\`, \`state-sync-any-copy\`, \`state-sync-content-names\` ([the race](race.md)).
Several authors who diverge and merge are \`state-merge\`.
`;
if (process.argv.includes("--print")) console.log(page);
else writeFileSync(join(import.meta.dirname, "../docs/state-sync.md"), page);
