import { expect, it } from "vitest";
import { tableBeside } from "./commands/regress.ts";

it.each([
  ["docs/track-record.jsonl", "docs/track-record.md"],
  ["/tmp/mine.jsonl", "/tmp/mine.md"],
  ["/tmp/mine", "/tmp/mine.md"],
])("the table of %s is %s", (record, table) => expect(tableBeside(record)).toBe(table));
