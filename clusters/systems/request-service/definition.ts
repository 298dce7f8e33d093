import type { ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { readCounter } from "../../../harness/objects/counter.ts";
import { idempotentCounter, submit } from "../../../harness/objects/idempotent-counter.ts";
import { numberOf, type Settings } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { requestServiceActor, type RequestServiceVariant } from "./request-service.ts";

/** All clients are tabs of one person: they submit the same order, each at another server, and look at the balance. */
function sameOrderTwice(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [
    { node: (k + 1) % servers, call: submit("order", 5) },
    { node: k % servers, call: readCounter() },
  ]);
}

function definition(about: SystemParts["about"], variant: Pick<RequestServiceVariant, "remembers" | "savesAnswers">, defaults: Settings = {}): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults: { servers: 2, timers: 1, ...defaults },
    options: [{ name: "retryMs", kind: "integer", unit: "ms", default: 200, min: 1, reason: "well above a loopback round trip, well below a client's deadline" }],
    spec: idempotentCounter(),
    actor(settings) {
      const retry = numberOf(settings, "retryMs");
      return plainActor(requestServiceActor({ ...variant, kind: about.name, retryMs: [retry, retry * 2] }));
    },
    scripts: sameOrderTwice,
  });
}

/** Twice submitted, once charged. */
export const requestService: SystemDefinition = definition(
  { name: "request-service", summary: "an account charged by requests with keys: a double submit or a retry charges once", role: "product" },
  { remembers: true, savesAnswers: true },
);

/** Charges again. */
export const requestServiceNoKeys: SystemDefinition = definition(
  {
    name: "request-service-no-keys",
    summary: "request-service without the table of keys",
    role: "twin",
    twinOf: "request-service",
    bug: "a request that is submitted twice, or repeated by a door, is charged twice",
  },
  { remembers: false, savesAnswers: false },
);

/** Charges again after a restart. */
export const requestServiceVolatileKeys: SystemDefinition = definition(
  {
    name: "request-service-volatile-keys",
    summary: "request-service whose table of keys is not saved with the balance",
    role: "twin",
    twinOf: "request-service",
    bug: "after a restart the balance is there and the keys are not, so a retry is charged again",
  },
  { remembers: true, savesAnswers: false },
  { crashes: 1 },
);
