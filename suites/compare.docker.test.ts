import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { sweepDocker } from "../clusters/docker/sweep.ts";
import { engineFor } from "../clusters/docker/testing/engine.ts";
import { findSystem } from "../clusters/systems/registry.ts";
import { seed } from "../harness/ids.ts";
import { parseSettings } from "../harness/options.ts";
import { deadlineSignal } from "../harness/time.ts";
import { compareNow } from "./compare.ts";
import { exploreObserved } from "./compare/model-coverage.ts";
import { runIdOf } from "./run-id.ts";

const root = mkdtempSync(join(tmpdir(), "rashomon-compare-docker-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

for (const name of ["abd", "chain-read-anywhere"]) {
  it(`every history and every trace of ${name} on containers is its model's, and they meet several of its outcomes`, { timeout: 300_000 }, async (context) => {
    const engine = await engineFor(context);
    const definition = findSystem(name);
    const settings = parseSettings([], definition.options, name);
    const signal = deadlineSignal(240_000);
    const folder = join(root, `test-${name}`);
    const tell = (): void => undefined;

    const explored = await exploreObserved(definition, settings, { budgetMs: 120_000, signal });
    const compared = await compareNow({ definition, settings, cluster: "docker", seed: seed(7), rounds: 60, simulatedRuns: 0, maxDelayMs: 8, historiesMax: 200, signal, tell, explored, folder });

    expect(explored.exploration.complete).toBe(true);
    expect(compared).toMatchObject({ verdict: "valid", trace: { verdict: "valid" }, deployed: { rounds: 60, inclusion: { included: 60, outside: 0, conclusive: true } } });
    expect(compared.deployed.coverage.seen).toBeGreaterThan(1);
    expect(compared.handlers!.deployed).toMatchObject({ states: { outside: 0 }, branches: { outside: 0 } });
    expect(await sweepDocker({ engine, runId: runIdOf(folder) })).toMatchObject({ removed: [], failed: [] });
  });
}
