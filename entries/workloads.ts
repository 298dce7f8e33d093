/** What clients do, and the checkers that judge it. */
export { workloads, findWorkload } from "../workloads/registry.ts";
export { openLoad, type Workload, type WorkloadPlan } from "../workloads/workload.ts";
export { judgeEvidence, type Evidence } from "../workloads/evidence.ts";
