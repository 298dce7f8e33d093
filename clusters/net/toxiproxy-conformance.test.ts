import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goVersion } from "./go-program.ts";
import { CaseContext } from "./conformance/case.ts";
import { ourServer, realServer, type TestServer } from "./testing/servers.ts";
import { conformanceCases } from "./toxiproxy-conformance.ts";

const go = await goVersion();

interface Subject {
  readonly name: string;
  readonly start: () => Promise<TestServer>;
  /** Where it departs from Toxiproxy on purpose. */
  readonly beyond: readonly ("half-close" | "live-reset")[];
}

const subjects: readonly Subject[] = [
  { name: "our server, strict", start: () => ourServer({ halfClose: false, liveReset: false }), beyond: [] },
  { name: "our server, as the harness runs it", start: () => ourServer(), beyond: ["half-close", "live-reset"] },
  ...(go === undefined ? [] : [{ name: "the real Toxiproxy 2.12", start: realServer, beyond: [] }]),
];

for (const { name, start, beyond } of subjects) {
  describe.concurrent(name, () => {
    let server: TestServer | undefined;
    beforeAll(async () => {
      server = await start();
    }, 600_000);
    afterAll(() => server?.[Symbol.asyncDispose]());

    for (const { title, strict, run } of conformanceCases) {
      if (strict !== undefined && beyond.includes(strict)) continue;
      it(title, { concurrent: false }, async () => {
        await using context = new CaseContext(server!.url);
        await run(context);
      });
    }
  });
}

describe("the real Toxiproxy", () => {
  it.skipIf(go === undefined && process.env["CI"] === undefined)(`takes part (skipped where Go is not installed; here: ${go ?? "no Go"})`, () => {
    expect(go, "in CI the real Toxiproxy must take part: install Go 1.23 or later").toBeDefined();
  });
});
