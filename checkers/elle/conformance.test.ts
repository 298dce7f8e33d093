import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "../../harness/json.ts";
import { readHistory } from "../../results/formats/formats.ts";
import type { ElleResult } from "./check.ts";
import { checkElle, type ElleOptions, judgeTransactions, vocabularies, type Workload } from "./elle.ts";
import { TransactionBuilder, type Transactions } from "./transactions.ts";

// Histories with the verdicts that Elle 0.2.8 gave them; read in place, never copied.
const root = process.env["RASHOMON_CONFORMANCE"] ?? join(import.meta.dirname, "../../../shared/conformance");
const folder = join(root, "elle");

interface Options {
  readonly "consistency-models"?: string[] | null;
  readonly anomalies?: string[];
  readonly "wfr-keys?"?: boolean;
  readonly "sequential-keys?"?: boolean;
  readonly "linearizable-keys?"?: boolean;
  readonly "transaction-order"?: { readonly [index: string]: number };
}
interface Expected {
  readonly valid: boolean | "unknown";
  readonly "anomaly-types": string[] | null;
  readonly not: string[] | null;
  readonly "also-not": string[] | null;
}
interface RecordedOp {
  readonly index: number;
  readonly type: "invoke" | "ok" | "fail" | "info";
  readonly process: number;
  readonly value: Json;
}
interface Case {
  readonly test: string;
  readonly testing: string[];
  readonly workload: Workload;
  readonly opts: Options;
  readonly history: RecordedOp[];
  readonly result: { readonly "valid?": boolean | "unknown"; readonly "anomaly-types": string[]; readonly not: string[] | null; readonly "also-not": string[] | null };
}
interface FileCase {
  readonly file: string;
  readonly workload: Workload;
  readonly options: Options;
  readonly expected: Expected;
}

function lines<T>(...path: readonly string[]): T[] {
  return readFileSync(join(folder, ...path), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

function ours(options: Options): ElleOptions {
  const order = options["transaction-order"];
  return {
    ...(options["consistency-models"] === undefined ? {} : { models: options["consistency-models"] ?? [] }),
    ...(options.anomalies === undefined ? {} : { anomalies: options.anomalies }),
    wfrKeys: options["wfr-keys?"] ?? false,
    sequentialKeys: options["sequential-keys?"] ?? false,
    linearizableKeys: options["linearizable-keys?"] ?? false,
    ...(order === undefined ? {} : { transactionOrder: new Map(Object.entries(order).map(([index, place]) => [Number(index), place])) }),
  };
}

function verdict(result: ElleResult): Expected {
  const asked = result.valid !== true;
  return { valid: result.valid, "anomaly-types": asked ? [...result.types] : null, not: asked ? [...result.not] : null, "also-not": asked ? [...result.alsoNot] : null };
}

/** The recorded calls' histories are not all well-formed: completions without invocations, processes that do two things at once. */
function recorded(ops: readonly RecordedOp[], workload: Workload): Transactions {
  const builder = new TransactionBuilder(vocabularies[workload]);
  const open: RecordedOp[] = [];
  for (const op of ops) {
    if (op.type === "invoke") {
      open.push(op);
      continue;
    }
    const place = open.findIndex((candidate) => candidate.process === op.process);
    const invocation = place < 0 ? undefined : open.splice(place, 1)[0];
    builder.add({ type: op.type, process: op.process, begin: invocation?.index ?? -1, end: op.index, index: op.index, invocation: invocation?.index ?? -1, value: op.value });
  }
  return builder.build();
}

if (existsSync(folder)) {
  describe("recorded calls of Elle's own tests", () => {
    const cases = lines<Case>("cases.jsonl").map((row, number) => ({ ...row, number }));

    it("there are 58 of them", () => {
      expect(cases.length).toBe(58);
    });

    it.each(cases)("$number $workload $test $testing", ({ workload, opts, history, result }) => {
      const answer = verdict(judgeTransactions(recorded(history, workload), workload, ours(opts)));

      // Where Elle ran out of time the rest of its answer depended on the machine; ours did not, and found all that it found.
      const timeout = result["anomaly-types"].includes("cycle-search-timeout");
      const expected = { valid: result["valid?"], "anomaly-types": result["valid?"] === true ? null : result["anomaly-types"], not: result.not, "also-not": result["also-not"] };
      if (timeout) expect(answer["anomaly-types"]).toEqual(expect.arrayContaining(result["anomaly-types"].filter((type) => type !== "cycle-search-timeout")));
      else expect(answer).toEqual(expected);
    });
  });

  describe.each(["corpus", "injected"])("%s", (set) => {
    const rows = lines<FileCase>(set, "expected.jsonl").map((row) => ({ ...row, set: Object.keys(row.options).join(" ") }));

    it(`there are ${set === "corpus" ? 88 : 15} of them`, () => {
      expect(rows.length).toBe(set === "corpus" ? 88 : 15);
    });

    it.each(rows)("$file ($set)", async ({ file, workload, options, expected }) => {
      const { history } = await readHistory(join(folder, set, file));

      const result = checkElle(history, workload, ours(options));

      expect(verdict(result)).toEqual(expected);
    });
  });
} else {
  it.skip(`161 recorded histories are skipped: ${folder} does not exist (set RASHOMON_CONFORMANCE)`, () => {});
}
