import { HarnessError } from "../../harness/errors.ts";
import { type History, HistoryBuilder, type OpInput } from "../../harness/history.ts";

/**
 * A form in which others, or we, write histories down. Formats are plain values in one registry
 * (`formats.ts`); `readHistory` finds the right one by itself.
 */
export interface HistoryFormat {
  readonly name: FormatName;
  /** One line for `rashomon list` and for the error that says no format fits. */
  readonly summary: string;
  /** Whether a file looks like this form, by its beginning (its first `headBytes` or fewer, as text) or its bytes. */
  detect(head: string, bytes: Uint8Array): boolean;
  /** Not text. The others are UTF-8, and refused where they are not. */
  readonly binary?: true;
  /** The whole file. Throws `HarnessError` (`HISTORY_MALFORMED`) that names `file:line`. */
  parse(bytes: Uint8Array, options: ParseOptions): RecordedHistory;
}
export type FormatName = "jepsen-edn" | "jepsen-json" | "jepsen-log" | "porcupine-kv" | "jsonl" | "plume" | "awdit" | "dbcop-text" | "dbcop-json" | "dbcop-bincode";

export interface ParseOptions {
  /** How errors call the file. */
  readonly file: string;
  /** Drop a last entry that was cut (a run that was killed) instead of refusing the file; a note says so. Default false. */
  readonly tolerateCutTail?: boolean;
  /** Accept completions that were never invoked: each becomes an operation of its own instant. Default false. */
  readonly completionsOnly?: boolean;
}

/** A history and what its form tells about it. */
export interface RecordedHistory {
  readonly history: History;
  readonly format: FormatName;
  /** The object that it was probably recorded on, by its functions; a guess that `--spec` overrides. */
  readonly kind: ObjectKind;
  /**
   * What a read of null means in this form. Knossos' registers take it as "value not known"; everywhere else it is an
   * observation of null. Specs of registers take it as an option, and use it only where null is not the initial value.
   */
  readonly nullReads: "observed" | "unknown";
  /** What the value of an absent key is in this form (kv): Porcupine's logs read "", others null. */
  readonly absent: "" | null;
  /**
   * The form tells the order within each process, and nothing about what came before what among processes. Invocations
   * stand directly before their completions and were made up.
   */
  readonly unordered?: boolean;
  /** What the reader decided or left out, one sentence each. */
  readonly notes: readonly string[];
}
export type ObjectKind = "register" | "cas-register" | "kv" | "mutex" | "txn" | "queue" | "set" | "counter" | "bank" | "unknown";

/** How much of a file `detect` sees. */
export const headBytes = 65_536;

/** What the functions of a history say about the object, most specific first. */
export function guessKind(history: History): ObjectKind {
  const functions = new Set<string>();
  for (let i = 0; i < history.length; i++) if (history.processes[i]! >= 0) functions.add(history.functionNames[history.fs[i]!]!);
  const within = (...names: readonly string[]): boolean => functions.size > 0 && [...functions].every((name) => names.includes(name));
  if (within("read", "write")) return "register";
  if (within("read", "write", "cas")) return "cas-register";
  if (within("get", "put", "append", "cas", "delete")) return "kv";
  if (within("acquire", "release")) return "mutex";
  if (within("txn")) return "txn";
  if (within("enqueue", "dequeue", "drain")) return "queue";
  if (within("add", "read", "remove", "contains")) return "set";
  if (within("inc", "increment", "dec", "decrement", "read")) return "counter";
  if (within("transfer", "read")) return "bank";
  return "unknown";
}

/** Lines of a file by byte offset, counted only as far as somebody asks. Offsets may come in any order. */
export class LineCounter {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #line = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The line of the byte at `offset`, from 1. */
  at(offset: number): number {
    if (offset < this.#offset) {
      this.#offset = 0;
      this.#line = 1;
    }
    for (;;) {
      const newline = this.#bytes.indexOf(0x0a, this.#offset);
      if (newline < 0 || newline >= offset) return this.#line;
      this.#offset = newline + 1;
      this.#line++;
    }
  }
}

/**
 * Collects a recorded history op by op; the place of an op is worked out only when the op is refused.
 * Foreign histories may reuse a process after `info` (`strict: false`).
 */
export class RecordedOps {
  readonly notes: string[] = [];
  readonly #builder = new HistoryBuilder();
  readonly #options: ParseOptions;
  readonly #open = new Set<number>();
  #index = -Infinity;
  #timeNs = -Infinity;
  #backwards: { places: number; readonly line: number } | undefined;

  constructor(options: ParseOptions, rules: { readonly strict: boolean }) {
    this.#options = options;
    this.#builder.endAtInfo = rules.strict;
  }

  get length(): number {
    return this.#builder.length;
  }

  /** Appends an op; `line` is asked only for an error. */
  push(op: OpInput, line: () => number): void {
    if (this.#options.completionsOnly === true && op.process >= 0) {
      if (op.type === "invoke") this.#open.add(op.process);
      else if (!this.#open.delete(op.process)) this.#builder.push({ ...op, type: "invoke" });
    }
    try {
      this.#builder.push(op);
    } catch {
      // The builder refuses before it changes anything: a second try gives the same error with its place.
      this.#builder.push(op, `${this.#options.file}:${line()}`);
    }
    if (op.timeNs === undefined) return;
    if (op.timeNs < this.#timeNs) {
      if (this.#backwards === undefined) this.#backwards = { places: 1, line: line() };
      else this.#backwards.places++;
    }
    this.#timeNs = op.timeNs;
  }

  /** The op that comes next has this number in its file: it must be above the last one's, or the ops are out of order. */
  numbered(index: number, line: () => number): void {
    if (index <= this.#index) {
      throw this.malformed(line(), `op ${index} stands after op ${this.#index}`, "sort the ops by their index; where it starts again, another history begins: cut the file there and check each part");
    }
    this.#index = index;
  }

  /** Refuses the file at `line`. */
  malformed(line: number, what: string, nextStep?: string): HarnessError {
    return new HarnessError("HISTORY_MALFORMED", `${this.#options.file}:${line}: ${what}`, {
      nextStep: nextStep ?? "correct that line, or cut the history before it and check the rest",
    });
  }

  /** The last entry was cut: notes it, or refuses the file, as the options say. */
  cutTail(line: number, what: string): void {
    const count = this.length;
    const message = `the last entry is cut (${what}); ${count} whole op${count === 1 ? "" : "s"} before it`;
    if (this.#options.tolerateCutTail !== true) {
      throw this.malformed(line, message, "delete what is cut and check the rest");
    }
    this.notes.push(`${this.#options.file}:${line}: ${message}`);
  }

  finish(): History {
    if (this.#backwards !== undefined) {
      const { places, line } = this.#backwards;
      this.notes.push(`${this.#options.file}:${line}: times go backwards here${places === 1 ? "" : ` and at ${places - 1} more place${places === 2 ? "" : "s"}`}; what counts is the order of the ops in the file`);
    }
    return this.#builder.build();
  }
}
