import assert from "node:assert/strict";
import { listens } from "../testing/peers.ts";
import type { CaseContext, ConformanceCase } from "./case.ts";

const NOWHERE = "127.0.0.1:1";

/** `{name, listen, upstream, enabled, toxics}` without what else a server may show of itself (Toxiproxy shows a `Logger`). */
function proxyOf(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== "Logger"));
}

async function create(context: CaseContext, body: { readonly [name: string]: unknown } = {}): Promise<string> {
  const reply = await context.request("POST", "/proxies", { name: "p", listen: "localhost:0", upstream: NOWHERE, ...body });
  assert.equal(reply.status, 201, reply.text);
  return String((reply.json as { listen: unknown }).listen);
}

async function toxicNames(context: CaseContext): Promise<string[]> {
  return (await context.client.toxics("p")).map((toxic) => toxic.name);
}

export const apiCases: readonly ConformanceCase[] = [
  {
    title: "the version is JSON with a newline",
    async run(context) {
      const { status, text, headers } = await context.request("GET", "/version");

      assert.deepEqual([status, text, headers.get("content-type")], [200, '{"version": "git"}\n', "application/json;charset=utf-8"]);
    },
  },
  {
    title: "every answered request has an id of its own",
    async run(context) {
      const ids = await Promise.all([1, 2, 3].map(async () => (await context.request("GET", "/version")).headers.get("x-toxiproxy-request-id")));

      assert.ok(ids.every((id) => id !== null && id !== ""));
      assert.equal(new Set(ids).size, 3);
    },
  },
  {
    title: "a browser is turned away, any other agent is not",
    async run(context) {
      const browser = await context.request("GET", "/proxies", undefined, { "user-agent": "Mozilla/5.0 (X11)" });
      const tool = await context.request("GET", "/proxies", undefined, { "user-agent": "Wget/2.1" });

      assert.deepEqual([browser.status, browser.text.trim(), tool.status], [403, "User agent not allowed", 200]);
    },
  },
  {
    title: "an unknown path is 404, a known one with another method 405",
    async run(context) {
      const found = await Promise.all([
        context.request("GET", "/nope"),
        context.request("GET", "/proxies/"),
        context.request("PUT", "/proxies"),
        context.request("GET", "/reset"),
        context.request("DELETE", "/populate"),
      ]);

      assert.deepEqual(
        found.map((reply) => reply.status),
        [404, 404, 405, 405, 405],
      );
    },
  },
  {
    title: "without proxies the list is an empty object",
    async run(context) {
      assert.deepEqual((await context.request("GET", "/proxies")).json, {});
    },
  },
  {
    title: "a new proxy listens, is enabled, and tells its real address",
    async run(context) {
      const { status, json } = await context.request("POST", "/proxies", { name: "p", listen: "localhost:0", upstream: NOWHERE });
      const listen = String((json as { listen: unknown }).listen);

      assert.equal(status, 201);
      assert.match(listen, /^127\.0\.0\.1:[1-9]\d*$/);
      assert.deepEqual(proxyOf(json), { name: "p", listen, upstream: NOWHERE, enabled: true, toxics: [] });
      assert.ok(await listens(listen));
      assert.deepEqual(proxyOf((await context.request("GET", "/proxies/p")).json), proxyOf(json));
    },
  },
  {
    title: "a proxy created disabled keeps the address as written and does not listen",
    async run(context) {
      const address = await create(context);
      await context.client.removeProxy("p");
      const port = address.slice(address.lastIndexOf(":") + 1);

      assert.equal(await create(context, { enabled: false, listen: `localhost:${port}` }), `localhost:${port}`);
      assert.equal(await listens(address), false);

      assert.equal((await context.client.updateProxy("p", { enabled: true })).listen, address);
      assert.ok(await listens(address));
    },
  },
  {
    title: "a proxy needs a name and an upstream",
    async run(context) {
      await context.refused({ status: 400, error: "missing required field: name" }, "POST", "/proxies", {});
      await context.refused({ status: 400, error: "missing required field: upstream" }, "POST", "/proxies", { name: "p" });
    },
  },
  {
    title: "a body that is no JSON, or of the wrong types, is refused and says so",
    async run(context) {
      await context.refused({ status: 400, error: "bad request body: EOF" }, "POST", "/proxies", "");
      await context.refused({ status: 400, error: "bad request body: json: cannot unmarshal number into Go struct field Proxy.name of type string" }, "POST", "/proxies", { name: 1 });
      const broken = await context.request("POST", "/proxies", "{");
      assert.equal(broken.status, 400);
      assert.match(broken.text, /bad request body: /);
    },
  },
  {
    title: "names of members are read in any case",
    async run(context) {
      const { status } = await context.request("POST", "/proxies", { NAME: "p", Listen: "localhost:0", upStream: NOWHERE });

      assert.equal(status, 201);
    },
  },
  {
    title: "a second proxy of the same name is a conflict",
    async run(context) {
      await create(context);
      await context.refused({ status: 409, error: "proxy already exists" }, "POST", "/proxies", { name: "p", listen: "localhost:0", upstream: NOWHERE });
    },
  },
  {
    title: "a taken port is an error with the resolved address, and no proxy",
    async run(context) {
      const address = await create(context);
      const port = address.slice(address.lastIndexOf(":") + 1);

      await context.refused({ status: 500, error: `listen tcp 127.0.0.1:${port}: bind: address already in use` }, "POST", "/proxies", { name: "q", listen: `localhost:${port}`, upstream: NOWHERE });
      assert.equal((await context.request("GET", "/proxies/q")).status, 404);

      await context.client.removeProxy("p");
      assert.equal(await create(context, { listen: address }), address);
    },
  },
  {
    title: "a listen address that makes no sense is an error with a reason",
    async run(context) {
      const rows = [
        ["local373", "listen tcp: address local373: missing port in address"],
        ["localhost:99999", "listen tcp: address 99999: invalid port"],
        ["localhost:abc", "listen tcp: lookup tcp/abc: unknown port"],
      ] as const;
      for (const [listen, error] of rows) await context.refused({ status: 500, error }, "POST", "/proxies", { name: "p", listen, upstream: NOWHERE });
    },
  },
  {
    title: "what is not there is 404",
    async run(context) {
      for (const [method, path] of [
        ["GET", "/proxies/p"],
        ["POST", "/proxies/p"],
        ["PATCH", "/proxies/p"],
        ["DELETE", "/proxies/p"],
        ["GET", "/proxies/p/toxics"],
        ["POST", "/proxies/p/toxics"],
        ["DELETE", "/proxies/p/toxics/t"],
      ] as const) {
        await context.refused({ status: 404, error: "proxy not found" }, method, path, method === "GET" ? undefined : {});
      }
      await create(context);
      for (const method of ["GET", "POST", "PATCH", "DELETE"]) {
        await context.refused({ status: 404, error: "toxic not found" }, method, "/proxies/p/toxics/t", method === "GET" ? undefined : {});
      }
    },
  },
  {
    title: "deleting answers 204 and frees the port",
    async run(context) {
      const address = await create(context);

      const { status, text } = await context.request("DELETE", "/proxies/p");

      assert.deepEqual([status, text], [204, ""]);
      assert.equal(await listens(address), false);
      assert.deepEqual((await context.request("GET", "/proxies")).json, {});
    },
  },
  {
    title: "an update keeps what it does not name, by POST and by PATCH",
    async run(context) {
      const address = await create(context);
      for (const method of ["POST", "PATCH"]) {
        const off = await context.request(method, "/proxies/p", { enabled: false });
        assert.deepEqual([off.status, proxyOf(off.json)], [200, { name: "p", listen: address, upstream: NOWHERE, enabled: false, toxics: [] }]);
        assert.equal(await listens(address), false);

        const on = await context.request(method, "/proxies/p", { enabled: true });
        assert.deepEqual([on.status, proxyOf(on.json)], [200, { name: "p", listen: address, upstream: NOWHERE, enabled: true, toxics: [] }]);
        assert.ok(await listens(address));
      }
    },
  },
  {
    title: "an update with a bad body changes nothing",
    async run(context) {
      const address = await create(context);

      await context.refused({ status: 400, error: "bad request body: json: cannot unmarshal string into Go struct field Proxy.enabled of type bool" }, "PATCH", "/proxies/p", { enabled: "no" });
      await context.refused({ status: 500, error: "address local373: missing port in address" }, "PATCH", "/proxies/p", { listen: "local373" });

      assert.deepEqual(proxyOf((await context.request("GET", "/proxies/p")).json), { name: "p", listen: address, upstream: NOWHERE, enabled: true, toxics: [] });
    },
  },
  {
    title: "populate creates in order and enables unless told otherwise",
    async run(context) {
      const { status, json } = await context.request("POST", "/populate", [
        { name: "b", listen: "localhost:0", upstream: NOWHERE },
        { name: "a", listen: "localhost:0", upstream: NOWHERE, enabled: false },
      ]);
      const { proxies } = json as { proxies: readonly { name: string; enabled: boolean }[] };

      assert.equal(status, 201);
      assert.deepEqual(
        proxies.map(({ name, enabled }) => [name, enabled]),
        [
          ["b", true],
          ["a", false],
        ],
      );
    },
  },
  {
    title: "populate keeps an equal proxy with its toxics, though the name of its address is another",
    async run(context) {
      const address = await create(context);
      await context.toxic("latency", {});
      const port = address.slice(address.lastIndexOf(":") + 1);

      const { status, json } = await context.request("POST", "/populate", [{ name: "p", listen: `localhost:${port}`, upstream: NOWHERE }]);

      assert.equal(status, 201);
      assert.equal((json as { proxies: readonly { enabled: boolean }[] }).proxies[0]?.enabled, true);
      assert.deepEqual(await toxicNames(context), ["latency"]);
    },
  },
  {
    title: "populate replaces a proxy that differs, toxics and all",
    async run(context) {
      const address = await create(context);
      await context.toxic("latency", {});

      await context.client.populate([{ name: "p", listen: "localhost:0", upstream: "127.0.0.1:2" }]);

      assert.equal(await listens(address), false);
      const { upstream, toxics } = await context.client.proxy("p");
      assert.deepEqual([upstream, toxics], ["127.0.0.1:2", []]);
    },
  },
  {
    title: "populate checks every entry before it creates the first",
    async run(context) {
      const good = { name: "a", listen: "localhost:0", upstream: NOWHERE };
      const { status, json } = await context.request("POST", "/populate", [good, { name: "", listen: "" }]);
      const second = await context.request("POST", "/populate", [good, { name: "b" }]);

      assert.deepEqual([status, json], [400, { error: "missing required field: name at proxy 2", status: 400, proxies: null }]);
      assert.deepEqual(second.json, { error: "missing required field: upstream at proxy 2", status: 400, proxies: null });
      assert.deepEqual((await context.request("GET", "/proxies")).json, {});
    },
  },
  {
    title: "populate that fails half way keeps what came before and creates nothing after",
    async run(context) {
      const { status, json } = await context.request("POST", "/populate", [
        { name: "a", listen: "localhost:0", upstream: NOWHERE },
        { name: "b", listen: "local373", upstream: NOWHERE },
        { name: "c", listen: "localhost:0", upstream: NOWHERE },
      ]);
      const { error, proxies } = json as { error: string; proxies: readonly { name: string }[] };

      assert.deepEqual([status, error, proxies.map(({ name }) => name)], [500, "listen tcp: address local373: missing port in address", ["a"]]);
      assert.deepEqual([...(await context.client.proxies()).keys()], ["a"]);
    },
  },
  {
    title: "populating nothing is well and lists null; what is no list is refused",
    async run(context) {
      const { status, json } = await context.request("POST", "/populate", []);
      assert.deepEqual([status, json], [201, { proxies: null }]);

      const wrong = await context.request("POST", "/populate", {});
      assert.equal(wrong.status, 400);
      assert.match(wrong.text, /^\{"error":"bad request body: json: cannot unmarshal object into Go value of type \[\]/);
    },
  },
  {
    title: "reset enables every proxy and removes every toxic",
    async run(context) {
      const address = await create(context);
      await context.toxic("latency", { latency: 100 });
      await context.toxic("timeout", {}, { stream: "upstream" });
      await context.client.updateProxy("p", { enabled: false });

      const { status, text } = await context.request("POST", "/reset");

      assert.deepEqual([status, text], [204, ""]);
      assert.deepEqual(await toxicNames(context), []);
      assert.ok(await listens(address));
    },
  },
  {
    title: "a toxic is downstream, certain, and named after type and stream unless told otherwise",
    async run(context) {
      await create(context);

      const { status, json } = await context.request("POST", "/proxies/p/toxics", { type: "latency" });

      assert.deepEqual([status, json], [200, { attributes: { latency: 0, jitter: 0 }, name: "latency_downstream", type: "latency", stream: "downstream", toxicity: 1 }]);
      assert.deepEqual((await context.request("GET", "/proxies/p/toxics/latency_downstream")).json, json);
    },
  },
  {
    title: "every type of toxic has its attributes",
    async run(context) {
      await create(context);
      const rows = {
        noop: {},
        latency: { latency: 1, jitter: 2 },
        bandwidth: { rate: 3 },
        slow_close: { delay: 4 },
        timeout: { timeout: 5 },
        slicer: { average_size: 6, size_variation: 7, delay: 8 },
        limit_data: { bytes: 9 },
        reset_peer: { timeout: 10 },
      };
      for (const [type, attributes] of Object.entries(rows)) {
        const { status, json } = await context.request("POST", "/proxies/p/toxics", { type, attributes: { ...attributes, unknown: "ignored" }, toxicity: 0.5 });
        assert.deepEqual([status, json], [200, { attributes, name: `${type}_downstream`, type, stream: "downstream", toxicity: 0.5 }]);
      }
    },
  },
  {
    title: "the stream is read in any case and echoed as written",
    async run(context) {
      await create(context);

      const { json } = await context.request("POST", "/proxies/p/toxics", { type: "noop", stream: "UPstream" });

      assert.deepEqual(json, { attributes: {}, name: "noop_UPstream", type: "noop", stream: "UPstream", toxicity: 1 });
    },
  },
  {
    title: "toxics are listed upstream first, each stream in order of insertion, also within its proxy",
    async run(context) {
      await create(context);
      for (const [name, stream] of [
        ["d2", "downstream"],
        ["u2", "upstream"],
        ["d1", "downstream"],
        ["u1", "upstream"],
      ] as const) {
        await context.toxic("noop", {}, { name, stream });
      }

      assert.deepEqual(await toxicNames(context), ["u2", "u1", "d2", "d1"]);
      assert.deepEqual(
        (await context.client.proxy("p")).toxics.map((toxic) => toxic.name),
        ["u2", "u1", "d2", "d1"],
      );
    },
  },
  {
    title: "a toxic's name is unique over both streams",
    async run(context) {
      await create(context);
      await context.toxic("latency", {}, { name: "x", stream: "upstream" });

      await context.refused({ status: 409, error: "toxic already exists" }, "POST", "/proxies/p/toxics", { name: "x", type: "slow_close", stream: "downstream" });
    },
  },
  {
    title: "a wrong stream, an unknown type, down, and a fraction are refused",
    async run(context) {
      await create(context);
      const post = (error: string, body: unknown): Promise<void> => context.refused({ status: 400, error }, "POST", "/proxies/p/toxics", body);

      await post("stream was invalid, can be either upstream or downstream", { type: "latency", stream: "walrustream" });
      await post("invalid toxic type", { type: "lethargy" });
      await post("invalid toxic type", { type: "down" });
      await post("bad request body: json: cannot unmarshal number 1.5 into Go struct field LatencyToxic.attributes.latency of type int64", { type: "latency", attributes: { latency: 1.5 } });
      await post("bad request body: EOF", "");

      assert.deepEqual(await toxicNames(context), []);
    },
  },
  {
    title: "an update of a toxic changes attributes and toxicity only, and keeps what it does not name",
    async run(context) {
      await create(context);
      await context.toxic("latency", { latency: 100, jitter: 10 }, { name: "t" });
      for (const method of ["POST", "PATCH"]) {
        const { status, json } = await context.request(method, "/proxies/p/toxics/t", { name: "other", type: "noop", stream: "upstream", attributes: { latency: 500 }, toxicity: 0.5 });
        assert.deepEqual([status, json], [200, { attributes: { latency: 500, jitter: 10 }, name: "t", type: "latency", stream: "downstream", toxicity: 0.5 }]);
      }
      await context.client.updateToxic("p", "t", { toxicity: 0.25 });

      assert.deepEqual(await context.client.toxics("p"), [{ attributes: { latency: 500, jitter: 10 }, name: "t", type: "latency", stream: "downstream", toxicity: 0.25 }]);
    },
  },
  {
    title: "a removed toxic is gone, and a second removal says so",
    async run(context) {
      await create(context);
      await context.toxic("latency", {}, { name: "t" });

      const { status, text } = await context.request("DELETE", "/proxies/p/toxics/t");

      assert.deepEqual([status, text], [204, ""]);
      assert.deepEqual(await toxicNames(context), []);
      await context.refused({ status: 404, error: "toxic not found" }, "DELETE", "/proxies/p/toxics/t");
    },
  },
];
