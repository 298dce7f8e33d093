import { debian13 } from "../../docker/debian.ts";
import { imageOfVersions, type TwoVersions } from "../two-versions.ts";

/**
 * 7.0 is Debian 12's package, 8.0 Debian 13's, of both daemons. A replica of 7.0 cannot load what a primary of 8.0 sends
 * it, the other way round it can: `mixed` has the newer as a replica, and `rolling` ends well when the primary comes last.
 */
export const redisVersions: { readonly [daemon in "redis" | "sentinel"]: TwoVersions } = { redis: versionsOf("redis-server"), sentinel: versionsOf("redis-sentinel") };

function versionsOf(program: string): TwoVersions {
  return { older: { name: "7.0", program: `/usr/bin/${program}` }, newer: { name: "8.0", program: `/opt/debian-13/usr/bin/${program}` }, mixed: "last" };
}

/** The image that has what was chosen, and how to ask it for its versions. */
export function imageOf(choice: string): ReturnType<typeof imageOfVersions> {
  return imageOfVersions(choice, redisVersions.redis, { callerUrl: import.meta.url, second: { secondDebian: debian13 } });
}
