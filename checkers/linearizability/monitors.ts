import type { Monitor } from "./monitor.ts";
import { fetchAddChain } from "./monitors/fetch-add-chain.ts";
import { growingList, growingSet } from "./monitors/growing.ts";
import { queuePatterns } from "./monitors/queue-patterns.ts";
import { registerZones } from "./monitors/register-zones.ts";

/** Every monitor, in the order in which they are asked. */
export const monitors: readonly Monitor[] = [registerZones, queuePatterns, growingList, growingSet, fetchAddChain];
