import type { ClockControl } from "../../harness/cluster.ts";
import type { NodeId } from "../../harness/ids.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { clockControl } from "../clock/control.ts";
import { type Keeper, localKeeper } from "../clock/keeper.ts";
import type { LocalNode } from "./local-node.ts";

/**
 * Clocks of nodes that are child processes of the harness: each has a keeper in the harness itself. They end with it, so
 * there is nothing to undo after it. A node tells its clocks with its health.
 */
export function localClocks(find: (node: NodeId) => LocalNode): ClockControl & Disposable {
  const keepers = new Map<NodeId, Keeper & Disposable>();
  const keeperOf = (name: NodeId): Keeper => {
    const found = keepers.get(name) ?? localKeeper(() => (find(name).process.exit() === undefined ? [find(name).process] : []));
    keepers.set(name, found);
    return found;
  };
  return {
    ...clockControl({
      keeper: (node) => Promise.resolve(keeperOf(node)),
      undo: () => [],
      async ask(node, _process, signal) {
        const { clocks } = await find(node).health(deadlineSignal(askMsMax, signal));
        return { clocks: { realtime: BigInt(clocks.realtime), monotonic: BigInt(clocks.monotonic) }, slackNs: 2_000_000n };
      },
    }),
    [Symbol.dispose]() {
      for (const keeper of keepers.values()) keeper[Symbol.dispose]();
    },
  };
}

/** A node that is paused or gone does not answer. */
const askMsMax = 1_000;
