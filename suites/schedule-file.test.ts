import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findSystem } from "../clusters/systems/registry.ts";
import { parseSettings } from "../harness/options.ts";
import type { ScheduleStep } from "../harness/schedule.ts";
import { readSchedule, writeSchedule } from "./schedule-file.ts";

const folder = mkdtempSync(join(tmpdir(), "rashomon-schedules-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const everyKind: { readonly [step in ScheduleStep["step"]]: ScheduleStep & { readonly step: step } } = {
  deliver: { step: "deliver", from: 0, to: 1, n: 0 },
  duplicate: { step: "duplicate", from: 0, to: 1, n: 1 },
  drop: { step: "drop", from: 0, to: 1, n: 2 },
  call: { step: "call", client: 0, n: 0 },
  timer: { step: "timer", actor: 1, timer: "resend" },
  choice: { step: "choice", actor: 1, key: "k", option: 0 },
  crash: { step: "crash", actor: 1 },
  loseWrite: { step: "loseWrite", actor: 1 },
  recover: { step: "recover", actor: 1 },
  cut: { step: "cut", cut: "n1 | n2" },
  heal: { step: "heal" },
};

it("a schedule with every kind of step is read as it was written", () => {
  const path = join(folder, "every-kind.json");
  const settings = parseSettings([], findSystem("abd").options, "abd");
  writeSchedule(path, { system: "abd", settings, property: "linearizable", steps: Object.values(everyKind) });

  expect(readSchedule(path)).toMatchObject({ definition: { name: "abd" }, settings, property: "linearizable", steps: Object.values(everyKind) });
});

it.each([{ step: "crash" }, { step: "constructor" }, { step: "deliver", from: 0, to: 1 }])("%j is no step", (step) => {
  const path = join(folder, "no-step.json");
  writeFileSync(path, JSON.stringify({ schema: 1, system: "abd", settings: {}, property: "linearizable", steps: [step] }));

  expect(() => readSchedule(path)).toThrow("is no schedule");
});
