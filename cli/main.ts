#!/usr/bin/env node
/** The command line: argument parsing, progress and exit codes only. What it does lives in `suites/`. */
import { readFileSync } from "node:fs";
import { Command, CommanderError, type Option } from "commander";
import { keepCompiledCode } from "../harness/compile-cache.ts";
import { describeError } from "../harness/errors.ts";
import { exitCodes, exitOfError } from "./exit-codes.ts";

// First of all, so that nothing that fails below ends as 1, which means "invalid".
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);

// Before any command is loaded.
keepCompiledCode();

const version = (JSON.parse(readFileSync(new URL(import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json", import.meta.url), "utf8")) as { version: string }).version;

const program = new Command("rashomon")
  .description("Tells whether a distributed system keeps its promises: real clusters under faults, an exhaustive model checker, a seeded simulator, one judge.")
  .version(version)
  .showHelpAfterError("(see `rashomon --help`)")
  .configureHelp({ optionDescription })
  .exitOverride();

/** Only the asked-for command is loaded, so `check` on a small file does not wait for the Docker client. */
const commands: { readonly [name: string]: () => Promise<(program: Command) => void> } = {
  demo: async () => (await import("./commands/demo.ts")).addDemo,
  run: async () => (await import("./commands/run.ts")).addRun,
  check: async () => (await import("./commands/check.ts")).addCheck,
  convert: async () => (await import("./commands/convert.ts")).addConvert,
  explore: async () => (await import("./commands/explore.ts")).addExplore,
  simulate: async () => (await import("./commands/simulate.ts")).addSimulate,
  compare: async () => (await import("./commands/compare.ts")).addCompare,
  replay: async () => (await import("./commands/replay.ts")).addReplay,
  validate: async () => (await import("./commands/validate.ts")).addValidate,
  shell: async () => (await import("./commands/shell.ts")).addShell,
  list: async () => (await import("./commands/list.ts")).addList,
  doctor: async () => (await import("./commands/upkeep.ts")).addDoctor,
  heal: async () => (await import("./commands/upkeep.ts")).addHeal,
  regress: async () => (await import("./commands/regress.ts")).addRegress,
  report: async () => (await import("./commands/report.ts")).addReport,
};
const asked = process.argv[2] ?? "";
const needed = Object.hasOwn(commands, asked) ? [asked] : ["-V", "--version"].includes(asked) ? [] : Object.keys(commands);
for (const name of needed) (await commands[name]!())(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError(`(see \`rashomon ${command.name()} --help\`)`);

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
    process.stderr.write((process.exitCode === exitCodes.crash ? crashText(error) : describeError(error)) + "\n");
  }
}

function crash(error: unknown): never {
  process.stderr.write(crashText(error) + "\n");
  process.exit(exitCodes.crash);
}

function crashText(error: unknown): string {
  return `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** An option's help with its default as a person would type it: durations with their unit, nothing for "none" and "no". */
function optionDescription({ description, flags, defaultValue }: Option): string {
  const value: unknown = defaultValue;
  if (value === undefined || typeof value === "boolean" || (Array.isArray(value) && value.length === 0)) return description;
  return `${description} (default: ${flags.endsWith("<duration>") ? `${Number(value) / 1000}s` : String(value)})`;
}
