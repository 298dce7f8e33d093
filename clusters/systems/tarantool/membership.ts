import { countedByMost } from "../../docker/counted-by-most.ts";
import type { MembershipOperations, NodeCommand, NodePlace } from "../../docker/docker-system.ts";
import { patiently } from "../patiently.ts";
import { membersSeenBy } from "./look.ts";
import { port } from "./program.ts";

/**
 * As Tarantool's documents take an instance out of a replica set ("Removing instances"): it ends, and the primary deletes
 * its line in the space `_cluster`. An empty one gets a new line, and with it the primary's data, when it comes.
 */
export const tarantoolMembership: MembershipOperations = {
  rolesOfFirst: ["primary"],
  members: (at, signal) => countedByMost(at, (lookout) => membersSeenBy(lookout, signal)),
  left: (place) => [forgotten(place)],
  join: (place) => [forgotten(place)],
};

function forgotten({ node, all }: NodePlace): NodeCommand {
  return { argv: ["sh", "-c", `${change}patiently forget "$@"`, "member", node.id, all[0]!.address] };
}

/** Ends with other than 0 when it was not answered, or was refused. */
const change = `
id=$1; shift
${patiently(15)}
forget() { timeout 3 tarantool -e "require('net.box').connect('$1:${port}'):call('rashomon.forget', {'$id'}) os.exit(0)"; }
`;
