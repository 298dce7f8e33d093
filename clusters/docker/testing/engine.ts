import { afterAll, expect, type TestContext } from "vitest";
import { describeError } from "../../../harness/errors.ts";
import { connectEngine, type Engine } from "../engine.ts";
import { sweepDocker } from "../sweep.ts";

/**
 * The engine for a test, or a skip that says why there is none. In CI a missing engine is a failure: the tests that
 * need one must not fall silent there.
 */
export async function engineFor(context: TestContext): Promise<Engine> {
  try {
    return await connectEngine();
  } catch (error) {
    if (process.env["CI"] === "true") throw error;
    return context.skip(describeError(error));
  }
}

const runs: string[] = [];

/** A run id of a test's own. */
export function testRunId(name: string): string {
  const runId = `test-${process.pid}-${runs.length + 1}-${name}`;
  runs.push(runId);
  return runId;
}

/** After a file's tests: nothing that its runs labelled may be left. What is left is removed, and fails the file. */
export function expectNothingLeft(): void {
  afterAll(async () => {
    const engine = await connectEngine().catch(() => undefined);
    if (engine === undefined) return;
    const left: string[] = [];
    for (const runId of runs) {
      const report = await sweepDocker({ engine, runId });
      left.push(...report.removed, ...report.failed.map(({ what, error }) => `${what}: ${error}`));
    }
    expect(left).toEqual([]);
  });
}
