import { apiCases } from "./conformance/api-cases.ts";
import { clientCases } from "./conformance/client-cases.ts";
import { dataCases } from "./conformance/data-cases.ts";
import type { ConformanceCase } from "./conformance/case.ts";

/**
 * What a server must do to count as Toxiproxy 2.12, as cases that know only its URL. The same list runs against our
 * server and against the real one, so that neither our reading of its source nor our memory of it decides.
 * Timing is asserted from below only: a toxic may be late, never early.
 */
export const conformanceCases: readonly ConformanceCase[] = [...apiCases, ...dataCases, ...clientCases];
