import { assert } from "./assert.ts";
import { type History, HistoryBuilder } from "./history.ts";
import { processId } from "./ids.ts";
import type { Json } from "./json.ts";

/**
 * A history with that canonical text (canonical-history.ts): the same operations, answers and real-time order; which of
 * the many, as to the order of concurrent events, is told by a fixed rule. Inverse of `canonicalHistory`:
 *
 *     canonicalHistory(historyOfCanonical(text), spec) === text
 *
 * O(events × clients²). A text that no history has is a bug of the caller.
 */
export function historyOfCanonical(text: string): History {
  const threads = parse(text);
  const completed = threads.map(() => 0);
  const called = threads.map(() => 0);
  const builder = new HistoryBuilder();
  let timeNs = 0;
  const isOpen = (thread: number): boolean => called[thread]! > completed[thread]!;

  const invoke = (thread: number): boolean => {
    const next = threads[thread]![called[thread]!];
    if (next === undefined || isOpen(thread) || threads.some((_, other) => other !== thread && completed[other]! < (next.after.get(other) ?? 0))) return false;
    called[thread]!++;
    builder.push({ process: processId(thread), type: "invoke", f: next.f, value: next.value, timeNs: timeNs++ });
    return true;
  };
  /** Not before everything that was called earlier than this return. */
  const complete = (thread: number): boolean => {
    if (!isOpen(thread)) return false;
    const open = threads[thread]![completed[thread]!]!;
    const waits = threads.some((operations, other) => {
      const next = operations[called[other]!];
      return other !== thread && next !== undefined && (next.after.get(thread) ?? 0) <= completed[thread]!;
    });
    if (open.returned === undefined || waits) return false;
    completed[thread]!++;
    builder.push({ process: processId(thread), type: "ok", f: open.f, value: open.returned.value, timeNs: timeNs++ });
    return true;
  };

  while (threads.some((_, thread) => invoke(thread)) || threads.some((_, thread) => complete(thread)));
  assert(threads.every((operations, thread) => called[thread] === operations.length), `${JSON.stringify(text)} is the text of a history`);
  return builder.build();
}

interface Operation {
  readonly f: string;
  readonly value: Json;
  /** By other thread: how many of its operations had completed. */
  readonly after: ReadonlyMap<number, number>;
  /** Absent while it is open. */
  readonly returned: { readonly value: Json } | undefined;
}

/** By thread; one that did nothing has no operations. */
function parse(text: string): Operation[][] {
  const threads: Operation[][] = [];
  if (text === "") return threads;
  const scanner = new Scanner(text);
  do {
    const thread = Number(scanner.match(/\d+: /y).slice(0, -2));
    const operations: Operation[] = [];
    do operations.push(operation(scanner));
    while (scanner.skip("; "));
    while (threads.length <= thread) threads.push([]);
    threads[thread] = operations;
  } while (scanner.skip(" | "));
  assert(scanner.done, `${JSON.stringify(text)} is the text of a history`);
  return threads;
}

function operation(scanner: Scanner): Operation {
  const f = scanner.match(/[^ ;]+/y);
  const value = scanner.value(" ") ?? { value: null };
  const after = new Map<number, number>();
  if (scanner.skip(" after ")) {
    for (const pair of scanner.match(/[\d:,]+/y).split(",")) {
      const [thread, count] = pair.split(":").map(Number);
      after.set(thread!, count!);
    }
  }
  return { f, value: value.value, after, returned: scanner.value(" → ") };
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  skip(expected: string): boolean {
    const found = this.#text.startsWith(expected, this.#at);
    if (found) this.#at += expected.length;
    return found;
  }

  match(sticky: RegExp): string {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text)?.[0];
    assert(found !== undefined, `${JSON.stringify(this.#text)} is the text of a history, up to ${this.#at}`);
    this.#at += found.length;
    return found;
  }

  /** JSON behind `mark`; undefined when there is none. Words that are no JSON (`after`) are left. */
  value(mark: string): { readonly value: Json } | undefined {
    const start = this.#at + mark.length;
    if (!this.#text.startsWith(mark, this.#at) || !/[[{"\d-]|true|false|null/y.test(this.#text.slice(start, start + 5))) return undefined;
    this.#at = start;
    const end = this.#endOfValue();
    const value = JSON.parse(this.#text.slice(start, end)) as Json;
    this.#at = end;
    return { value };
  }

  /** The first place outside of strings and brackets where a value can end. */
  #endOfValue(): number {
    let depth = 0;
    for (let at = this.#at; at < this.#text.length; at++) {
      const sign = this.#text[at]!;
      if (sign === '"') {
        for (at++; this.#text[at] !== '"'; at++) if (this.#text[at] === "\\") at++;
      } else if (sign === "[" || sign === "{") depth++;
      else if (sign === "]" || sign === "}") depth--;
      else if (depth === 0 && (sign === " " || sign === ";")) return at;
    }
    return this.#text.length;
  }
}
