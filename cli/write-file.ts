import { writeFileSync } from "node:fs";
import { HarnessError } from "../harness/errors.ts";

/** Writes what an option such as `--out FILE` asked for; `FILE_UNWRITABLE` names the option and the file. */
export function writeFile(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new HarnessError("FILE_UNWRITABLE", `cannot write ${path}`, { nextStep: `give ${option} a file in a folder that can be written, with room on its disk`, cause });
  }
}
