import { describeError, type ErrorRecord, errorRecords } from "../harness/errors.ts";
import { exitCodes, exitOfError, worstExit, type ExitCode } from "./exit-codes.ts";

/** Which of several parts of a command it is, by the name that the part has in its results: `{ file: "a.edn" }`. */
export type Part = { readonly file: string } | { readonly run: string } | { readonly [none in never]: never };

/**
 * Where a command's words go. With `--json`, standard output carries one JSON object a line and nothing else, errors
 * included; messages always go to standard error.
 */
export class Output {
  readonly json: boolean;
  readonly #codes: ExitCode[] = [];

  constructor(json: boolean) {
    this.json = json;
  }

  /** One result: a JSON line with `--json`, else the text for people. */
  result(value: object, text: () => string): void {
    process.stdout.write((this.json ? JSON.stringify(value) : text()) + "\n");
  }

  /** A message for the person at the terminal. */
  message(text: string): void {
    process.stderr.write(text + "\n");
  }

  /** An error of one of several parts, or of all: told (a crash with its stack), counted, and the rest goes on. */
  failure(error: unknown, part: Part = {}): void {
    const exit = exitOfError(error);
    const text = exit === exitCodes.crash ? `crash: ${stackOf(error)}` : describeError(error);
    const [place] = Object.values(part);
    this.message(place === undefined || text.startsWith(place) ? text : `${place}: ${text}`);
    this.#errors(errorRecords(error), exit, part);
  }

  /** A command line that was not understood, after the parser has told the person. */
  misuse(message: string, nextStep: string): void {
    this.#errors([{ code: "USAGE", message, because: [], nextStep }], exitCodes.usage);
  }

  #errors(errors: readonly ErrorRecord[], exit: ExitCode, part: Part = {}): void {
    this.exit(exit);
    if (!this.json) return;
    for (const error of errors) process.stdout.write(JSON.stringify({ ...part, error: { ...error, exit } }) + "\n");
  }

  /** Counts an outcome; the command ends with the worst. */
  exit(code: ExitCode): void {
    this.#codes.push(code);
  }

  get exitCode(): ExitCode {
    return worstExit(this.#codes);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
