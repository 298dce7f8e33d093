import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { HarnessError } from "../../harness/errors.ts";
import { makeFolders } from "../../harness/folders.ts";
import type { TrialResult } from "./row.ts";

/**
 * The track record's file: one JSON line per run, only ever appended to, so that counts add up over days and machines
 * and a run that is cut short loses nothing but itself. `docs/track-record.md` is made of it.
 */
export interface TrackLine extends TrialResult {
  readonly schema: 1;
  readonly row: string;
  readonly side: "anomalous" | "control";
  /** What was special about it: settings may change, and lines of other settings do not add up. */
  readonly label: string;
  /** Whether the expected anomaly was found. */
  readonly reproduced: boolean;
  readonly seed: string;
  /** The harness's commit, null outside a checkout. */
  readonly commit: string | null;
  /** ISO 8601 label. */
  readonly at: string;
}

/** All lines, oldest first; none where there is no file. A last line that was cut off is left out. */
export function readTrackRecord(path: string): TrackLine[] {
  if (!existsSync(path)) return [];
  const texts = readFileSync(path, "utf8").split("\n");
  // What follows the last line's end is empty, or was being written when its writer was killed.
  texts.pop();
  return texts.map((text, index) => {
    try {
      return JSON.parse(text) as TrackLine;
    } catch (cause) {
      throw new HarnessError("FILE_UNREADABLE", `${path}:${index + 1} is no line of a track record`, { nextStep: "remove that line, or restore the file from its history", cause });
    }
  });
}

export function appendTrackLine(path: string, line: TrackLine): void {
  makeFolders(dirname(path));
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

/** The versions that results depend on: the system's, and the harness's own. `etcd 3.4.23, rashomon 0.1.0`. */
export function versionText(line: Pick<TrackLine, "versions">): string {
  const incidental = ["node", "docker", "kernel", "architecture", "toxiproxy"];
  return Object.entries(line.versions)
    .filter(([name]) => !incidental.includes(name))
    .map(([name, version]) => `${name} ${version}`)
    .sort()
    .join(", ");
}
