import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Command } from "commander";
import { execInNode } from "../../clusters/docker/node-container.ts";
import { nodeId } from "../../harness/ids.ts";

/** `rashomon shell NODE [-- CMD…]`: a shell in a node of a running or kept cluster, or one command; ends with its exit code. */
export function addShell(program: Command): void {
  program
    .command("shell")
    .argument("<node>", "such as n1, or a Compose service's name")
    .argument("[command...]", "after --: run this instead of a shell")
    .option("--run <id>", "part of a run's id, when several clusters have such a node")
    .description("opens a shell in a node's container, of a cluster that runs or was left up by --keep")
    .action(async (node: string, argv: string[], options: { run?: string }) => {
      const terminal = process.stdin.isTTY && process.stdout.isTTY ? "yes" : "no";
      const [file = "", ...rest] = await execInNode(nodeId(node), { argv, terminal, ...options });
      const child = spawn(file, rest, { stdio: "inherit" });
      // Ctrl-C is for the program in the node.
      const ignore = (): void => {};
      process.on("SIGINT", ignore);
      const [code] = (await once(child, "exit")) as [number | null];
      process.off("SIGINT", ignore);
      process.exitCode = code ?? 1;
    });
}
