import { countedByMost } from "../../docker/counted-by-most.ts";
import type { MembershipOperations } from "../../docker/docker-system.ts";
import { streamingSeenBy } from "./look.ts";

/**
 * A standby is a member while its primary sends it the log. One that ends is forgotten at once: it has no slot that
 * would keep the log for it. It joins as it did first, by a base backup that its starter makes where no data are.
 */
export const postgresMembership: MembershipOperations = {
  rolesOfFirst: ["primary", "leader"],
  members: (at, signal) => countedByMost(at, (lookout) => streamingSeenBy(lookout, signal)),
};
