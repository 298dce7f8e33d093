import { join } from "node:path";
import { test } from "vitest";
import { dockerAnswers } from "../../clusters/docker/engine.ts";
import { readTrackRecord } from "./record.ts";
import { findRow, regressionRows } from "./registry.ts";
import { leaseRows } from "./rows/lease.ts";
import { toyRows } from "./rows/toy.ts";
import { steadyRows } from "./steady.ts";
import { bothSidesMs, expectBothSides } from "./testing/both-sides.ts";
import { cheapestRows } from "./testing/cheapest.ts";

const record = readTrackRecord(join(import.meta.dirname, "..", "..", "docs", "track-record.jsonl"));
const localRows = [...toyRows, ...leaseRows];
const databaseRows = regressionRows.filter((row) => !localRows.includes(row));
const names = steadyRows(databaseRows, record).map(({ name }) => name).filter((name) => !cheapestRows.includes(name));

test.skipIf(!(await dockerAnswers())).each(names)("%s is found, and its control is valid", async (name) => await expectBothSides(findRow(name)), bothSidesMs);

test.each(localRows)("$name is found without Docker, and its control is valid", async (row) => await expectBothSides(row), bothSidesMs);
