import type { Diagram } from "../../harness/diagram.ts";
import type { Anomaly } from "../../harness/verdict.ts";
import type { ComparisonRecord, CoverageAspect, DiscoveryRecord, ReportInput, RunVerdict, WitnessAccount } from "../records.ts";
import { trialsSentence } from "../statistics.ts";
import { count, duration, firstLine, percent } from "../words.ts";
import { checklistSection, limitsSection } from "./checklist.ts";
import { type Content, html, type Markup, nothing, raw } from "./markup.ts";
import { headlineOf } from "./headline.ts";
import { whenSentence } from "../draw.ts";
import { badge, diagramFigure, plotFigure, table, witnessNames, witnessOrder } from "./parts.ts";
import { accumulationPlot, sourceName } from "./plots.ts";
import { rawOperations, runSection } from "./run-section.ts";
import { pageCss } from "./style.ts";

/**
 * The report: one HTML file that needs no network, no script and no other file, so it opens from a disk, an e-mail or a
 * CI artifact alike. It answers in the order in which a reader asks: is the promise kept; who says so; show me the
 * counterexample; what was proved and within what; how much of the truth did testing see; what exactly was run, and
 * how do I run it again. What could not be drawn or was not recorded is said in its place.
 */
export function renderReport(input: ReportInput): string {
  const headline = headlineOf(input);
  const sections = sectionsOf(input);
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="rashomon ${input.harnessVersion}">
<title>${headline.sign} ${input.title}</title>
<style>${raw(pageCss)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the verdict</a>
<header>
<p class="kicker"><span>Rashomon ${input.harnessVersion}</span><span>${input.createdAt}</span><span>seed <code>${input.seed}</code></span></p>
<h1>${input.title}</h1>
${input.lead !== undefined && html`<p class="lead">${input.lead}</p>`}
</header>
<main id="content">
<section class="headline ${headline.tone}" aria-label="Verdict"><h2>${headline.sentence}</h2>
<ul>${headline.systems.map((line) => html`<li>${badge(line.verdict)}<span><strong>${line.system}</strong> ${line.sentence}</span></li>`)}</ul></section>
<nav aria-label="Contents"><ol>${sections.map((section) => html`<li><a href="#${section.id}">${section.title}</a></li>`)}</ol></nav>
${sections.map((section) => html`<section aria-labelledby="${section.id}"><h2 id="${section.id}">${section.title}</h2>${section.body}</section>`)}
</main>
<footer><p>Run it again: <code>${input.rerun}</code></p>
<p>Testing shows that errors exist, not that there are none; exploration proves within the bounds it states. Drawings and plots never decide a verdict.</p></footer>
</body>
</html>
`;
  return page.text;
}

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

function sectionsOf(input: ReportInput): Section[] {
  const explained = new Set(input.accounts.flatMap((account) => (account.anomalies ?? []).map((anomaly) => anomaly.explanation)));
  const sections: (Section | undefined)[] = [
    input.accounts.length === 0 ? undefined : { id: "witnesses", title: "The witnesses, side by side", body: accountsTable(input.accounts) },
    counterexamples(input),
    proofs(input.accounts),
    comparisons(input.comparisons),
    input.runs.length === 0 ? undefined : { id: "runs", title: input.runs.length === 1 ? "The run" : `The ${input.runs.length} runs`, body: html`${input.runs.map((run, i) => folded(runSection(run, { id: `run-${i + 1}`, explained }), { open: input.runs.length <= 2 || run.verdict.verdict !== "valid", name: run.record.scenario }))}` },
    { id: "limits", title: "What was not injected, and not checked", body: limitsSection(input) },
    { id: "checklist", title: "What this rests on", body: checklistSection(input) },
  ];
  return sections.filter((section) => section !== undefined);
}

/** Many runs are folded away, but for those that need attention. */
function folded(body: Markup, options: { readonly open: boolean; readonly name: string }): Markup {
  return options.open ? body : html`<details><summary>${options.name}: valid</summary>${body}</details>`;
}

/** Witnesses down, systems across. */
function accountsTable(accounts: readonly WitnessAccount[]): Markup {
  const systems = [...new Set(accounts.map((account) => account.system))];
  const witnesses = witnessOrder.filter((witness) => accounts.some((account) => account.witness === witness));
  const cell = (witness: WitnessAccount["witness"], system: string): Content => {
    const found = accounts.filter((account) => account.witness === witness && account.system === system);
    return found.length === 0 ? html`<span class="soft">not asked</span>` : found.map(accountCell);
  };
  return html`<div class="scroll"><table class="accounts"><caption>One definition of each system, several witnesses, the same checkers.</caption>
<thead><tr><th scope="col">witness</th>${systems.map((system) => html`<th scope="col">${system}</th>`)}</tr></thead>
<tbody>${witnesses.map((witness) => html`<tr><th scope="row"><span class="witness">${witnessNames[witness].name}</span><span class="what">${witnessNames[witness].what}</span></th>${systems.map((system) => html`<td data-system="${system}">${cell(witness, system)}</td>`)}</tr>`)}</tbody></table></div>`;
}

function accountCell(account: WitnessAccount): Markup {
  const surprising = account.expected !== undefined && account.expected !== account.verdict;
  const rows: (readonly [string, Content])[] = account.figures.map((figure) => [figure.label, figure.value]);
  if (account.cpuMs !== undefined) rows.push(["CPU", duration(account.cpuMs * 1e6)]);
  if (account.seed !== undefined) rows.push(["seed", html`<code>${account.seed}</code>`]);
  return html`<div>${badge(account.verdict)} ${surprising && html`<strong>expected ${account.expected}</strong>`}
<div>${firstLine(account.summary)}</div>
<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${account.trials !== undefined && html`<p class="small soft">${trialsSentence(account.trials)}</p>`}
${account.rerun !== undefined && html`<details><summary>Run it again</summary><code>${account.rerun}</code></details>`}</div>`;
}

/** Every anomaly and every path that breaks a property, the sentence first, then the picture. */
function counterexamples(input: ReportInput): Section | undefined {
  const shown: Markup[] = [];
  for (const witness of witnessOrder) {
    for (const account of input.accounts.filter((candidate) => candidate.witness === witness)) {
      const parts = [...(account.anomalies ?? []).slice(0, 4).map((anomaly) => anomalyFigure(anomaly, account, input)), ...(account.discoveries ?? []).filter((discovery) => discovery.kind === "counterexample").map((discovery) => discoveryFigure(discovery, account)), ...(account.diagrams ?? []).map((diagram) => diagramFigure(diagram))];
      if (parts.length > 0) shown.push(html`<h3>${account.system}, ${witnessNames[witness].name.toLowerCase()}: ${story[witness]}</h3>${parts}`);
    }
  }
  if (shown.length === 0) return undefined;
  return { id: "counterexamples", title: shown.length === 1 ? "The counterexample" : "The counterexamples", body: html`${shown}` };
}

const story: { readonly [witness in WitnessAccount["witness"]]: string } = {
  deploy: "what the clients saw",
  explore: "the shortest way to break it",
  simulate: "a schedule that breaks it, replayed from its seed",
  compare: "where model and reality part",
};

function anomalyFigure(anomaly: Anomaly, account: WitnessAccount, input: ReportInput): Markup {
  const run = input.runs.find((candidate) => candidate.folder !== undefined && candidate.folder === account.run);
  const when = run?.history === undefined ? undefined : whenSentence(anomaly, run.history, run.verdict.faults);
  return html`<blockquote>${anomaly.explanation}</blockquote>
<p class="small soft">${anomaly.name}${anomaly.expected !== undefined && html`; expected ${anomaly.expected}`}${anomaly.received !== undefined && html`; received ${anomaly.received}`}${when !== undefined && html`. ${when}`}</p>
${(anomaly.diagrams ?? []).map((diagram) => diagramFigure(diagram, run))}${account.witness === "deploy" && rawOperations(anomaly, run?.history)}`;
}

function discoveryFigure(discovery: DiscoveryRecord, account: WitnessAccount): Markup {
  return html`<blockquote>${discovery.explanation ?? (account.summary || `${discovery.property} does not hold`)}</blockquote>
<p class="small soft">${discovery.property}: ${discovery.kind} of ${count(discovery.length)} steps</p>${discovery.diagrams.map((diagram: Diagram) => diagramFigure(diagram))}`;
}

/** What exploration proved, never without its bounds. */
function proofs(accounts: readonly WitnessAccount[]): Section | undefined {
  const explored = accounts.filter((account) => account.witness === "explore");
  if (explored.length === 0) return undefined;
  return {
    id: "proof",
    title: "What was proved, and within what",
    body: html`${explored.map((account) => html`<h3>${account.system} ${badge(account.verdict)}</h3>
<p>${proofSentence[account.verdict]} ${account.summary.replace(/^proof: /, "")}</p>
${account.bounds === undefined || account.bounds.length === 0 ? html`<p class="problem">The bounds were not recorded.</p>` : html`<ul class="bounds" aria-label="Bounds">${account.bounds.map((bound) => html`<li>${bound}</li>`)}</ul>`}
${(account.discoveries ?? []).length > 0 && table({ head: ["property", "found", "steps"], rows: (account.discoveries ?? []).map((discovery) => [discovery.property, discovery.kind, count(discovery.length)]), numbers: [2] })}`)}
<p class="soft">Outside these bounds (more clients, longer scripts, more losses or crashes) nothing is claimed.</p>`,
  };
}

const proofSentence: { readonly [verdict in RunVerdict]: string } = {
  valid: "Within these bounds, every behaviour was visited and none breaks a property:",
  invalid: "Within these bounds there is a behaviour that breaks a property:",
  unknown: "The exploration did not visit everything, so this is a lower bound and no proof:",
  vacuous: "The exploration visited too little to say anything:",
};

function comparisons(list: readonly ComparisonRecord[]): Section | undefined {
  if (list.length === 0) return undefined;
  return {
    id: "comparison",
    title: "How much of the truth testing saw",
    body: html`<p>The model knows every history that its bounds allow. Each round played exactly the model's client scripts on a fresh system; its history must be one of the model's, and together the rounds show how many of those testing meets.</p>${list.map(comparison)}`,
  };
}

function comparison(record: ComparisonRecord): Markup {
  const { inclusion } = record;
  const rounds = inclusion.included + inclusion.outside;
  return html`<h3>${record.system} ${inclusion.outside > 0 ? html`<span class="badge bad">✗ outside the model</span>` : html`<span class="badge good">✓ included in the model</span>`}</h3>
<p>${inclusion.outside === 0 ? `All ${count(rounds)} observed histories are behaviours of the model.` : `${count(inclusion.outside)} of ${count(rounds)} observed histories are not behaviours of the model: model and system differ.`}</p>
${inclusion.first !== undefined && html`<blockquote>${inclusion.first.explanation}</blockquote>${inclusion.first.diagrams.map((diagram) => diagramFigure(diagram))}`}
${record.sources.map((source) => coverage(source, record))}
${plotFigure(`Different histories of ${record.system} seen, round by round`, () => accumulationPlot(record), "Each curve is one kind of testing; the height it lacks is what it has not seen.")}
${record.bounds !== undefined && html`<ul class="bounds" aria-label="Bounds">${record.bounds.map((bound) => html`<li>${bound}</li>`)}</ul>`}
${record.aspects?.map((aspect) => coverageAspect(aspect, record.system))}
${record.note !== undefined && html`<p class="soft">${record.note}</p>`}`;
}

function coverageAspect(aspect: CoverageAspect, system: string): Markup {
  const { what, definition, total, sources } = aspect;
  const sentences = sources.map(
    (source) =>
      html`<li><strong>${sourceName(source.name)}</strong> met ${count(source.seen)} of ${count(total)} ${what} in ${count(source.rounds)} rounds${(source.outside ?? 0) > 0 && `, and ${count(source.outside!)} that are not the model's within its bounds`}${source.estimated !== undefined && `; by Chao's estimate at least ${count(Math.round(source.estimated))} exist for it`}</li>`,
  );
  return html`<h4>${what}</h4><p class="small soft">One of them is ${definition}.</p><ul>${sentences}</ul>
${plotFigure(`Different ${what} of ${system} seen, round by round`, () => accumulationPlot({ system, total, sources }, what), "")}`;
}

function coverage(source: ComparisonRecord["sources"][number], record: ComparisonRecord): Markup {
  const share = record.total === 0 ? 0 : Math.min(1, source.seen / record.total);
  const total = `${record.totalIsLowerBound === true ? "at least " : ""}${count(record.total)}`;
  const unseen = source.unseenMass === undefined ? nothing : html`<p class="small soft">By Good and Turing's estimate the next round would show a history not seen before with probability ${percent(source.unseenMass)}.${source.unseenMass < share * 0.1 && share < 0.9 && html` Testing has run dry here, and yet ${percent(1 - share)} of the histories were never seen: more of the same testing would hardly find them.`}</p>`;
  return html`<div class="coverage"><div class="bar-text"><span><strong>${sourceName(source.name)}</strong> saw ${count(source.seen)} of ${total} histories in ${count(source.rounds)} rounds</span><span><strong>${percent(share)}</strong> seen, ${percent(1 - share)} not</span></div>
<div class="bar" role="img" aria-label="${sourceName(source.name)}: ${percent(share)} of the model's histories seen"><span style="width:${(share * 100).toFixed(3)}%"></span></div>${unseen}</div>`;
}
