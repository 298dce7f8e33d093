import { test } from "vitest";
import { clocksSupported } from "../clusters/clock/process-clock.ts";
import { expectSkewedClocks } from "./testing/clocks.ts";

test.skipIf(!clocksSupported())("NATS (static Go) on one node says itself that its clock is an hour ahead, after a kill too, and has our time again after the heal", async () => await expectSkewedClocks({ system: "nats", nodes: 1, tells: true }));
