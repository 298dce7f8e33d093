/** One definition of actors, explored, simulated and compared. */
export { explore, type Bounds, type Discovery, type Exploration, type ExploreOptions } from "../checkers/model/explore.ts";
export { canonicalHistory, compareAccounts, type Comparison } from "../checkers/model/compare.ts";
export { lamport } from "../checkers/model/lamport.ts";
export { replay } from "../checkers/model/replay.ts";
export { modelDefinitions, type ModelDefinition } from "../checkers/model/fixtures.ts";
export { simulate, type SimulateOptions, type Simulation } from "../clusters/simulated/simulate.ts";
export { systemDefinitions } from "../clusters/systems/registry.ts";
export type * from "../harness/actor.ts";
export type * from "../harness/schedule.ts";
