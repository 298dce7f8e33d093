import { appendFileSync, writeSync } from "node:fs";
import { describeError } from "../errors.ts";
import { isSame } from "../process-identity.ts";
import { sleep, until, wallClock } from "../time.ts";
import { healLedger } from "./heal.ts";

/**
 * The watchdog's process: `watchdog-main LEDGER OWNER-PID OWNER-START-TICKS`, standard input held by the owner.
 * See `watchdog.ts` for why.
 */
const [ledger = "", ownerPid = "0", ownerTicks = "0"] = process.argv.slice(2);
const log = `${ledger.replace(/\.jsonl$/, "")}.watchdog.log`;

/** Lets what died with the owner finish dying. */
const graceMs = 200;
/** How long an owner that closed its pipe may still live. */
const ownerMsMax = 60_000;
/** A heal that left something open is tried again, for what refused may only have been slow. */
const attemptsMax = 3;

function say(line: string): void {
  appendFileSync(log, `${wallClock().toISOString()} ${line}\n`);
}

async function heal(): Promise<void> {
  await until(`end of the owner, process ${ownerPid},`, () => !isSame(Number(ownerPid), Number(ownerTicks)), { deadlineMs: ownerMsMax, everyMs: 20 });
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    await sleep(graceMs * attempt);
    const report = await healLedger(ledger, { by: "watchdog" });
    for (const entry of report.entries) say(`${entry.ok ? "healed" : "FAILED"} ${entry.id}: ${entry.what}: ${entry.detail}`);
    for (const line of report.damagedLines) say(`line ${line} of the ledger could not be read`);
    const open = report.entries.filter((entry) => !entry.ok).length;
    say(`attempt ${attempt}: ${report.entries.length - open} healed, ${open} still open`);
    if (open === 0) return;
  }
}

let heard = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text: string) => {
  heard += text;
});
// A pipe of a dead process ends, or breaks: both are its death.
process.stdin.on("error", () => process.stdin.emit("end"));
process.stdin.once("end", () => {
  if (heard === "end\n") process.exit(0);
  say(`process ${ownerPid} is gone without a word`);
  heal().then(
    () => process.exit(0),
    (error: unknown) => {
      say(`FAILED: ${describeError(error)}`);
      process.exit(1);
    },
  );
});
writeSync(1, "ready\n");
