import { HistoryBuilder } from "../history.ts";
import type { HistoryFile } from "../history-file.ts";
import { NEMESIS, type ProcessId } from "../ids.ts";
import type { Json } from "../json.ts";
import type { Op, OpType } from "../op.ts";

/** What is recorded, without its index. */
export interface Entry {
  readonly type: OpType;
  readonly process: ProcessId;
  readonly f: string;
  readonly value: Json;
  readonly timeNs: number;
  readonly error?: Json;
}

/** Gives every op its index, keeps it in memory and hands it to the file and to who looks on, and counts. */
export class Recorder {
  readonly builder: HistoryBuilder = new HistoryBuilder();
  readonly #file: HistoryFile | undefined;
  readonly #observe: ((op: Op) => void) | undefined;
  ok = 0;
  fail = 0;
  info = 0;
  /** Client operations that have no completion yet. */
  open = 0;

  constructor(options: { readonly file?: HistoryFile; readonly observe?: (op: Op) => void }) {
    this.#file = options.file;
    this.#observe = options.observe;
  }

  record(entry: Entry): Op {
    const index = this.builder.push(entry);
    // Spelled out: spreading costs a tenth of a run's CPU.
    const { type, process, f, value, timeNs, error } = entry;
    const op: Op = error === undefined || type === "invoke" ? { index, type, process, f, value, timeNs } : { index, type, process, f, value, timeNs, error };
    this.#file?.append(op);
    this.#observe?.(op);
    if (entry.process !== NEMESIS) this.#count(entry.type);
    return op;
  }

  #count(type: OpType): void {
    this.open += type === "invoke" ? 1 : -1;
    if (type === "ok") this.ok++;
    else if (type === "fail") this.fail++;
    else if (type === "info") this.info++;
  }
}
