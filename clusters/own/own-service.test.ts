import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeId } from "../../harness/ids.ts";
import { deadlineSignal } from "../../harness/time.ts";
import { loopbackEndpoint } from "./endpoint-cluster.ts";
import { httpClient } from "./http-client.ts";
import { isDefinitionFile, loadService } from "./load-service.ts";

describe("An endpoint", () => {
  test.each(["127.0.0.1:80", "127.8.0.1:80", "localhost:80", "[::1]:80"])("%s is on this machine", (text) => {
    expect(loopbackEndpoint(text)).toMatchObject({ port: 80 });
  });

  test.each(["10.0.0.1:80", "example.org:80", "0.0.0.0:80", "localhost.example.org:80", "127.0.0.1.example.org:80", "[::ffff:10.0.0.1]:80", "169.254.169.254:80"])("%s is refused: it may be another machine", (text) => {
    expect(() => loopbackEndpoint(text)).toThrow(/not on this machine's loopback/);
  });

  test.each(["127.0.0.1", "127.0.0.1:80/path", "user@127.0.0.1:80", "nonsense"])("%s is none", (text) => {
    expect(() => loopbackEndpoint(text)).toThrow(/is no endpoint/);
  });
});

describe("A definition file", () => {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-definition-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const written = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test("is told from a system's name by its dots and slashes", () => {
    expect(["./kv.ts", "kv.mjs", "/a/kv"].map(isDefinitionFile)).toEqual([true, true, true]);
    expect(["etcd", "primary-backup"].map(isDefinitionFile)).toEqual([false, false]);
  });

  test("exports a service", async () => {
    const file = written("good.mjs", `export default { name: "kv", workloads: ["register"], runs: { endpoints: ["127.0.0.1:1"] }, ready: "/", client() {} };`);

    expect(await loadService(file)).toMatchObject({ service: { name: "kv" }, folder });
  });

  test("with mistakes hears of all of them at once", async () => {
    const file = written("bad.mjs", `export default { name: "k v", runs: { image: "x", endpoints: [] }, ready: "health" };`);

    await expect(loadService(file)).rejects.toThrow(/`name`.*`workloads`.*`client`.*`ready`.*exactly one of.*`runs.image`.*`runs.endpoints`/);
  });

  test("that is not there, or throws, is an error with the next step", async () => {
    await expect(loadService(join(folder, "none.mjs"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await expect(loadService(written("throws.mjs", "throw new Error('no')"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });
});

describe("The HTTP client", () => {
  const put = { f: "write", value: 1 };
  const get = { f: "read", value: null };

  test.each([
    ["200", (): number => 200, "ok", "ok"],
    ["409", (): number => 409, "fail", "fail"],
    ["503", (): number => 503, "info", "fail"],
    ["no answer", (): number => 0, "info", "fail"],
  ])("takes %s for what it says of a write and of a read", async (_what, status, ofWrite, ofRead) => {
    const server = createServer((request, response) => (status() === 0 ? request.socket.destroy() : response.writeHead(status()).end("7"))).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const client = httpClient(({ f }) => ({ method: f === "read" ? "GET" : "PUT", path: "/", changes: f !== "read", ...(f === "read" ? { result: ({ text }) => JSON.parse(text) as number } : {}) }));
    const connect = () => client.connect({ node: nodeId("n1"), thread: 0, endpoint: { host: "127.0.0.1", port: (server.address() as AddressInfo).port }, signal: deadlineSignal(10_000) });
    await using writer = await connect();
    await using reader = await connect();

    expect(await writer.invoke(put, deadlineSignal(10_000))).toMatchObject({ type: ofWrite, value: 1 });
    expect(await reader.invoke(get, deadlineSignal(10_000))).toMatchObject({ type: ofRead, value: ofRead === "ok" ? 7 : null });
    expect(writer.broken).toBe(status() === 0);
    server.closeAllConnections();
    server.close();
  });

  test("knows that a server which did not listen has heard nothing", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await using connection = await httpClient(() => ({ method: "PUT", path: "/", changes: true })).connect({ node: nodeId("n1"), thread: 0, endpoint: { host: "127.0.0.1", port }, signal: deadlineSignal(10_000) });

    expect(await connection.invoke(put, deadlineSignal(10_000))).toMatchObject({ type: "fail", error: ["refused", expect.any(String)] });
  });
});
