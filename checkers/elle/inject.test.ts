import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { Random } from "../../harness/random.ts";
import { checkElle } from "./elle.ts";
import { inject, inSession, listInjections, registerInjections } from "./testing/inject.ts";
import { simulate } from "./testing/simulate.ts";

const common = { level: "strict-serializable", transactions: 60, concurrency: 5, keys: 3, writesPerKey: 12, lengthMax: 4, failRatio: 0.05, infoRatio: 0.05 } as const;

describe.each([
  ["list-append", "strict-serializable", listInjections],
  ["list-append", "strong-session-serializable", inSession(listInjections)],
  ["rw-register", "strict-serializable", registerInjections],
  ["rw-register", "strong-session-serializable", inSession(registerInjections)],
] as const)("%s that should be %s", (workload, model, injections) => {
  it.each(injections)("an injected $name is found, wherever it is", (injection) => {
    for (let i = 0; i < 10; i++) {
      const name = `inject-${workload}-${model}-${injection.name}-${i}`;
      const random = new Random(seed(name));
      const healthy = simulate({ ...common, workload, random });

      const { valid, types } = checkElle(inject(healthy, injection, random), workload, { models: [model], wfrKeys: injection.name === "versions in a circle" });

      expect({ valid, types }, `seed ${name}`).toMatchObject({ valid: false, types: expect.arrayContaining([...injection.finds]) as readonly string[] });
    }
  });
});
