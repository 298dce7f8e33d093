/** The service in Docker, built from its Dockerfile: n1 is the store, the others are the application. `--set cache=1000` brings its bug. */
import type { OwnService } from "../../entries/clusters.ts";
import { client } from "./client.ts";

const service: OwnService = {
  name: "shop",
  workloads: ["register"],
  runs: {
    dockerfile: "./Dockerfile",
    files: { node: process.execPath },
    port: 8080,
    environment: (node, { all: [first], settings }): { readonly [name: string]: string } => (node === first ? {} : { STORE: `${first}:8080`, CACHE_MS: String(settings["cache"]) }),
  },
  options: [{ name: "cache", kind: "integer", unit: "ms", default: 0, min: 0, reason: "an instance that trusts what it read last does not hear of others' writes" }],
  ready: "/health",
  client,
};
export default service;
