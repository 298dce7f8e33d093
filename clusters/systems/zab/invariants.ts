import type { SystemProperty } from "../../../harness/actor.ts";
import { equalJson, type Json } from "../../../harness/json.ts";
import type { ZabState } from "./state.ts";

/** What the paper promises, as far as one global state shows it. Servers that are down show nothing. */
export const zabInvariants: readonly SystemProperty[] = [
  /** At most one leader is established in an epoch. */
  always("one leader in an epoch", (servers) => {
    const epochs = servers.filter(isEstablished).map(({ epoch }) => epoch);
    return new Set(epochs).size === epochs.length;
  }),
  /** Of two servers, what one has delivered is the beginning of what the other has. */
  always("total order", (servers) =>
    servers.every((one, i) => servers.slice(i + 1).every((other) => agree(one, other, Math.min(one.delivered, other.delivered)))),
  ),
  { ...always("a leader is established", (servers) => servers.some(isEstablished)), kind: "sometimes" },
  { ...always("all have delivered", (servers) => servers.length > 1 && servers.every(({ delivered }) => delivered > 0)), kind: "sometimes" },
];

function always(name: string, test: (servers: readonly ZabState[]) => boolean): SystemProperty {
  // A server's state is what this actor made; properties get it as plain JSON, null for one that is down.
  return { name, kind: "always", on: "actors", test: (states: readonly Json[]) => test(states.filter((state) => state !== null) as unknown as ZabState[]) };
}

function isEstablished({ role }: ZabState): boolean {
  return role.name === "leading" && role.established;
}

function agree(one: ZabState, other: ZabState, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const [mine, its] = [one.history[i], other.history[i]];
    if (mine === undefined || its === undefined || !equalJson(mine, its)) return false;
  }
  return true;
}
