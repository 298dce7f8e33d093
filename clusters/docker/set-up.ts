import { HarnessError } from "../../harness/errors.ts";
import type { Container } from "./container.ts";
import type { NodeCommand, SetUp } from "./docker-system.ts";

/** Writes a node's files, then runs its commands; `CLUSTER_START` with the words of the first that fails. */
export async function setUpNode(container: Container, setUp: SetUp): Promise<void> {
  for (const command of setUpCommands(setUp)) {
    const failure = await failureOf(container, command);
    if (failure !== undefined) throw new HarnessError("CLUSTER_START", `set-up of ${failure}`, { nextStep: "see its words above; the image may be of another version than its set-up is for" });
  }
}

/** The same as commands alone. */
export function setUpCommands({ files = [], commands = [] }: SetUp): NodeCommand[] {
  return [...files.map(({ path, content, owner = "root", mode = "644" }) => ({ argv: ["sh", "-c", writeScript, "write", path, owner, mode], env: { CONTENT: content } })), ...commands];
}

/** What went wrong with a command, undefined when nothing did. */
export async function failureOf(container: Container, { argv, user, env }: NodeCommand): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await container.run(argv, { ...(user === undefined ? {} : { user }), ...(env === undefined ? {} : { env }) });
  if (exitCode === 0) return undefined;
  return `${container.name}: ${argv[0] === "sh" ? argv.slice(2).join(" ").trim() : argv.join(" ")} ended with ${exitCode}: ${(stderr + stdout).trim().slice(-2000)}`;
}

/** A folder that is there keeps its owner. */
const writeScript = `
path=$1 owner=$2 mode=$3 folder=$(dirname "$1")
[ -d "$folder" ] || install -d -o "$owner" "$folder" || exit
printf %s "$CONTENT" > "$path" && chown "$owner" "$path" && chmod "$mode" "$path"
`;
