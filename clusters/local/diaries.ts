import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HarnessError } from "../../harness/errors.ts";
import { type NodeId, nodeNames } from "../../harness/ids.ts";
import { type DiaryEnd, traceFileName, type TraceLine } from "./trace.ts";

/** What one node wrote down of its lives. */
export interface Diary {
  readonly node: NodeId;
  /** In the order in which the node handled the events: by life, then by number. */
  readonly lines: readonly TraceLine[];
  /** The diary was full before the run was over: nothing is known of what came after. */
  readonly full: boolean;
}

/**
 * The diaries of nodes `n1` … in `<logsFolder>/<node>/messages.jsonl`, by actor id. A torn last line, as a SIGKILL leaves
 * it, is no line; any other that cannot be read is `FILE_UNREADABLE` with its place. O(bytes).
 */
export function readDiaries(logsFolder: string, servers: number): Diary[] {
  return nodeNames(servers).map((node) => readDiary(node, join(logsFolder, node, traceFileName)));
}

/** Did any of the nodes keep a diary there? */
export function hasDiaries(logsFolder: string, servers: number): boolean {
  return nodeNames(servers).some((node) => existsSync(join(logsFolder, node, traceFileName)));
}

function readDiary(node: NodeId, path: string): Diary {
  if (!existsSync(path)) {
    throw new HarnessError("FILE_UNREADABLE", `${node} has no trace: ${path} does not exist`, { nextStep: "give the folder of a run of a system of actors on real processes, with its logs" });
  }
  const texts = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const lines: TraceLine[] = [];
  let full = false;
  for (const [at, text] of texts.entries()) {
    const line = parse(text, `${path}:${at + 1}`);
    if ("full" in line) full = true;
    else lines.push(line);
  }
  // Rounds share a process and its numbering, and each writes its lines when its own saves are through.
  return { node, lines: lines.sort((a, b) => a.epoch - b.epoch || a.seq - b.seq), full };
}

function parse(text: string, place: string): TraceLine | DiaryEnd {
  try {
    return JSON.parse(text) as TraceLine | DiaryEnd;
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `${place} is no JSON: ${text.slice(0, 80)}`, { nextStep: "see what wrote to that file beside the node", cause });
  }
}
