import { test } from "vitest";
import { findRow } from "./registry.ts";
import { bothSidesMs, expectBothSides } from "./testing/both-sides.ts";
import { cheapestRows } from "./testing/cheapest.ts";

test.each(cheapestRows)("%s is found, and its control is valid", async (name) => await expectBothSides(findRow(name)), bothSidesMs);
