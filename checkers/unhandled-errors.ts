import type { Checker } from "../harness/checker.ts";
import type { History } from "../harness/history.ts";
import { NEMESIS } from "../harness/ids.ts";
import { canonicalJson, isArray, isObject, type Json } from "../harness/json.ts";

/** Errors of one class: how many, how they ended, and the first of them. */
export interface ErrorGroup {
  readonly class: string;
  readonly count: number;
  readonly fail: number;
  readonly info: number;
  /** `Op.index` of the first completion with it. */
  readonly first: number;
  readonly example: Json;
}

/**
 * Groups the errors of operations that ended in `fail` or `info`, most frequent first. It never judges (always `valid`):
 * errors are normal under faults. It is there to be read: an error class that nobody expected hides bugs of the client.
 */
export const unhandledErrors: Checker = {
  name: "unhandled-errors",
  summary: "groups the errors of failed and unknown operations, most frequent first; never invalid",
  check: (history) =>
    Promise.resolve({
      verdict: "valid",
      checker: "unhandled-errors",
      details: { groups: errorGroups(history).map((group) => ({ ...group })) },
    }),
};

/** The groups, most frequent first, equal ones in order of appearance. O(completions with errors). */
export function errorGroups(history: History): readonly ErrorGroup[] {
  const groups = new Map<string, { class: string; count: number; fail: number; info: number; first: number; example: Json }>();
  for (const [index, error] of [...history.errors].sort(([a], [b]) => a - b)) {
    if (history.processes[index] === NEMESIS) continue;
    const name = classOf(error);
    let group = groups.get(name);
    if (group === undefined) {
      group = { class: name, count: 0, fail: 0, info: 0, first: index, example: error };
      groups.set(name, group);
    }
    group.count++;
    if (history.types[index] === 2) group.fail++;
    else group.info++;
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** What makes two errors the same: a class or code where there is one, otherwise the text without its numbers. */
function classOf(error: Json): string {
  if (isArray(error) && error.length > 0) return classOf(error[0]!);
  if (isObject(error)) {
    for (const key of ["class", "code", "name", "type", "message"]) {
      const value = error[key];
      if (typeof value === "string") return withoutNumbers(value);
    }
    return canonicalJson(error);
  }
  return withoutNumbers(typeof error === "string" ? error : canonicalJson(error));
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, "#");
}
