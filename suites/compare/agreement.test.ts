import { describe, expect, it } from "vitest";
import { explore, type Exploration, type Outcomes } from "../../checkers/model/explore.ts";
import { findSystem } from "../../clusters/systems/registry.ts";
import type { System } from "../../harness/actor.ts";
import { assert } from "../../harness/assert.ts";
import { canonicalHistory } from "../../harness/canonical-history.ts";
import { parseSettings } from "../../harness/options.ts";
import { historyOfCanonical } from "../../harness/parse-canonical.ts";
import { agreementOf, agreementSentence, defaultWitnesses } from "./agreement.ts";

describe("all that judge histories agree on all that a model has", () => {
  it.each([
    ["primary-backup", [], ["search", "explanations", "brute force", "zones"]],
    ["abd-fast-read", [], ["search", "explanations", "brute force", "zones"]],
    ["chain-read-anywhere", ["crashes=1"], ["search", "explanations", "brute force", "zones"]],
    ["paxos-no-adoption", ["clients=2"], ["search", "explanations", "brute force"]],
    ["request-service-no-keys", [], ["search", "explanations", "brute force"]],
    ["pn-counter", ["timers=0"], ["search", "explanations", "brute force"]],
    ["lamport-mutex", [], ["search", "explanations", "brute force"]],
  ])("%s %o", (name, settings, present) => {
    const { exploration, system } = explored(name, settings);

    const agreement = agreementOf({ exploration, spec: system.spec, historiesMax: 2_000 });

    expect(agreement.disagreement).toBeUndefined();
    expect(agreement.histories).toBe(Math.min(2_000, exploration.outcomes.all.size));
    expect(agreement.refuted > 0).toBe(exploration.discoveries.some(({ property }) => property === "linearizable"));
    expect(agreement.witnesses.map(({ name }) => name)).toEqual(expect.arrayContaining(present));
  });

  it("and every history of a model is read back from its text", () => {
    const { exploration, system } = explored("request-service-no-keys", []);

    for (const text of exploration.outcomes.all) expect(canonicalHistory(historyOfCanonical(text), system.spec)).toBe(text);
  });
});

describe("a checker that is wrong", () => {
  const { exploration, system } = explored("abd-fast-read", []);

  it.each([
    ["finds nothing", true],
    ["refutes all", false],
  ])("because it %s is told from the others, with the history", (_what, answer) => {
    const witnesses = [...defaultWitnesses, { name: "wrong", judge: () => answer }];

    const agreement = agreementOf({ exploration, spec: system.spec, historiesMax: 2_000, witnesses });

    const { history, linearizable, not } = agreement.disagreement!;
    expect(answer ? linearizable : not).toEqual(["wrong"]);
    expect(exploration.outcomes.all).toContain(history);
    expect(agreementSentence(agreement)).toContain(`the checkers disagree on the history ${history}`);
  });

  it("may be the explorer: what it calls proved must not be refuted", () => {
    const { disagreement } = agreementOf({ exploration: { complete: true, discoveries: [], outcomes: exploration.outcomes }, spec: system.spec, historiesMax: 2_000 });

    expect(disagreement?.linearizable).toEqual(["explorer"]);
  });
});

function explored(name: string, settings: readonly string[]): { readonly system: System; readonly exploration: Pick<Exploration, "complete" | "discoveries"> & { readonly outcomes: Outcomes } } {
  const definition = findSystem(name);
  const system = definition.make(parseSettings(settings, definition.options, name));
  const { complete, discoveries, outcomes } = explore(system);
  assert(outcomes !== undefined, "a search that keeps histories has outcomes");
  return { system, exploration: { complete, discoveries, outcomes } };
}
