/** The command line: argument parsing, progress and exit codes only. What it does lives in `suites/`. */
import { readFileSync } from "node:fs";
import { Command, CommanderError, type Option } from "commander";
import { keepCompiledCode } from "../harness/compile-cache.ts";
import { HarnessError } from "../harness/errors.ts";
import { Output } from "./output.ts";

/** Told before the options are understood, since not to understand them is an error too. */
const output = new Output(words(process.argv.slice(2)).includes("--json"));

// First of all, so that nothing that fails below ends as 1, which means "invalid".
process.on("uncaughtException", endAtOnce);
process.on("unhandledRejection", endAtOnce);

// A reader that went away (`rashomon list | head`) takes no more words; what was begun is healed, saved and judged all the same.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") endAtOnce(new HarnessError("FILE_UNWRITABLE", "the output could not be written", { nextStep: "give it a place with room, or another one", cause: error }));
  });
}

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

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) output.failure(error);
  else if (error.exitCode !== 0) output.misuse(error.message.replace(/^error: /, ""), `see \`rashomon${needed.length === 1 ? ` ${asked}` : ""} --help\``);
  process.exitCode = output.exitCode;
}

function endAtOnce(error: unknown): never {
  output.failure(error);
  process.exit(output.exitCode);
}

/** What is meant for rashomon: all before a bare `--`. */
function words(all: readonly string[]): readonly string[] {
  const end = all.indexOf("--");
  return end < 0 ? all : all.slice(0, end);
}

/** An option's help with its default as a person would type it: durations with their unit, nothing for "none" and "no". */
function optionDescription({ description, flags, defaultValue }: Option): string {
  const value: unknown = defaultValue;
  if (value === undefined || typeof value === "boolean" || (Array.isArray(value) && value.length === 0)) return description;
  return `${description} (default: ${flags.endsWith("<duration>") ? `${Number(value) / 1000}s` : String(value)})`;
}
