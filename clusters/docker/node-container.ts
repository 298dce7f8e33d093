import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import { connectEngine, dockerArgv } from "./engine.ts";
import { nodeLabel, runLabel } from "./labels.ts";

/**
 * The command line that runs a program in a node's container, of a run that goes on or was kept; without a program, a
 * shell. `run`: part of a run's id, where several have a node of that name. `UNKNOWN_NAME` says which there are.
 */
export async function execInNode(node: NodeId, options: { readonly run?: string; readonly argv: readonly string[]; readonly terminal: "yes" | "no" }): Promise<readonly string[]> {
  const engine = await connectEngine();
  const running = (await engine.api.listContainers({ filters: { label: [nodeLabel] } })).map(({ Id, Labels }) => ({ id: Id, node: Labels[nodeLabel] ?? "", run: Labels[runLabel] ?? "" }));
  const fitting = running.filter((one) => one.node === node && one.run.includes(options.run ?? ""));
  if (fitting.length !== 1) {
    const there = (fitting.length > 1 ? fitting : running).map((one) => `${one.node} of run ${one.run}`).join(", ") || "no node at all";
    throw new HarnessError("UNKNOWN_NAME", `${fitting.length === 0 ? `no node ${node} runs` : `${fitting.length} nodes ${node} run`} in Docker now (there is ${there})`, {
      nextStep: fitting.length === 0 ? "name one of these, or leave a cluster up with `rashomon run SYSTEM --keep`" : "choose one by --run and a part of its id",
    });
  }
  const argv = options.argv.length > 0 ? options.argv : ["sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"];
  return dockerArgv(engine, "exec", options.terminal === "yes" ? "-it" : "-i", fitting[0]!.id, ...argv);
}
