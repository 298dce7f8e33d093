import { countedByMost } from "../../docker/counted-by-most.ts";
import { shutDown } from "../../docker/daemon.ts";
import type { Daemon, MembershipOperations, NodeCommand, NodePlace } from "../../docker/docker-system.ts";
import { etcdMembership } from "../etcd/membership.ts";
import { patiently } from "../patiently.ts";
import { membersSeen, restPort } from "./look.ts";

/** Of the etcd beside every Patroni. */
export const etcdPort = 2379;
/** Patroni's name for its cluster. */
export const scope = "rashomon";

/**
 * Two memberships, of which both must end: Patroni's, a key in etcd, and etcd's own. As an operator would take a machine
 * away, a primary hands its role over first (`/switchover`), for a failover would only come when its lock has run out;
 * then Patroni ends, and its PostgreSQL with it. Its key would go by itself after `ttl`, and is deleted here. An empty
 * node is added to etcd, and Patroni copies the primary of that moment.
 */
export function patroniMembership({ patroni, etcdApi }: { readonly patroni: Daemon; readonly etcdApi: "v2" | "v3" }): MembershipOperations {
  const etcd = etcdMembership(({ ports }) => ports.get(etcdPort)!);
  const forgotten = (place: NodePlace): NodeCommand => onAnother(place, { script: forget[etcdApi], reachedBy: ({ hostname }) => `http://${hostname}:${etcdPort}` });
  return {
    async members(at, signal) {
      const patronis = await countedByMost(at, async (lookout) => (await membersSeen(lookout, signal))?.map(({ name }) => name));
      return (await etcd.members(at, signal)).filter((node) => patronis.includes(node));
    },
    leave: (place) => [onAnother(place, { script: handOver, reachedBy: ({ hostname }) => `http://${hostname}:${restPort}` }), shutDown(patroni), ...(etcd.leave?.(place) ?? [])],
    left: (place) => [forgotten(place)],
    join: (place) => [forgotten(place), ...(etcd.join?.(place) ?? [])],
  };
}

/** `script` is told the node's name and where it is reached, then where the others are. */
function onAnother({ node, all }: NodePlace, { script, reachedBy }: { readonly script: string; readonly reachedBy: (node: NodePlace["node"]) => string }): NodeCommand {
  const others = all.filter((other) => other !== node).map(reachedBy);
  return { argv: ["sh", "-c", script, "member", node.id, reachedBy(node), ...others] };
}

/** Until another holds the lock and takes writes; the answer to a switchover comes when it is over, or refused. */
const handOver = `
id=$1 own=$2; shift 2
is() { curl -sf -m 2 -o /dev/null $2/$1; }
for try in $(seq 20); do
  if is leader $own; then
    curl -s -m 15 -X POST -H 'content-type: application/json' -d "{\\"leader\\":\\"$id\\"}" $own/switchover
  else
    for at; do ! is primary $at || exit 0; done
  fi
  sleep 0.5
done
exit 1
`;

/** By the interface of etcd that Patroni uses: neither shows the keys of the other. */
const forget: { readonly [api in "v2" | "v3"]: string } = {
  v3: `
key=/service/${scope}/members/$1; shift 2
${patiently(15)}
forget() { ETCDCTL_API=3 etcdctl --endpoints=$1 --command-timeout=2s del $key; }
patiently forget "$@"
`,
  v2: `
key=/service/${scope}/members/$1; shift 2
${patiently(15)}
forget() { curl -s -m 2 -o /dev/null -X DELETE $1/v2/keys$key; }
patiently forget "$@"
`,
};
