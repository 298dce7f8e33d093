// A service such as many have: instances of a web application before one store. The instance without STORE is the store.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";

const port = 8080;
const store = process.env.STORE;
/** How long an instance trusts what it read last. This is the bug: another instance may have written since. */
const cacheMs = Number(process.env.CACHE_MS ?? 0);
const file = "/var/tmp/value.json";

let value = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
let cached = { value: null, until: 0 };

createServer(async (request, response) => {
  try {
    const body = await readAll(request);
    const [status, answer] = request.url === "/health" ? [200, "healthy"] : store === undefined ? keep(request, body) : await pass(request, body);
    response.writeHead(status).end(answer);
  } catch (error) {
    response.writeHead(503).end(String(error));
  }
}).listen(port, () => console.log(store === undefined ? `keeps ${value}` : `asks ${store}`));

/** The store: a write is on disk before it is answered. */
function keep({ method }, body) {
  if (method === "GET") return [200, JSON.stringify(value)];
  const { from, to } = method === "PATCH" ? JSON.parse(body) : { from: value, to: JSON.parse(body) };
  if (from !== value) return [409, "it is another one"];
  const out = openSync(file, "w");
  writeSync(out, JSON.stringify(to));
  fsyncSync(out);
  closeSync(out);
  value = to;
  return [200, JSON.stringify(value)];
}

/** An instance of the application: asks the store, and remembers. */
async function pass({ method }, body) {
  if (method === "GET" && cached.until > performance.now()) return [200, cached.value];
  const reply = await fetch(`http://${store}/register`, { method, signal: AbortSignal.timeout(800), ...(method === "GET" ? {} : { body }) });
  const text = await reply.text();
  if (reply.ok) cached = { value: text, until: performance.now() + cacheMs };
  return [reply.status, text];
}

async function readAll(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
