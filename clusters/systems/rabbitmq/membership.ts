import type { MembershipOperations, NodeCommand, NodePlace } from "../../docker/docker-system.ts";
import { countedByMost } from "../../docker/counted-by-most.ts";
import { patiently } from "../patiently.ts";
import { brokerName, membersSeenBy } from "./look.ts";

/**
 * As RabbitMQ's documents replace a broker ("Clustering", "Quorum Queues"): its copies of quorum queues are given up, it
 * ends, the others forget it; an empty one finds the cluster by its list, and gets copies again. Mirrors follow the policy.
 */
export function rabbitMembership(environment: { readonly [name: string]: string }): MembershipOperations {
  const onAnother = (place: NodePlace, change: string): NodeCommand => changeOf(place, change, environment);
  return {
    members: async (at, signal) => {
      const nodeOf = new Map([...at.values()].map((lookout) => [brokerName(lookout), lookout.node.id]));
      return await countedByMost(at, async (lookout) => (await membersSeenBy(lookout, signal))?.flatMap(({ name }) => nodeOf.get(name) ?? []));
    },
    leave: (place) => [onAnother(place, "give_up")],
    left: (place) => [onAnother(place, "forget")],
    join: (place) => [onAnother(place, "give_up"), onAnother(place, "forget")],
    joined: (place) => [onAnother(place, "take")],
  };
}

/** One other broker after the other is asked, until one has made the change; the tool is a node of Erlang, and takes a second. */
function changeOf({ node, all }: NodePlace, change: string, env: { readonly [name: string]: string }): NodeCommand {
  const others = all.filter((other) => other !== node).map((other) => brokerName({ node: other }));
  return { argv: ["sh", "-c", `${changes}patiently ${change} "$@"`, "member", brokerName({ node }), ...others], user: "rabbitmq", env };
}

const changes = `
own=$1; shift
${patiently(10)}
ask() { at=$1 tool=$2; shift 2; timeout 20 $tool -q -n $at "$@"; }
give_up() { ask $1 rabbitmq-queues shrink $own; }
forget() {
  known=$(ask $1 rabbitmqctl eval 'mnesia:system_info(db_nodes).') || return 1
  case $known in *"$own"*) ask $1 rabbitmqctl forget_cluster_node $own ;; esac
}
take() { ask $own rabbitmqctl await_startup && ask $1 rabbitmq-queues grow $own all; }
`;
