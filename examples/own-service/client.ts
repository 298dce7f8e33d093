import { type Client, type Endpoint, httpClient } from "../../entries/clusters.ts";

/** How the calls of the register workload are made of this service. */
export const client = (): Client =>
  httpClient(({ f, value }) => {
    if (f === "read") return { method: "GET", path: "/register", changes: false, result: ({ text }) => JSON.parse(text) };
    if (f === "write") return { method: "PUT", path: "/register", changes: true, body: JSON.stringify(value) };
    const [from, to] = value as [number, number];
    return { method: "PATCH", path: "/register", changes: true, body: JSON.stringify({ from, to }), result: () => value };
  });

/** A service that runs already remembers what it was told before: the run begins with null. */
export async function forget({ host, port }: Endpoint, signal: AbortSignal): Promise<void> {
  await fetch(`http://${host}:${port}/register`, { method: "PUT", body: "null", signal });
}
