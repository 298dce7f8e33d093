import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeId, seed } from "../../harness/ids.ts";
import { parseSettings } from "../../harness/options.ts";
import { deadlineSignal, sleep } from "../../harness/time.ts";
import { findSystem } from "../systems/registry.ts";
import { actorClient } from "./actor-client.ts";
import type { LocalRunningCluster } from "./local-cluster.ts";
import { playRounds } from "./rounds.ts";
import { readDiaries, replayProblems } from "./testing/replay.ts";
import { patience, stage } from "./testing/stage.ts";

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

  expect(diaries[0]!.at(-1)?.epoch).toBe(2);
  for (const diary of diaries) {
    expect(diary.length).toBeGreaterThan(100);
    for (const [i, line] of diary.entries()) expect(line.seq).toBe(line.event === "start" ? 0 : diary[i - 1]!.seq + 1);
  }
  expect(replayProblems(system, diaries)).toEqual([]);
});

test("a diary from which one delivery is removed does not replay", { timeout: 120_000 }, async () => {
  await using at = stage();
  const logsFolder = join(at.folder, "logs");
  for await (const _round of playRounds({ definition, settings, rounds: 10, seed: seed(5), maxDelayMs: 2, signal: patience(), ledger: at.ledger, logsFolder }));
  const diaries = readDiaries(logsFolder, 3);
  expect(replayProblems(system, diaries)).toEqual([]);

  const stored = diaries[0]!.findIndex((line) => line.event === "deliver" && line.save !== undefined);
  expect(stored).toBeGreaterThan(0);
  const problems = replayProblems(system, [diaries[0]!.toSpliced(stored, 1), ...diaries.slice(1)]);

  expect(problems.length).toBeGreaterThan(0);
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
