import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeId } from "../../harness/ids.ts";
import { parseSettings } from "../../harness/options.ts";
import { freshSeed } from "../../harness/random.ts";
import { deadlineSignal, sleep } from "../../harness/time.ts";
import { findSystem } from "../systems/registry.ts";
import { actorClient } from "./actor-client.ts";
import { readDiaries } from "./diaries.ts";
import type { LocalRunningCluster } from "./local-cluster.ts";
import { expectMutantsRejected } from "./testing/expect-mutants.ts";
import { patience, stage } from "./testing/stage.ts";
import { validateTrace } from "./validation.ts";

const definition = findSystem("abd");
const settings = parseSettings([], definition.options, "abd");
const system = definition.make(settings);

test("the diaries of nodes that were paused, killed, slowed and cut at work are whole, and replay to the same states", { timeout: 120_000 }, async () => {
  await using at = stage();
  {
    await using cluster = await at.start();
    await cluster.converged(patience());
    const busy = new AbortController();
    const load = keepBusy(cluster, busy.signal);
    for (const name of ["n1", "n2", "n3", "n1"]) {
      const kill = cluster.processes.kill(nodeId(name));
      const other = nodeId(name === "n3" ? "n1" : "n3");
      const pause = cluster.processes.pause(other);
      const slow = cluster.net!.delay([{ from: nodeId("n2"), to: other }], { latencyMs: 30, jitterMs: 25 });
      const cut = cluster.net!.cut([{ from: other, to: nodeId("n2") }]);
      await slow.apply(patience());
      await sleep(200);
      await kill.apply(patience());
      await cut.apply(patience());
      await pause.apply(patience());
      await sleep(200);
      await pause.revert(patience());
      await sleep(100);
      await cut.revert(patience());
      await kill.revert(patience());
      await slow.revert(patience());
    }
    await cluster.converged(patience());
    await sleep(300);
    busy.abort();
    await load;
  }

  const diaries = readDiaries(join(at.folder, "logs"), 3);

  expect(diaries[0]!.lines.at(-1)?.epoch).toBe(2);
  for (const { lines } of diaries) {
    expect(lines.length).toBeGreaterThan(100);
    for (const [i, line] of lines.entries()) expect(line.seq).toBe(line.event === "start" ? 0 : lines[i - 1]!.seq + 1);
  }
  expect(validateTrace({ diaries, systemOf: () => system })).toMatchObject({ verdict: "valid" });
  expectMutantsRejected({ diaries, systemOf: () => system }, { each: 2, seed: freshSeed() });
});

/** Six threads that read and write wherever a node answers, until told to stop. */
async function keepBusy(cluster: LocalRunningCluster, stop: AbortSignal): Promise<void> {
  const client = actorClient();
  await Promise.all(
    Array.from({ length: 6 }, async (_, thread) => {
      const node = nodeId(`n${(thread % 3) + 1}`);
      for (let i = 0; !stop.aborted; ) {
        try {
          await using connection = await client.connect({ node, thread, endpoint: await cluster.endpoint(node, thread), signal: deadlineSignal(1_000) });
          for (let ok = true; ok && !stop.aborted; i++) {
            const outcome = await connection.invoke(i % 3 === 0 ? { f: "read", value: null } : { f: "write", value: thread * 1_000_000 + i }, deadlineSignal(300));
            ok = outcome.type === "ok";
          }
        } catch {
          await sleep(20);
        }
        await sleep(5);
      }
    }),
  );
}
