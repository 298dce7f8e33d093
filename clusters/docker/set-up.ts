import { HarnessError } from "../../harness/errors.ts";
import type { Container, RunOptions } from "./container.ts";
import type { SetUp } from "./docker-system.ts";

/** Writes a node's files, then runs its commands; `CLUSTER_START` with the words of the first that fails. */
export async function setUpNode(container: Container, { files = [], commands = [] }: SetUp): Promise<void> {
  for (const { path, content, owner = "root", mode = "644" } of files) {
    await expectZero(container, ["sh", "-c", writeScript, "write", path, owner, mode], { env: { CONTENT: content } });
  }
  for (const { argv, user } of commands) await expectZero(container, argv, user === undefined ? {} : { user });
}

/** A folder that is there keeps its owner. */
const writeScript = `
path=$1 owner=$2 mode=$3 folder=$(dirname "$1")
[ -d "$folder" ] || install -d -o "$owner" "$folder" || exit
printf %s "$CONTENT" > "$path" && chown "$owner" "$path" && chmod "$mode" "$path"
`;

async function expectZero(container: Container, argv: readonly string[], options: RunOptions): Promise<void> {
  const { exitCode, stdout, stderr } = await container.run(argv, options);
  if (exitCode === 0) return;
  throw new HarnessError("CLUSTER_START", `set-up of ${container.name}: ${argv[0] === "sh" ? argv.slice(2).join(" ").trim() : argv.join(" ")} ended with ${exitCode}: ${(stderr + stdout).trim().slice(-2000)}`, {
    nextStep: "see its words above; the image may be of another version than its set-up is for",
  });
}
