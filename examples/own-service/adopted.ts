/** A container of the service that somebody has started, such as Testcontainers; its id comes by CONTAINER. */
import type { OwnService } from "../../entries/clusters.ts";
import { client, forget } from "./client.ts";

const service: OwnService = { name: "shop-adopted", workloads: ["register"], runs: { containers: [process.env["CONTAINER"] ?? "shop"], port: 8080 }, ready: "/health", prepare: forget, client };
export default service;
