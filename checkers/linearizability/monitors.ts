import type { Monitor } from "./monitor.ts";
import { alternation } from "./monitors/alternation.ts";
import { appendedTexts } from "./monitors/appended-texts.ts";
import { counterBounds } from "./monitors/counter-bounds.ts";
import { counting } from "./monitors/counting.ts";
import { fetchAddChain } from "./monitors/fetch-add-chain.ts";
import { growingList, growingSet } from "./monitors/growing.ts";
import { priorityOrder } from "./monitors/priority-order.ts";
import { queuePatterns } from "./monitors/queue-patterns.ts";
import { registerZones } from "./monitors/register-zones.ts";
import { stackNesting } from "./monitors/stack-nesting.ts";

/** Every monitor, in the order in which they are asked. */
export const monitors: readonly Monitor[] = [
  registerZones,
  appendedTexts,
  queuePatterns,
  stackNesting,
  priorityOrder,
  growingList,
  growingSet,
  counting,
  counterBounds,
  fetchAddChain,
  alternation,
];
