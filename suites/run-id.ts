import { basename } from "node:path";

/** What containers and networks of a run are called by: letters, digits and dashes, unique among runs of one machine. `folder`: the run's. */
export function runIdOf(folder: string): string {
  return `${basename(folder).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "")}-${process.pid}`;
}
