import assert from "node:assert/strict";
import { type ICreateToxicBody, type Latency, Toxiproxy } from "toxiproxy-node-client";
import { listens } from "../testing/peers.ts";
import type { ConformanceCase } from "./case.ts";

const UPSTREAM = "127.0.0.1:1";
const spec = { name: "p", listen: "localhost:0", upstream: UPSTREAM };
const latency: ICreateToxicBody<Latency> = { name: "t", type: "latency", stream: "upstream", toxicity: 1, attributes: { latency: 1000, jitter: 100 } };

/** Every operation of the npm package `toxiproxy-node-client`, as it comes, without our wrapper. */
export const clientCases: readonly ConformanceCase[] = [
  {
    title: "node client: creates, gets, lists and removes a proxy",
    async run({ url }) {
      const toxiproxy = new Toxiproxy(url);

      const created = await toxiproxy.createProxy(spec);
      const got = await toxiproxy.get("p");
      const all = await toxiproxy.getAll();

      assert.deepEqual(got.toJson(), created.toJson());
      assert.deepEqual(Object.keys(all), ["p"]);
      assert.ok(await listens(created.listen));
      await got.remove();
      await assert.rejects(toxiproxy.get("p"), /status code 404/);
      assert.equal(await listens(created.listen), false);
    },
  },
  {
    title: "node client: updates a proxy, disabled and enabled",
    async run({ url }) {
      const proxy = await new Toxiproxy(url).createProxy(spec);

      const off = await proxy.update({ enabled: false, listen: proxy.listen, upstream: UPSTREAM });
      assert.equal(off.enabled, false);
      assert.equal(await listens(proxy.listen), false);

      const on = await off.update({ enabled: true, listen: proxy.listen, upstream: UPSTREAM });
      assert.equal(on.enabled, true);
      assert.ok(await listens(proxy.listen));
    },
  },
  {
    title: "node client: populates and resets",
    async run({ url }) {
      const toxiproxy = new Toxiproxy(url);

      const proxies = await toxiproxy.populate([spec, { ...spec, name: "q", enabled: false }]);

      assert.deepEqual(Object.keys(proxies).sort(), ["p", "q"]);
      await proxies["p"]!.addToxic(latency);
      await toxiproxy.reset();
      assert.equal((await toxiproxy.get("q")).enabled, true);
      await assert.rejects(proxies["p"]!.getToxic("t"), /status code 404/);
    },
  },
  {
    title: "node client: adds, gets, updates and removes a toxic",
    async run({ url }) {
      const proxy = await new Toxiproxy(url).createProxy(spec);

      const toxic = await proxy.addToxic(latency);
      assert.deepEqual(toxic.toJson(), latency);
      assert.deepEqual((await proxy.getToxic("t")).toJson(), latency);

      const slower = await toxic.update({ ...latency, attributes: { latency: 2000, jitter: 200 } });
      assert.deepEqual(slower.attributes, { latency: 2000, jitter: 200 });
      await slower.remove();
      await assert.rejects(proxy.getToxic("t"), /status code 404/);
    },
  },
  {
    title: "node client: accepts each type of toxic it knows but down",
    async run({ url }) {
      const proxy = await new Toxiproxy(url).createProxy(spec);
      const rows = [
        ["latency", { latency: 1, jitter: 1 }],
        ["bandwidth", { rate: 1 }],
        ["slow_close", { delay: 1 }],
        ["timeout", { timeout: 1 }],
        ["slicer", { average_size: 1, size_variation: 1, delay: 1 }],
        ["limit_data", { bytes: 1 }],
        ["reset_peer", { timeout: 1 }],
      ] as const;
      for (const [type, attributes] of rows) {
        const toxic = await proxy.addToxic({ name: type, type, stream: "downstream", toxicity: 1, attributes });
        assert.deepEqual(toxic.attributes, attributes);
      }
      await assert.rejects(proxy.addToxic({ name: "down", type: "down", stream: "downstream", toxicity: 1, attributes: {} }), /status code 400/);
    },
  },
  {
    title: "node client: conflicts and missing fields reject",
    async run({ url }) {
      const toxiproxy = new Toxiproxy(url);
      const proxy = await toxiproxy.createProxy(spec);
      await proxy.addToxic(latency);

      await assert.rejects(toxiproxy.createProxy(spec), /status code 409/);
      await assert.rejects(proxy.addToxic(latency), /status code 409/);
      await assert.rejects(toxiproxy.createProxy({ ...spec, name: "" }), /status code 400/);
    },
  },
  {
    title: "node client: reads the version",
    async run({ url }) {
      assert.equal(await new Toxiproxy(url).getVersion(), '{"version": "git"}\n');
    },
  },
];
