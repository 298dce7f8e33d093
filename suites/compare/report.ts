import type { Seed } from "../../harness/ids.ts";
import { wallClock } from "../../harness/time.ts";
import type { WitnessAccount } from "../../results/records.ts";
import { createRunFolder } from "../../results/store.ts";
import { type Compared, comparisonRecord } from "../compare.ts";
import { harnessVersion } from "../machine.ts";
import { writeWholeReport } from "../write-reports.ts";

/** The comparison's report in a run folder of its own; its path, or undefined when it could not be drawn (which is said). */
export function writeComparison(compared: Compared, about: { readonly root: string; readonly account: WitnessAccount; readonly seed: Seed; readonly rerun: string; readonly tell: (line: string) => void }): string | undefined {
  const { account, seed, rerun, tell } = about;
  const folder = createRunFolder({ root: about.root, scenario: `${compared.system}/compare`, seed });
  const input = {
    title: `${compared.system}: the model, the simulator and real processes compared`,
    rerun,
    seed,
    createdAt: wallClock().toISOString(),
    harnessVersion: harnessVersion(),
    accounts: [account],
    runs: [],
    comparisons: [comparisonRecord(compared)],
  };
  return writeWholeReport({ folder, input, runFolders: [], tell });
}
