/** The service as it runs on this machine already; its address comes by ENDPOINT. */
import type { OwnService } from "../../entries/clusters.ts";
import { client, forget } from "./client.ts";

const service: OwnService = { name: "shop-here", workloads: ["register"], runs: { endpoints: [process.env["ENDPOINT"] ?? "127.0.0.1:8080"] }, ready: "/health", prepare: forget, client };
export default service;
