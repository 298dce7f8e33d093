import type { Cluster, Endpoint, RunningCluster } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { nodeNames } from "../../harness/ids.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { type Ready, isReady, untilAllReady } from "./readiness.ts";

/** Servers that somebody else runs on this machine: load only, since nothing of them is ours to stop or cut. */
export function endpointCluster({ endpoints, ready, readyMsMax }: { readonly endpoints: readonly string[]; readonly ready: Ready; readonly readyMsMax: number }): Cluster {
  const nodes = nodeNames(endpoints.length);
  const at = new Map(nodes.map((node, index) => [node, loopbackEndpoint(endpoints[index]!)]));
  return {
    name: "endpoints",
    abilities: { nodes, can: [], processes: [], roles: [] },
    async start({ signal }): Promise<RunningCluster> {
      const converged = (until: AbortSignal): Promise<void> =>
        untilAllReady(async () => (await Promise.all(nodes.map(async (node) => ((await isReady(ready, at.get(node)!, until)) ? [] : [node])))).flat(), {
          signal: until,
          nextStep: `start the servers at ${endpoints.join(", ")}`,
        });
      await converged(deadlineSignal(readyMsMax, signal));
      return {
        name: "endpoints",
        nodes,
        endpoint: (node) => Promise.resolve(at.get(node)!),
        healthy: (node, until) => isReady(ready, at.get(node)!, until),
        converged,
        logs: () => [],
        describe: () => ({ cluster: "endpoints", endpoints: [...endpoints] }),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

/** `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`; anything that is not loopback is `OUTSIDE_TRAFFIC`. */
export function loopbackEndpoint(text: string): Endpoint {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined;
  const port = /:(\d+)$/.exec(text)?.[1];
  if (url === undefined || port === undefined || url.pathname !== "/" || url.username !== "") {
    throw new HarnessError("BAD_OPTION", `${JSON.stringify(text)} is no endpoint`, { nextStep: "write it as 127.0.0.1:8080" });
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // Any other name may lead anywhere, tomorrow if not today.
  if (host !== "localhost" && host !== "::1" && !/^127\.\d+\.\d+\.\d+$/.test(host)) {
    throw new HarnessError("OUTSIDE_TRAFFIC", `${text} is not on this machine's loopback`, {
      nextStep: "run rashomon on the machine of that server and name it by 127.0.0.1: load never leaves the machine",
    });
  }
  // `localhost` may mean ::1 or 127.0.0.1; it is the name of no other machine.
  return { host, port: Number(port) };
}
