import { HarnessError } from "../../harness/errors.ts";

/** Ends what a run made, group after group, all of a group at once; every failure is told, none stops the rest. */
export async function endInOrder(runId: string, groups: readonly (readonly (() => Promise<unknown>)[])[]): Promise<void> {
  const failures: unknown[] = [];
  for (const group of groups) await Promise.all(group.map((end) => end().catch((error: unknown) => failures.push(error))));
  if (failures.length === 0) return;
  throw new HarnessError("HEAL_FAILED", `the Docker cluster of run ${runId} could not be ended cleanly`, {
    nextStep: "run `rashomon heal`",
    cause: failures.length === 1 ? failures[0] : new AggregateError(failures, failures.map(String).join("; ")),
  });
}

/** All at once; waits for all even when one fails, so that nothing is made behind a teardown's back, then throws the first failure. */
export async function allSettled(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
