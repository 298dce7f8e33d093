import type { ReportInput } from "../records.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { badge, table } from "./parts.ts";
import { trialsSentence } from "../statistics.ts";

/** What was not done is said once, for all runs; an empty list is itself something to say. */
export function limitsSection(input: ReportInput): Markup {
  const all = [input.limits, ...input.runs.map((run) => run.record.limits)].filter((limits) => limits !== undefined);
  const notInjected = [...new Set(all.flatMap((limits) => limits.notInjected))];
  const notChecked = [...new Set(all.flatMap((limits) => limits.notChecked))];
  const unknowns = input.runs.flatMap((run) => [
    ...run.verdict.reasons.map((reason) => `${run.record.scenario}: ${reason}`),
    ...Object.entries(run.verdict.checkers).flatMap(([name, verdict]) => (verdict.verdict === "unknown" ? [`${run.record.scenario}, ${name}: ${verdict.reason}`] : [])),
  ]);
  const list = (items: readonly string[], none: string): Markup => (items.length === 0 ? html`<p class="soft">${none}</p>` : html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`);
  return html`<h3>Not injected</h3>${list(notInjected, "Not recorded.")}
<h3>Not checked</h3>${list(notChecked, "Not recorded.")}
<h3>Not decided</h3>${list([...new Set(unknowns)], "Nothing: every checker came to a verdict.")}
<p class="soft">The seed fixes the fault schedule and the operations' values. Simulation and exploration are exact; the interleavings of a deployed run differ from run to run.</p>`;
}

/** The twelve things a reader should ask for, each with where it is, or that it is missing. */
export function checklistSection(input: ReportInput): Markup {
  const runs = input.runs;
  const some = (given: boolean, where: Content, missing: string): Content => (given ? where : html`<span class="soft">✗ ${missing}</span>`);
  const link = (id: string, text: string): Content => html`✓ <a href="#${id}">${text}</a>`;
  const records = runs.map((run) => run.record);
  const trials = input.accounts.filter((account) => account.trials !== undefined);
  const anomalies = input.accounts.some((account) => (account.anomalies ?? []).length > 0 || (account.discoveries ?? []).some((discovery) => discovery.kind === "counterexample"));
  const checkers = new Set(runs.flatMap((run) => Object.values(run.verdict.checkers).map((verdict) => verdict.checker)));
  const rows: (readonly [Content, Content])[] = [
    ["The claim", some(records.some((record) => record.claim !== undefined), link("runs", "with each run, and its model's place among the models"), "no run recorded the promise under test")],
    ["Exact versions", some(records.some((record) => Object.keys(record.versions).length > 0), link("runs", "versions, image digests, settings that differ from the defaults"), "not recorded")],
    ["Harness, seed, command", html`✓ rashomon ${input.harnessVersion}, seed <code>${input.seed}</code>, <code>${input.rerun}</code>`],
    ["Faults took effect", some(runs.some((run) => run.verdict.faults.length > 0), link("runs", "timeline with the evidence of each fault"), "no fault was injected")],
    ["Counts", some(runs.length > 0, link("runs", "by function and type, concurrency, under faults, after the last heal"), "no run")],
    ["What the number of runs proves", some(trials.length > 0, html`${trials.map((account) => html`<div>${account.system}, ${account.witness}: ${trialsSentence(account.trials!)}</div>`)}`, "no repeated runs")],
    ["Minimal counterexample", anomalies ? link("counterexamples", "in words, as a picture, with the raw operations") : "none was found"],
    ["Certificate, second opinion", some(checkers.size > 0, html`${checkers.size} checking ${checkers.size === 1 ? "method" : "methods"} (${[...checkers].sort().join(", ")}); each history is kept as plain JSON lines for others to judge`, "no checker ran")],
    ["Controls", some((input.controls ?? []).length > 0, controls(input), "none in this session")],
    ["Limits", link("limits", "what was not injected, not checked, not decided")],
    ["Raw data with hashes", some(runs.some((run) => (run.files ?? []).length > 0), link("runs", "with each run"), "not listed; see the run folders")],
    ["Clients", some(records.some((record) => (record.clients ?? []).length > 0), html`${[...new Set(records.flatMap((record) => record.clients ?? []))].join(" ")}`, "their behaviour was not recorded")],
  ];
  return html`<p>Twelve things that a reader needs in order to trust a verdict, and where they are.</p>${table({ head: ["", "thing", "where"], rows: rows.map(([name, where], i) => [i + 1, name, where]), name: "checklist" })}`;
}

function controls(input: ReportInput): Markup {
  return html`${(input.controls ?? []).map((control) => html`<div>${control.name} (${control.kind === "canary" ? "must be caught" : "must pass"}): ${badge(control.verdict)}${control.verdict !== control.expected && html` <strong>expected ${control.expected}</strong>`} ${control.note ?? ""}</div>`)}`;
}
