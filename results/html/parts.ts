import type { Diagram } from "../../harness/diagram.ts";
import { describeError } from "../../harness/errors.ts";
import { drawSvg, drawText, withFaultBands } from "../draw.ts";
import type { RunReport, RunVerdict, WitnessAccount } from "../records.ts";
import { type Content, html, type Markup, nothing, raw } from "./markup.ts";

/** Pieces that several sections of the report share. */

/** The verdict with a sign and a word, never by colour alone. */
export function badge(verdict: RunVerdict): Markup {
  return html`<span class="badge ${tones[verdict]}">${signs[verdict]} ${verdict}</span>`;
}
export const tones: { readonly [verdict in RunVerdict]: "good" | "bad" | "unsure" } = { valid: "good", invalid: "bad", unknown: "unsure", vacuous: "unsure" };
export const signs: { readonly [verdict in RunVerdict]: string } = { valid: "✓", invalid: "✗", unknown: "?", vacuous: "∅" };

export const witnessNames: { readonly [witness in WitnessAccount["witness"]]: { readonly name: string; readonly what: string } } = {
  deploy: { name: "Deployed", what: "real processes, real faults" },
  explore: { name: "Explored", what: "every behaviour within bounds" },
  simulate: { name: "Simulated", what: "seeded schedules, virtual time" },
  compare: { name: "Compared", what: "the model against reality" },
};
export const witnessOrder: readonly WitnessAccount["witness"][] = ["deploy", "explore", "simulate", "compare"];

/** A drawing never costs the report: when it fails, its place says so. */
export function safely(what: string, draw: () => Markup): Markup {
  try {
    return draw();
  } catch (error) {
    return html`<p class="problem">${what} could not be drawn; the verdict does not depend on it. ${describeError(error)}</p>`;
  }
}

/** A diagram in a frame that scrolls by keyboard too, its caption, and the same as text. `run`: whose faults are shaded behind it. */
export function diagramFigure(given: Diagram, run?: RunReport): Markup {
  return safely(`The diagram “${given.title}”`, () => {
    const diagram = given.kind === "process-lines" && run?.history !== undefined ? withFaultBands(given, run.history, run.verdict.faults) : given;
    return html`<figure>
${scrolling(diagram.title, raw(drawSvg(diagram)))}
<figcaption><strong>${diagram.title}</strong>${diagram.caption !== undefined && html`<br>${diagram.caption}`}</figcaption>
<details><summary>The same as text</summary><pre>${drawText(diagram, { width: 110 })}</pre></details>
</figure>`;
  });
}

/** A plot with its caption. */
export function plotFigure(what: string, draw: () => string, caption: Content = nothing): Markup {
  return safely(what, () => html`<figure>${scrolling(what, raw(draw()))}${caption !== nothing && html`<figcaption>${caption}</figcaption>`}</figure>`);
}

export function scrolling(name: string, content: Markup): Markup {
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${name}">${content}</div>`;
}

export function facts(rows: readonly (readonly [name: string, value: Content])[]): Markup {
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** A table with its header row; cells of `numbers` columns are set right. */
export function table(options: { readonly caption?: string; readonly head: readonly string[]; readonly rows: readonly (readonly Content[])[]; readonly numbers?: readonly number[]; readonly name?: string }): Markup {
  const numeric = (column: number): string => (options.numbers?.includes(column) === true ? "number" : "");
  return html`<div class="scroll"><table${options.name !== undefined && html` class="${options.name}"`}>${options.caption !== undefined && html`<caption>${options.caption}</caption>`}
<thead><tr>${options.head.map((name, i) => html`<th scope="col" class="${numeric(i)}">${name}</th>`)}</tr></thead>
<tbody>${options.rows.map((row) => html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="${numeric(i)}">${cell}</td>`))}</tr>`)}</tbody></table></div>`;
}
