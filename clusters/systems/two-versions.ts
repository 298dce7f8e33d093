import type { Daemon, DockerSystem, NodePlace } from "../docker/docker-system.ts";
import { dockerfileBeside } from "../docker/image.ts";

/**
 * Which of two versions of a daemon runs where; an image has both, under one file name.
 *
 *     OLDER, NEWER   on every node
 *     mixed          one node has the newer, the others the older: the cluster works at the older one's level
 *     rolling        all begin with the older; a node that is started again comes back with the newer. With
 *                    `--nemesis kill:target=each` this is a rolling upgrade under load
 */
export interface TwoVersions {
  readonly older: Version;
  readonly newer: Version;
  /** Which node has the newer one in `mixed`; default the first. The last where an older node cannot copy a newer one, and all others copy the first. */
  readonly mixed?: "first" | "last";
}
interface Version {
  /** As it is chosen: `3.4`. */
  readonly name: string;
  /** Absolute path in the image. */
  readonly program: string;
  /** A shell's command that prints the exact version; default the program with `--version`. */
  readonly ask?: string;
}

/** What can be chosen, the default first. */
export function versionChoices({ older, newer }: TwoVersions): readonly string[] {
  return [older.name, newer.name, "mixed", "rolling"];
}

/** A node's program, first and from its second start on. */
export function programsOf(choice: string, { older, newer, mixed = "first" }: TwoVersions, { node, all }: Pick<NodePlace, "node" | "all">): Pick<Daemon, "program" | "laterProgram"> {
  if (choice === "rolling") return { program: older.program, laterProgram: newer.program };
  const isNewer = choice === newer.name || (choice === "mixed" && node === all.at(mixed === "first" ? 0 : -1));
  return { program: isNewer ? newer.program : older.program };
}

export interface VersionImages {
  /** `import.meta.url` of the database's own file: beside it are `Dockerfile` and `two-versions/Dockerfile`. */
  readonly callerUrl: string;
  /** Where the second version comes from. */
  readonly second: Pick<DockerSystem, "files" | "secondDebian">;
}

/** The image that has what was chosen, and how to ask it for its versions. */
export function imageOfVersions(choice: string, versions: TwoVersions, { callerUrl, second }: VersionImages): Pick<DockerSystem, "dockerfile" | "files" | "secondDebian" | "version"> {
  const version = versionQuestion(choice, versions);
  if (choice === versions.older.name) return { dockerfile: dockerfileBeside(callerUrl, "."), version };
  return { dockerfile: dockerfileBeside(callerUrl, "./two-versions"), ...second, version };
}

/** Prints the version that was chosen, or both: `3.4.23 and 3.5.21`. */
function versionQuestion(choice: string, { older, newer }: TwoVersions): DockerSystem["version"] {
  const asked = [older, newer].filter(({ name }) => name === choice);
  const commands = (asked.length === 0 ? [older, newer] : asked).map(({ program, ask = `${program} --version` }) => `$(${ask} | grep -oE '[0-9]+[.][0-9]+[.][0-9]+' | head -n 1)`);
  return { argv: ["sh", "-c", `echo ${commands.join(" and ")}`], pattern: /\d+\.\d+\.\d+( and \d+\.\d+\.\d+)?/ };
}
