import { expect, test } from "vitest";
import type { Operation } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { parseSettings, type Settings } from "../../harness/options.ts";
import { processState } from "../../harness/process-identity.ts";
import { findSystem } from "../systems/registry.ts";
import { playRounds, type Round, type RoundsOptions } from "./rounds.ts";
import { patience, stage, type Stage } from "./testing/stage.ts";

const allowMs = 120_000;
const definition = findSystem("abd");
const settings = (...set: string[]): Settings => parseSettings(["resendMs=5000", ...set], definition.options, "abd");

async function play(at: Stage, options: Partial<RoundsOptions>): Promise<Round[]> {
  const rounds: Round[] = [];
  const all = { definition, settings: settings(), rounds: 10, seed: seed(3), maxDelayMs: 3, signal: patience(), ledger: at.ledger, logsFolder: at.folder, ...options };
  for await (const round of playRounds(all)) rounds.push(round);
  return rounds;
}

test("every round plays the model's scripts once, in order, on fresh actors", { timeout: allowMs }, async () => {
  await using at = stage();

  const rounds = await play(at, { rounds: 30 });

  expect(rounds.map((round) => round.index).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  for (const round of rounds) {
    expect({ complete: round.complete, timersFired: round.timersFired }).toEqual({ complete: true, timersFired: 0 });
    for (const [client, script] of definition.make(settings()).model.clients.entries()) {
      expect(operationsOf(round, client).map(({ invocation }) => ({ f: invocation.f, value: invocation.value }))).toEqual(script.map(({ call }) => call));
    }
    // Fresh actors: a read sees nothing or one of this round's writes, and its own write at least.
    for (const read of [...round.history.operations()].filter((operation) => operation.invocation.f === "read")) {
      expect([1, 2]).toContain(read.completion?.value);
    }
  }
  expect(at.pids().map(processState)).toEqual(at.pids().map(() => undefined));
  expect(at.ledger.open()).toEqual([]);
});

test("delays show more than one behaviour", { timeout: allowMs }, async () => {
  await using at = stage();

  const rounds = await play(at, { rounds: 40 });

  const orders = new Set(rounds.map((round) => [...round.history].map((op) => `${op.process}${op.type}${JSON.stringify(op.value)}`).join(" ")));
  expect(orders.size).toBeGreaterThan(2);
});

test("a consumer that stops early ends the cluster", { timeout: allowMs }, async () => {
  await using at = stage();
  const all = { definition, settings: settings(), rounds: 1_000, seed: seed(3), maxDelayMs: 3, signal: patience(), ledger: at.ledger, logsFolder: at.folder };

  for await (const round of playRounds(all)) if (round.index >= 3) break;

  expect(at.pids().map(processState)).toEqual(at.pids().map(() => undefined));
  expect(at.ledger.open()).toEqual([]);
});

test("an interrupt in the middle throws its reason and ends the cluster", { timeout: allowMs }, async () => {
  await using at = stage();
  const interrupt = new AbortController();
  const all = { definition, settings: settings(), rounds: 1_000, seed: seed(3), maxDelayMs: 3, signal: interrupt.signal, ledger: at.ledger, logsFolder: at.folder };

  const playing = (async () => {
    for await (const round of playRounds(all)) if (round.index === 3) interrupt.abort(new Error("Ctrl-C"));
  })();

  await expect(playing).rejects.toThrow("Ctrl-C");
  expect(at.pids().map(processState)).toEqual(at.pids().map(() => undefined));
  expect(at.ledger.open()).toEqual([]);
});

test("a round whose calls are not answered in time ends in info", { timeout: allowMs }, async () => {
  await using at = stage();

  const rounds = await play(at, { rounds: 2, maxDelayMs: 0, roundMsMax: 0 });

  for (const round of rounds) {
    expect(round.complete).toBe(false);
    expect([...round.history].filter((op) => op.type === "ok")).toEqual([]);
  }
});

function operationsOf(round: Round, client: number): Operation[] {
  return [...round.history.operations()].filter((operation) => operation.invocation.process === client);
}
