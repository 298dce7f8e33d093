import { describeError } from "../harness/errors.ts";
import { exitOfError, worstExit, type ExitCode } from "./exit-codes.ts";

/**
 * Where a command's words go. With `--json`, standard output carries one JSON object a line and nothing else;
 * messages always go to standard error.
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

  /** An expected error of one of several parts: told, counted, and the rest goes on. */
  failure(error: unknown, place?: string): void {
    const text = describeError(error);
    this.message(place === undefined || text.startsWith(place) ? text : `${place}: ${text}`);
    this.exit(exitOfError(error));
  }

  /** Counts an outcome; the command ends with the worst. */
  exit(code: ExitCode): void {
    this.#codes.push(code);
  }

  get exitCode(): ExitCode {
    return worstExit(this.#codes);
  }
}
