import type { ClientScript, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import { equalJson, type Json } from "../../../harness/json.ts";
import { addToField, publishedDocument, readAs } from "../../../harness/objects/published-document.ts";
import { numberOf, type OptionSpec, type Settings, textOf } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { publishedBy, stateSyncActor, type StateSyncVariant } from "./state-sync.ts";

/** The author's client changes a field there and back, so a state comes again, and then another; readers stay with a copy. */
function changeAndRead(servers: number, clients: number, reads: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => {
    if (k === 0) return [addToField("a", 1), addToField("a", -1), addToField("b", 2)].map((call) => ({ node: 0, call }));
    const node = 1 + ((k - 1) % Math.max(servers - 1, 1));
    return Array.from({ length: reads }, () => ({ node: node % servers, call: readAs(`reader ${k}`) }));
  });
}

const properties: readonly SystemProperty[] = [
  {
    name: "same name, same document",
    kind: "always",
    on: "actors",
    test: (states) => {
      const shown = shownBy(states);
      return shown.every((one) => shown.every((other) => one.name !== other.name || equalJson(one.document, other.document)));
    },
  },
  {
    name: "all are current",
    kind: "sometimes",
    on: "actors",
    test: (states) => {
      const shown = shownBy(states);
      return shown.length === states.length && shown.every(({ name, document }) => name === shown[0]!.name && document["b"] === 2);
    },
  },
];

function shownBy(states: readonly Json[]): NonNullable<ReturnType<typeof publishedBy>>[] {
  return states.flatMap((state) => publishedBy(state) ?? []);
}

const options: readonly OptionSpec[] = [
  { name: "letters", kind: "choice", choices: ["functions", "differences", "copies"], default: "functions", reason: "the smallest letters, and the ones that forgive least" },
  { name: "flow", kind: "choice", choices: ["push", "pull"], default: "push", reason: "readers see a change after one trip" },
  { name: "catch-up", kind: "choice", choices: ["redelivery", "current-state"], default: "redelivery", reason: "what is missing is small beside the whole" },
  { name: "names", kind: "choice", choices: ["numbers", "hashes"], default: "numbers", reason: "one author can count; a number tells the newer state" },
  { name: "log", kind: "integer", unit: "letters", default: 100, min: 0, reason: "a copy that was away longer gets the current state" },
  { name: "syncMs", kind: "integer", unit: "ms", default: 200, min: 1, reason: "how late the last change may be seen when its letter is lost" },
];

function definition(about: SystemParts["about"], flaw?: { readonly flaw: NonNullable<StateSyncVariant["flaw"]>; readonly defaults: Settings; readonly reads?: number }): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults: { servers: 2, order: "any", losses: 1, duplicates: 1, ...flaw?.defaults },
    options,
    spec: publishedDocument(),
    actor(settings) {
      const sync = numberOf(settings, "syncMs");
      return plainActor(
        stateSyncActor({
          kind: about.name,
          letters: textOf(settings, "letters") as StateSyncVariant["letters"],
          flow: textOf(settings, "flow") as StateSyncVariant["flow"],
          catchUp: textOf(settings, "catch-up") as StateSyncVariant["catchUp"],
          names: textOf(settings, "names") as StateSyncVariant["names"],
          logMax: numberOf(settings, "log"),
          syncMs: [sync, sync * 2],
          ...(flaw === undefined ? {} : { flaw: flaw.flaw }),
        }),
      );
    },
    scripts: (servers, clients) => changeAndRead(servers, clients, flaw?.reads ?? 2),
    properties,
  });
}

/** A document and its copies, by any of the strategies. */
export const stateSync: SystemDefinition = definition({
  name: "state-sync",
  summary: "a document kept in step with its copies by letters: functions, differences or copies, push or pull, numbers or hashes",
  role: "product",
});

/** Applies whatever comes. */
export const stateSyncBlind: SystemDefinition = definition(
  { name: "state-sync-blind", summary: "state-sync without a look at the letters' numbers", role: "twin", twinOf: "state-sync", bug: "a function that is lost, repeated or overtaken leaves the copy wrong for good" },
  { flaw: "blind", defaults: { losses: 0 } },
);

/** Takes a difference for a copy. */
export const stateSyncSkipsGaps: SystemDefinition = definition(
  { name: "state-sync-skips-gaps", summary: "state-sync that applies any newer difference", role: "twin", twinOf: "state-sync", bug: "a difference is applied over a missing one, as only a whole copy may be" },
  { flaw: "skips-gaps", defaults: { letters: "differences", duplicates: 0 } },
);

/** Takes any copy. */
export const stateSyncAnyCopy: SystemDefinition = definition(
  { name: "state-sync-any-copy", summary: "state-sync that takes every copy, old or new", role: "twin", twinOf: "state-sync", bug: "a whole copy that was overtaken on its way takes the reader back" },
  { flaw: "any-copy", defaults: { letters: "copies", losses: 0, duplicates: 0 } },
);

/** Names states by their content. */
export const stateSyncContentNames: SystemDefinition = definition(
  { name: "state-sync-content-names", summary: "state-sync whose hashes cover the content, not the past", role: "twin", twinOf: "state-sync", bug: "a state that comes again has its old name, so an old letter that is repeated fits again" },
  { flaw: "content-names", defaults: { names: "hashes", losses: 0 }, reads: 3 },
);
