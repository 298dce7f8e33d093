import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HarnessError } from "../harness/errors.ts";
import { parseSettings } from "../harness/options.ts";
import { arm } from "../nemesis/fault.ts";
import { faultNamed } from "../nemesis/registry.ts";
import { checkBeforeStart } from "../nemesis/supported.ts";
import { abilitiesOf, abilitiesRow } from "./abilities.ts";
import { findSubject, subjects } from "./subject.ts";

const databases = subjects.filter(({ role }) => role === "database");

describe("What can be done to a system's nodes", () => {
  it("is known before it starts, of every system", () => {
    for (const subject of subjects) expect(abilitiesOf(subject).can, subject.name).toContain("processes");
  });

  it.each([...databases.map(({ name }) => ({ name, settings: [] })), { name: "zookeeper", settings: ["reconfig=true"] }])("stands in docs/databases.md as it is: $name $settings", ({ name, settings }) => {
    const docs = readFileSync(fileURLToPath(new URL("../docs/databases.md", import.meta.url)), "utf8");

    expect(docs.split("\n")).toContain(abilitiesRow(findSubject(name), settings));
  });

  it.each([
    ["etcd", "kill", "target=primary", 'its nodes have no roles such as "primary" (they have leader, follower) (for kill)'],
    ["galera", "isolate", "target=leader", 'its nodes have no roles such as "leader" (for isolate)'],
    ["redis", "kill", "process=etcd", 'its nodes have no process "etcd" (they have redis, sentinel) (for kill)'],
    ["mariadb", "shrink", "target=any", "change who belongs to it (for shrink)"],
    ["tarantool", "shrink", "target=primary", "n1 is its primary for good and cannot leave, so primary cannot be the target (for shrink)"],
    ["postgres", "shrink", "target=n1", "n1 is its primary for good and cannot leave, so n1 cannot be the target (for shrink)"],
    ["mariadb", "isolate", "target=any", "it has 1 node(s) where 2 are needed (for isolate)"],
  ])("is refused to %s with %s:%s before anything is started, and what it takes is said", (system, name, setting, problem) => {
    const fault = faultNamed(name);
    const refuse = (): void => checkBeforeStart([arm(fault, parseSettings([setting], fault.options, name))], { name: "docker", abilities: abilitiesOf(findSubject(system)) });

    expect(refuse).toThrow(HarnessError);
    expect(refuse).toThrow(expect.objectContaining({ code: "CAPABILITY_MISSING", message: expect.stringContaining(problem), nextStep: expect.stringContaining("it takes isolate, halves,") }));
  });
});
