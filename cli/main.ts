#!/usr/bin/env node
/** The command line: argument parsing, progress and exit codes only. What it does lives in `suites/`. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { describeError } from "../harness/errors.ts";
import { exitCodes, exitOfError } from "./exit-codes.ts";
import { addCheck } from "./commands/check.ts";
import { addCompare, addExplore, addSimulate } from "./commands/witnesses.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor, addHeal } from "./commands/upkeep.ts";
import { addList } from "./commands/list.ts";
import { addReport } from "./commands/report.ts";
import { addRun } from "./commands/run.ts";

const version = (JSON.parse(readFileSync(new URL(import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json", import.meta.url), "utf8")) as { version: string }).version;

const program = new Command("rashomon")
  .description("Tells whether a distributed system keeps its promises: real clusters under faults, an exhaustive model checker, a seeded simulator, one judge.")
  .version(version)
  .showHelpAfterError("(see `rashomon --help`)")
  .exitOverride();
for (const add of [addDemo, addRun, addCheck, addExplore, addSimulate, addCompare, addList, addDoctor, addHeal, addReport]) add(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError(`(see \`rashomon ${command.name()} --help\`)`);

process.on("unhandledRejection", (error) => {
  process.stderr.write(`crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(exitCodes.crash);
});
// A reader that went away (`rashomon list | head`) ends us quietly.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  else {
    process.exitCode = exitOfError(error);
    const expected = process.exitCode !== exitCodes.crash;
    process.stderr.write((expected ? describeError(error) : `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`) + "\n");
  }
}
