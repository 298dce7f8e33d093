// The one dependency rule of docs/architecture: arrows point inward.
const tests = "\\.test\\.ts$|/testing/";
const only = (from, to, comment) => ({
  name: `${from}-imports-inward`,
  severity: "error",
  comment,
  from: { path: `^${from}/`, pathNot: tests },
  to: { path: "^(harness|checkers|workloads|nemesis|clusters|results|suites|cli|entries|bench|scripts|examples|docs)/", pathNot: `^(${[from, ...to].join("|")})/` },
});
const noPackages = (from) => ({
  name: `${from}-has-no-npm-package`,
  severity: "error",
  comment: "the core runs anywhere: only node: builtins",
  from: { path: `^${from}/`, pathNot: tests },
  to: { dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer"] },
});
module.exports = {
  forbidden: [
    only("harness", [], "harness knows nobody of ours"),
    only("checkers", ["harness"], "checkers are pure: they know harness only"),
    only("workloads", ["harness", "checkers"], "workloads know harness and the checkers that judge them"),
    only("nemesis", ["harness"], "faults are policy over capabilities: they know harness only"),
    only("clusters", ["harness"], "clusters know harness only"),
    only("results", ["harness"], "results read run folders: they know harness only"),
    only("suites", ["harness", "checkers", "workloads", "nemesis", "clusters", "results"], "suites compose all but cli and entries"),
    noPackages("harness"),
    noPackages("checkers"),
    {
      name: "engines-live-in-clusters",
      severity: "error",
      comment: "dockerode, toxiproxy-node-client and database drivers belong to clusters/",
      from: { pathNot: `^clusters/|${tests}` },
      to: { path: "^node_modules/(dockerode|toxiproxy-node-client|tar-fs|pg|mysql2)/" },
    },
    {
      name: "drivers-load-when-they-connect",
      severity: "error",
      comment: "every command lists all systems: a driver of hundreds of files is loaded by `await import` where it connects (docs/decisions/029)",
      from: { path: "^clusters/", pathNot: tests },
      to: { path: "^node_modules/(dockerode|pg|mysql2|amqplib|@redis/client/dist/index)", dynamic: false, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-cycle",
      severity: "error",
      comment: "a cycle hides which file owns the idea",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "not-to-tests", severity: "error", from: { pathNot: tests }, to: { path: "\\.test\\.ts$" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|runs)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"], exportsFields: ["exports"], conditionNames: ["import", "default", "node"] },
  },
};
