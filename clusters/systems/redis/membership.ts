import { countedByMost } from "../../docker/counted-by-most.ts";
import type { MembershipOperations, NodeCommand, NodePlace } from "../../docker/docker-system.ts";
import { membersSeenBy, sentinelPort, watchedName } from "./look.ts";

/** Files that both daemons rewrite, so they belong to redis, and so does their folder: that is where roles are after a failover. */
export const configurations = { redis: "/etc/rashomon/redis.conf", sentinel: "/etc/rashomon/sentinel.conf" } as const;
export const redisPort = 6379;
/** Debian's, who owns the data and runs both daemons. */
export const user = "redis";

/**
 * As Redis' documents remove a replica and its Sentinel ("High availability with Redis Sentinel"). A primary is replaced
 * by `SENTINEL FAILOVER` first: that stops no writes, so those that it takes until its end may be lost. Both daemons end,
 * and since no Sentinel forgets by itself, all others are reset, one after the other: a Sentinel that was reset knows
 * only the primary until it has heard of the others again. An empty node follows the primary of that moment.
 */
export const redisMembership: MembershipOperations = {
  async members(at, signal) {
    const nodeAt = new Map([...at.values()].map(({ node }) => [node.address, node.id]));
    return await countedByMost(at, async (lookout) => (await membersSeenBy(lookout, signal))?.flatMap((address) => nodeAt.get(address) ?? []));
  },
  leave: (place) => [change(place, "give_up")],
  left: (place) => [change(place, "forget")],
  join: (place) => [change(place, "give_up"), change(place, "forget"), change(place, "follow")],
};

function change({ node, all }: NodePlace, what: "give_up" | "forget" | "follow"): NodeCommand {
  const others = all.filter((other) => other !== node).map(({ address }) => address);
  return { argv: ["sh", "-c", `${changes}${what} "$@"`, "member", node.address, ...others], user };
}

/**
 * The first argument is the node that leaves or joins, the rest are the others. In place of the 30 s that the documents
 * wait between two resets, the next comes when the Sentinel knows all other Sentinels again (they speak every 2 s), at
 * the latest after 10 s; replicas may take 10 s more, when it asks the primary again. A Sentinel of a new member draws
 * an id of its own.
 */
const changes = `
ask() { at=$1; shift; timeout 3 redis-cli -e -h $at -p ${sentinelPort} sentinel "$@"; }
primary() { ask $1 get-master-addr-by-name ${watchedName} | head -n 1; }
count() { ask $1 master ${watchedName} | grep -A 1 -Fx $2 | tail -n 1; }

give_up() {
  own=$1; shift
  for try in $(seq 100); do
    holding= replaced=
    for at; do
      case $(primary $at) in "$own") holding=$at ;; ?*) replaced=yes ;; esac
    done
    [ -n "$holding" ] || [ -z "$replaced" ] || exit 0
    [ -n "$replaced" ] || [ -z "$holding" ] || [ $((try % 20)) != 1 ] || ask $holding failover ${watchedName}
    sleep 0.2
  done
  exit 1
}

knows() { { ask $1 replicas ${watchedName}; ask $1 sentinels ${watchedName}; } | grep -Fxq $own; }
forget() {
  own=$1; shift
  others=$(($# - 1))
  for at; do
    knows $at || continue
    ask $at reset ${watchedName} || exit
    find $at num-other-sentinels $others
  done
  for at; do
    find $at num-slaves $others
    ! knows $at || exit
  done
}
find() {
  for try in $(seq 50); do
    [ "$(count $1 $2)" != $3 ] || return 0
    sleep 0.2
  done
}

follow() {
  shift
  for at; do now=$(primary $at); [ -z "$now" ] || break; done
  [ -n "$now" ] || exit
  sed -i '/^replicaof /d' ${configurations.redis} && echo "replicaof $now ${redisPort}" >> ${configurations.redis} || exit
  sed -i "s/^sentinel monitor ${watchedName} [^ ]* /sentinel monitor ${watchedName} $now /; /^sentinel myid /d; /^sentinel known-/d" ${configurations.sentinel}
}
`;
