import { readdirSync, readFileSync } from "node:fs";
import type { ProcessId } from "./standstill.ts";

/** A process as `/proc/PID/stat` tells of it; `name`: the first 15 letters of its program's file. */
export interface ProcessSeen extends ProcessId {
  readonly parent: number;
  readonly name: string;
}

/** Everything that runs in this process namespace and is not dead. O(processes). */
export function processTable(): ProcessSeen[] {
  return readdirSync("/proc").flatMap((entry): ProcessSeen[] => {
    if (!/^\d+$/.test(entry)) return [];
    const stat = statOf(entry);
    if (stat === undefined) return [];
    const [open, close] = [stat.indexOf("("), stat.lastIndexOf(")")];
    const fields = stat.slice(close + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return [];
    return [{ pid: Number(entry), startTicks: Number(fields[19]), parent: Number(fields[1]), name: stat.slice(open + 1, close) }];
  });
}

/**
 * Those of a table that the first process started, and they in turn; of these only who is of a root's name, or was
 * started by such a one, when `root` is given. Not those of other names in `spared`, nor what they started. Not the first
 * itself, an init, which cannot be stopped from here; nor what came in from outside, as a command of `docker exec` and
 * this very program: it has no parent here.
 */
export function familyIn(table: readonly ProcessSeen[], { root, spared = [] }: { readonly root?: string; readonly spared?: readonly string[] } = {}): ProcessSeen[] {
  const children = new Map<number, ProcessSeen[]>();
  for (const process of table) children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
  const family: ProcessSeen[] = [];
  const walk = (process: ProcessSeen, within: boolean): void => {
    if (process.name !== root && spared.includes(process.name)) within = false;
    else if (root === undefined || process.name === root) within = true;
    if (within && process.pid !== 1) family.push(process);
    for (const child of children.get(process.pid) ?? []) walk(child, within);
  };
  for (const process of table) if (process.pid === 1) walk(process, false);
  return family;
}

function statOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
}
