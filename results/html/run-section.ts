import { canonicalJson, equalJson, type Json } from "../../harness/json.ts";
import type { Anomaly, Verdict } from "../../harness/verdict.ts";
import type { History } from "../../harness/history.ts";
import type { FaultRecord, RunReport } from "../records.ts";
import { endOf, type RunStatistics, startOf, statisticsOf } from "../statistics.ts";
import { bytes, count, duration, firstLine } from "../words.ts";
import { whenSentence } from "../draw.ts";
import { type Content, html, type Markup, nothing } from "./markup.ts";
import { badge, diagramFigure, facts, plotFigure, safely, table } from "./parts.ts";
import { faultTimelinePlot, operationsPlot } from "./plots.ts";

/** One run in full: the claim, the evidence, the checkers, the faults, and everything needed to look again. */
export function runSection(run: RunReport, options: { readonly id: string; readonly explained: ReadonlySet<string> }): Markup {
  const { record, verdict, history } = run;
  const statistics = history === undefined ? undefined : statisticsOf(history, verdict.faults);
  return html`<section aria-labelledby="${options.id}">
<h3 id="${options.id}">${record.scenario} ${badge(verdict.verdict)}</h3>
${verdict.reasons.length > 0 && html`<ul>${verdict.reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}
${record.claim !== undefined && html`<blockquote class="claim">${record.claim.text}</blockquote><p class="small soft">Judged as ${record.claim.model}${record.claim.lattice !== undefined && html`: ${record.claim.lattice}`}${record.claim.source !== undefined && html`. Source: ${record.claim.source}`}.</p>`}
${history === undefined ? html`<p class="problem">The history could not be read, so there is no plot and no count by function.</p>` : plotFigure(`Operations of ${record.scenario} over time`, () => operationsPlot(history, verdict.faults))}
${evidence(run, statistics)}
${checkerTable(verdict.checkers)}
${anomalies(run, options.explained)}
${faultSection(verdict.faults, history, record.scenario)}
${(verdict.problems ?? []).map((problem) => html`<p class="problem">${problem}</p>`)}
${settingsSection(run)}
${fileSection(run)}
</section>`;
}

function evidence(run: RunReport, statistics: RunStatistics | undefined): Markup {
  const { counts, faults } = run.verdict;
  const rows: [string, Content][] = [["Completed", `${count(counts.ok)} ok, ${count(counts.fail)} fail, ${count(counts.info)} info`]];
  if (statistics !== undefined) {
    rows.push(["Duration", duration(statistics.durationNs)], ["Most open at once", count(statistics.concurrencyMax)]);
    if (statistics.latencyNs !== undefined) {
      const { median, p95, p99, max } = statistics.latencyNs;
      rows.push(["Latency of ok", `median ${duration(median)}, 95 % ${duration(p95)}, 99 % ${duration(p99)}, max ${duration(max)}`]);
    }
    if (faults.length > 0) {
      rows.push(["While a fault was on", `${count(statistics.duringFaults)} completions`]);
      const after = Object.entries(statistics.okAfterLastHeal).sort(([a], [b]) => (a < b ? -1 : 1)).map(([f, ok]) => `${count(ok)} ${f}`);
      const { final } = run.verdict;
      if (final !== undefined) {
        rows.push(["All nodes agreed", final.converged ? `${duration(final.durationNs)} after the last heal` : `never: given up ${duration(final.durationNs)} after the last heal (${final.why}), so what is missing at the end may be late, not lost`]);
        rows.push(["Read at the end", final.nodesUnread.length === 0 ? "every node" : `all nodes but ${final.nodesUnread.join(", ")}`]);
      }
      rows.push(["Ok after the last heal", after.length === 0 ? "none" : after.join(", ")]);
    }
  }
  const byFunction = statistics === undefined ? nothing : table({
    head: ["function", "ok", "fail", "info", "never completed"],
    rows: statistics.byFunction.map((row) => [html`<code>${row.f}</code>`, count(row.ok), count(row.fail), count(row.info), count(row.open)]),
    numbers: [1, 2, 3, 4],
    name: "narrow",
  });
  return html`<h4>What was done</h4>${facts(rows)}${byFunction}`;
}

function checkerTable(checkers: { readonly [name: string]: Verdict }): Markup {
  const names = Object.keys(checkers).sort();
  if (names.length === 0) return nothing;
  return html`<h4>What the checkers say</h4>${table({
    head: ["checker", "verdict", "method and reason"],
    rows: names.map((name) => {
      const verdict = checkers[name]!;
      const said: Content = verdict.verdict === "unknown" ? verdict.reason : verdict.verdict === "invalid" ? verdict.anomalies.map((anomaly) => anomaly.name).join(", ") : "";
      return [name, badge(verdict.verdict), html`<code>${verdict.checker}</code> ${said}${certificate(verdict)}`];
    }),
  })}`;
}

/** What a checker gives for others to verify, and its other figures. */
function certificate(verdict: Verdict): Markup {
  if (verdict.details === undefined || Object.keys(verdict.details).length === 0) return nothing;
  return html`<details><summary>Details</summary><pre>${clip(JSON.stringify(verdict.details, null, 1))}</pre></details>`;
}

/** Those that no account has told yet, with the raw operations of all. */
function anomalies(run: RunReport, explained: ReadonlySet<string>): Markup {
  const all = Object.values(run.verdict.checkers).flatMap((verdict) => (verdict.verdict === "invalid" ? [...verdict.anomalies] : []));
  if (all.length === 0) return nothing;
  const shown = all.slice(0, 8);
  return html`<h4>Anomalies</h4>${shown.map((anomaly) => html`<blockquote><strong>${anomaly.name}</strong>: ${explained.has(anomaly.explanation) ? firstLine(anomaly.explanation) : anomaly.explanation}</blockquote>
${run.history !== undefined && html`<p class="small soft">${whenSentence(anomaly, run.history, run.verdict.faults)}</p>`}
${!explained.has(anomaly.explanation) && (anomaly.diagrams ?? []).map((diagram) => diagramFigure(diagram, run))}${rawOperations(anomaly, run.history)}`)}
${all.length > shown.length && html`<p>${all.length - shown.length} more are in <code>verdict.json</code>.</p>`}`;
}

/** The ops of an anomaly as they stand in the history. */
export function rawOperations(anomaly: Anomaly, history: History | undefined): Markup {
  if (anomaly.operations.length === 0) return nothing;
  const ids = anomaly.operations.slice(0, 60);
  if (history === undefined || ids.some((id) => id < 0 || id >= history.length)) return html`<p class="small soft">Operations (index in the history): ${ids.join(", ")}</p>`;
  return html`<details><summary>Its ${anomaly.operations.length} raw operations</summary>${table({
    head: ["index", "time", "process", "type", "f", "value", "error"],
    rows: ids.map((id) => {
      const op = history.at(id);
      return [op.index, op.timeNs < 0 ? "" : duration(op.timeNs), op.process, op.type, html`<code>${op.f}</code>`, html`<code>${clip(canonicalJson(op.value), 400)}</code>`, op.type === "invoke" || op.error === undefined ? "" : clip(canonicalJson(op.error), 200)];
    }),
    numbers: [1, 2],
  })}</details>`;
}

function faultSection(faults: readonly FaultRecord[], history: History | undefined, scenario: string): Markup {
  if (faults.length === 0) return html`<h4>Faults</h4><p>None was injected.</p>`;
  const endNs = Math.max(history === undefined ? 0 : endOf(history), ...faults.map((fault) => fault.healedNs ?? fault.doneNs ?? fault.intendedNs));
  const dead = faults.filter((fault) => fault.evidence?.effective !== true && fault.healEvidence?.effective !== true);
  return html`<h4>Faults, and the proof that they took effect</h4>
${plotFigure(`Faults of ${scenario} over time`, () => faultTimelinePlot(faults, { startNs: history === undefined ? 0 : startOf(history), endNs }), "A filled bar was seen to take effect; a hollow one was not.")}
${dead.length > 0 && html`<p class="problem">${dead.length} of ${faults.length} faults were not seen to take effect.</p>`}
<details${faults.length <= 12 && html` open`}><summary>Evidence of all ${faults.length} faults</summary>${table({
    head: ["fault", "from", "to", "seen after injection", "seen before heal"],
    rows: faults.map((fault) => [
      html`<code>${fault.what}</code>${fault.error !== undefined && html`<br>${fault.error}`}`,
      duration(fault.doneNs ?? fault.intendedNs),
      fault.healedNs !== undefined ? duration(fault.healedNs) : fault.healedBy !== undefined ? `healed by ${fault.healedBy}` : "not healed by the run",
      seen(fault.evidence),
      seen(fault.healEvidence),
    ]),
    numbers: [1, 2],
  })}</details>`;
}

function seen(evidence: FaultRecord["evidence"]): Content {
  if (evidence === undefined) return html`<span class="soft">not measured</span>`;
  return `${evidence.effective ? "✓" : "✗ no effect:"} ${evidence.seen}`;
}

function settingsSection({ record }: RunReport): Markup {
  return safely("The settings", () => {
    const versions = Object.entries(record.versions).map(([name, version], i) => html`${i > 0 && "; "}${name} <code>${version}</code>`);
    const images = Object.entries(record.images).map(([name, digest]) => html`<li><code>${name}</code> <span class="hash mono">${digest}</span></li>`);
    const settings = Object.entries(record.settings).sort(([a], [b]) => (a < b ? -1 : 1));
    const changed = settings.filter(([name, value]) => record.defaults?.[name] !== undefined && !equalJson(record.defaults[name], value));
    return html`<h4>What exactly ran</h4>${facts([
      ["Run again", html`<code>${record.rerun}</code>`],
      ["Seed", html`<code>${record.seed}</code>`],
      ["System, cluster", `${record.system}, ${record.cluster}`],
      ["Workload, faults", `${record.workload}; ${record.nemesis.length === 0 ? "no faults" : record.nemesis.join(", ")}`],
      ["Versions", versions],
      ["Images", images.length === 0 ? "no container ran" : html`<ul>${images}</ul>`],
      ["Commit", record.commit ?? "not a checkout"],
      ["Machine", `${record.machine.platform}; ${record.machine.cpus} × ${record.machine.cpu}; ${bytes(record.machine.memoryBytes)}`],
      ["Started", record.startedAt],
      ["Clients", record.clients === undefined || record.clients.length === 0 ? "not recorded" : record.clients.join(" ")],
      ["Differs from defaults", record.defaults === undefined ? "defaults were not recorded" : changed.length === 0 ? "nothing" : changed.map(([name, value], i) => html`${i > 0 && ", "}<code class="changed">${name}=${short(value)}</code> (default ${short(record.defaults![name]!)})`)],
    ])}
<details><summary>All ${settings.length} settings</summary>${facts(settings.map(([name, value]) => [name, html`<code>${short(value)}</code>`]))}</details>
${record.description !== undefined && html`<details><summary>What the cluster says of itself</summary><pre>${clip(JSON.stringify(record.description, null, 1))}</pre></details>`}`;
  });
}

function fileSection({ files, folder }: RunReport): Markup {
  if (files === undefined || files.length === 0) return folder === undefined ? nothing : html`<p>Raw data: <code>${folder}</code></p>`;
  return html`<h4>Raw data</h4>${table({
    head: ["file", "size", "what is in it", "SHA-256"],
    rows: files.map((file) => [html`<a href="${encodeURI(file.path).replace(/[?#]/g, encodeURIComponent)}">${file.path}</a>`, bytes(file.sizeBytes), file.about ?? "", html`<span class="hash mono">${file.sha256}</span>`]),
    numbers: [1],
  })}`;
}

function short(value: Json): string {
  return typeof value === "string" ? value : clip(canonicalJson(value), 200);
}

function clip(text: string, most = 8000): string {
  return text.length <= most ? text : `${text.slice(0, most)} … (${count(text.length - most)} more characters in verdict.json)`;
}
