import type { Seed } from "../../harness/ids.ts";
import { wallClock } from "../../harness/time.ts";
import type { WitnessAccount } from "../../results/records.ts";
import type { RunFolder } from "../../results/store.ts";
import type { Compared } from "../compare.ts";
import { harnessVersion } from "../machine.ts";
import { writeWholeReport } from "../write-reports.ts";
import { comparisonRecord, nodesInWords } from "./record.ts";

/** The comparison's report; its path, or undefined when it could not be drawn (which is said). */
export function writeComparison(compared: Compared, about: { readonly folder: RunFolder; readonly account: WitnessAccount; readonly seed: Seed; readonly rerun: string; readonly tell: (line: string) => void }): string | undefined {
  const { folder, account, seed, rerun, tell } = about;
  const input = {
    title: `${compared.system}: the model, the simulator and real ${nodesInWords[compared.cluster]} compared`,
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
