import type { Endpoint } from "../../../harness/cluster.ts";
import { isArray, isObject, type Json } from "../../../harness/json.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import { countedByMost } from "../../docker/counted-by-most.ts";
import type { Lookout, MembershipOperations, NodeCommand, NodePlace } from "../../docker/docker-system.ts";
import { patiently } from "../patiently.ts";
import { ask } from "./http.ts";

/** Below it is the data folder of etcd's own. */
export const etcdDataFolder = "/var/lib/etcd";

/**
 * As etcd's documents replace a member (Runtime reconfiguration): `member remove`, then `member add` with the same URL,
 * and a start with empty data in state `existing`. `clientPortOf`: where a node's etcd answers clients.
 */
export function etcdMembership(clientPortOf: (lookout: Lookout) => Endpoint): MembershipOperations {
  return {
    members: (at, signal) => countedByMost(at, (lookout) => membersSeenBy(clientPortOf(lookout), signal)),
    leave: (place) => [onAnother(place, "remove")],
    join: (place) => [onAnother(place, "remove"), onAnother(place, "add")],
  };
}

/** Longest wait for one answer while looking. */
const lookMsMax = 1_000;

/** Names of those that have joined: one that was only added has none yet. */
async function membersSeenBy(at: Endpoint, signal: AbortSignal): Promise<readonly string[] | undefined> {
  try {
    const reply = await ask(at, { method: "POST", path: "/v3/cluster/member/list", body: "{}" }, deadlineSignal(lookMsMax, signal));
    const body: Json = JSON.parse(reply.text);
    const members = isObject(body) ? body["members"] : undefined;
    return members === undefined || !isArray(members) ? undefined : members.flatMap((member) => (isObject(member) && typeof member["name"] === "string" && member["name"] !== "" ? [member["name"]] : []));
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** A change that one other member after the other is asked for, until one has made it. */
function onAnother({ node, all }: NodePlace, change: string): NodeCommand {
  const others = all.filter((other) => other !== node).map(({ address }) => `http://${address}:2379`);
  return { argv: ["sh", "-c", `${changes}patiently ${change} "$@"`, "member", node.id, `http://${node.hostname}:2380`, ...others], env: { ETCDCTL_API: "3" } };
}

/** etcd refuses a change while it has not seen all its members for five seconds: hence the patience. */
const changes = `
id=$1 url=$2; shift 2
${patiently(15)}
remove() {
  list=$(etcdctl --endpoints=$1 --command-timeout=2s member list) || return 1
  member=$(echo "$list" | grep -F ", $url, " | cut -d, -f1)
  [ -z "$member" ] || etcdctl --endpoints=$1 --command-timeout=2s member remove $member
}
add() { etcdctl --endpoints=$1 --command-timeout=2s member add $id --peer-urls=$url; }
`;
