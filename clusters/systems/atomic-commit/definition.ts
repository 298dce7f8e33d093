import type { ClientScript, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import { decision, finish } from "../../../harness/objects/decision.ts";
import { numberOf } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { atomicCommitActor, type Decision, decisionOf } from "./atomic-commit.ts";

/** Client k asks server k for the end. */
function finishers(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [{ node: k % servers, call: finish() }]);
}

const everybody = (end: Decision): SystemProperty => ({
  name: `all ${end}`,
  kind: "sometimes",
  on: "actors",
  test: (states) => states.every((state) => decisionOf(state) === end),
});

const properties: readonly SystemProperty[] = [
  {
    name: "one decision",
    kind: "always",
    on: "actors",
    test: (states) => new Set(states.map(decisionOf).filter((decided) => decided !== undefined)).size <= 1,
  },
  everybody("commit"),
  everybody("abort"),
];

function definition(about: SystemParts["about"], commitsOnTimeout: boolean): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults: { clients: 1, timers: 1 },
    options: [{ name: "waitMs", kind: "integer", unit: "ms", default: 300, min: 1, reason: "well above the round trips of an undisturbed transaction" }],
    spec: decision(),
    actor(settings) {
      const wait = numberOf(settings, "waitMs");
      return plainActor(atomicCommitActor({ kind: about.name, commitsOnTimeout, waitMs: [wait, wait * 2] }));
    },
    scripts: finishers,
    properties,
  });
}

/** The name leaves `two-phase-commit` to the model of the literature, whose state counts are known. */
export const atomicCommit: SystemDefinition = definition(
  { name: "atomic-commit", summary: "one transaction on all servers by two-phase commit (Gray), presumed abort", role: "product" },
  false,
);

/** Does not wait. */
export const atomicCommitImpatient: SystemDefinition = definition(
  {
    name: "atomic-commit-impatient",
    summary: "atomic-commit whose participants commit when they hear nothing",
    role: "twin",
    twinOf: "atomic-commit",
    bug: "a participant that said yes commits on a timeout, although another may have said no",
  },
  true,
);
