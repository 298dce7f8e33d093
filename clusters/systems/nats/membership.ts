import { countedByMost } from "../../docker/counted-by-most.ts";
import type { MembershipOperations, NodeCommand, NodePlace } from "../../docker/docker-system.ts";
import { membersLedBy } from "./look.ts";

/** Who may act on servers: only users of the system's account. Clients give no name, and are `client`. */
export const operator = { user: "operator", password: "operator" } as const;

/** Accounts as the server's configuration has them. */
export const accountLines: readonly string[] = [
  `accounts {`,
  `  $SYS { users: [ { user: ${operator.user}, password: ${operator.password} } ] }`,
  `  clients { jetstream: enabled, users: [ { user: client, password: client } ] }`,
  `}`,
  `no_auth_user: client`,
];

/**
 * As NATS' documents replace a server ("JetStream clustering", peer-remove): it ends, its peers are told that it does not
 * come back, so that its streams need no copy from it; an empty one of the same name is taken in when it comes.
 */
export const natsMembership: MembershipOperations = {
  members: (at, signal) => countedByMost(at, (lookout) => membersLedBy(lookout, signal)),
  left: (place) => [removal(place)],
  join: (place) => [removal(place)],
};

/** One other server after the other is asked over a bare connection, as there is no command line for it in the image. */
function removal({ node, all }: NodePlace): NodeCommand {
  const others = all.filter((other) => other !== node).map(({ address }) => address);
  return { argv: ["bash", "-c", script, "remove", node.id, ...others] };
}

/** Only a leader of JetStream answers; after the end of one it takes seconds until the next leads. 10044: it is no member. */
const script = `
body="{\\"peer\\":\\"$1\\"}"; shift
for try in $(seq 20); do
  for at; do
    exec 3<>/dev/tcp/$at/4222 || continue
    printf 'CONNECT {"user":"${operator.user}","pass":"${operator.password}","verbose":false}\\r\\nSUB reply 1\\r\\nPUB $JS.API.SERVER.REMOVE reply %d\\r\\n%s\\r\\n' \${#body} "$body" >&3
    while read -t 1 -r line <&3; do
      case $line in *'"success":true'* | *10044*) exit 0 ;; esac
    done
    exec 3>&-
  done
done
exit 1
`;
