import type { NodeId } from "../../harness/ids.ts";
import type { Lookout } from "./docker-system.ts";

/**
 * The nodes that most of those that answer count, by their names: a node that was taken out may not know of it, and one
 * that is behind counts as it was. `look` resolves with undefined where there is no answer. Empty when nobody answers.
 */
export async function countedByMost(at: ReadonlyMap<NodeId, Lookout>, look: (at: Lookout) => Promise<readonly string[] | undefined>): Promise<readonly NodeId[]> {
  const views = (await Promise.all([...at.values()].map(look))).flatMap((view) => (view === undefined ? [] : [view]));
  return [...at.keys()].filter((node) => 2 * views.filter((view) => view.includes(node)).length > views.length);
}
