import type { Daemon, NodePlace } from "../docker/docker-system.ts";

/**
 * Which of two versions of a daemon runs where; an image has both, under one file name.
 *
 *     OLDER, NEWER   on every node
 *     mixed          n1 has the newer, the others the older: the cluster works at the older one's level
 *     rolling        all begin with the older; a node that is started again comes back with the newer. With
 *                    `--nemesis kill:target=each` this is a rolling upgrade under load
 */
export interface TwoVersions {
  readonly older: Version;
  readonly newer: Version;
}
interface Version {
  /** As it is chosen: `3.4`. */
  readonly name: string;
  /** Absolute path in the image. */
  readonly program: string;
}

/** What can be chosen, the default first. */
export function versionChoices({ older, newer }: TwoVersions): readonly string[] {
  return [older.name, newer.name, "mixed", "rolling"];
}

/** A node's program, first and from its second start on. */
export function programsOf(choice: string, { older, newer }: TwoVersions, { node, all }: Pick<NodePlace, "node" | "all">): Pick<Daemon, "program" | "laterProgram"> {
  if (choice === "rolling") return { program: older.program, laterProgram: newer.program };
  return { program: choice === newer.name || (choice === "mixed" && node === all[0]) ? newer.program : older.program };
}

/** Prints the version that was chosen, or both: `3.4.23 and 3.5.21`. */
export function versionQuestion(choice: string, { older, newer }: TwoVersions): { readonly argv: readonly string[]; readonly pattern: RegExp } {
  const pattern = /\d+\.\d+\.\d+( and \d+\.\d+\.\d+)?/;
  if (choice === older.name) return { argv: [older.program, "--version"], pattern };
  if (choice === newer.name) return { argv: [newer.program, "--version"], pattern };
  const both = `set -- $(for program in ${older.program} ${newer.program}; do $program --version | head -n 1 | tr -cd 0-9.; echo; done); echo "$1 and $2"`;
  return { argv: ["sh", "-c", both], pattern };
}
