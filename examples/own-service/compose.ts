/** The same service from its Compose file, as it is; app1 has the bug. */
import type { OwnService } from "../../entries/clusters.ts";
import { client } from "./client.ts";

const service: OwnService = { name: "shop-compose", workloads: ["register"], runs: { compose: "./compose.yaml", files: { node: process.execPath } }, ready: "/health", client };
export default service;
