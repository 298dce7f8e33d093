import { type Command, InvalidArgumentError } from "commander";
import { exportHistory, type ExportName, exportNames } from "../../results/formats/export.ts";
import { formatNamed, readHistory } from "../../results/formats/formats.ts";
import { writeFile } from "../write-file.ts";

/** `rashomon convert FILE --to knossos|elle|porcupine [--from FORMAT] [--out FILE]` */
export function addConvert(program: Command): void {
  program
    .command("convert")
    .argument("<file>", "a recorded history, in any form that `check` reads")
    .requiredOption("--to <form>", `${exportNames.join(", ")}: what the others' checkers read`, exportName)
    .option("--from <form>", "the form of the file (default: found by itself)")
    .option("--out <file>", "where to write (default: standard output)")
    .description("writes a history in another's form, so that their checker can be asked too")
    .action(async (file: string, options: { to: ExportName; from?: string; out?: string }) => {
      const { history } = await readHistory(file, options.from === undefined ? {} : { format: formatNamed(options.from).name });
      const text = exportHistory(history, options.to);
      if (options.out === undefined) process.stdout.write(text);
      else writeFile("--out", options.out, text);
    });
}

function exportName(text: string): ExportName {
  const found = exportNames.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`takes one of ${exportNames.join(", ")}.`);
  return found;
}
