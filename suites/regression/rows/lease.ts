import type { RegressionRow } from "../row.ts";
import { scenarioTrial, type TrialScenario } from "../scenario-trial.ts";

/** n2 counts 15 seconds in 100 too few, within what the lease allows for; leases are short, so that it gets many. */
const slowHolder: TrialScenario = {
  system: "lease",
  cluster: "local",
  workload: "lease",
  nemesis: ["clock-drift:target=n2:rate=0.85"],
  faultEvery: 9_000,
  faultFor: 8_000,
  timeLimit: 10_000,
  rate: 300,
  concurrency: 6,
  set: ["driftPercent=20", "leaseMs=500", "acquire-share=0.5"],
};

/** Without Docker: what the model of `lease-drift` says of clocks that drift, on processes. */
export const leaseRows: readonly RegressionRow[] = [
  {
    name: "lease-slow-holder",
    corpus: "none; Gray and Cheriton 1989",
    title: "a server with a slow clock believes to hold a lease after another got it",
    expected: { checker: "linearizability", anomalies: ["nonlinearizable"] },
    anomalous: scenarioTrial("lease-drift: the holder counts as long as the grantor; n2's clock at 0.85 of the true rate", { ...slowHolder, system: "lease-drift" }),
    control: { by: "setting", ...scenarioTrial("lease: the holder stops as much earlier as clocks may differ; n2's clock at 0.85 of the true rate", slowHolder) },
    runs: 10,
  },
];
