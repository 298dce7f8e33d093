import { canonicalJson, equalJson, type Json } from "../../../harness/json.ts";
import { type Settings, textOf } from "../../../harness/options.ts";
import type { Client } from "../../../harness/client.ts";
import type { Access } from "../staged/access.ts";
import { type StagedSystem, stagedClient } from "../staged/client.ts";
import { zooKeeperAnswer } from "./errors.ts";
import { anyVersion, noNode, openSession, type Stored, ZooKeeperError, type ZooKeeperSession } from "./session.ts";

/**
 * Client of one ZooKeeper server. A key is a node under the root whose value is a JSON text; a node that is not there,
 * or holds null, is null. Nodes are never removed, so that a version is never given twice.
 *
 *     get                 → getData                                       ok value
 *     put                 → setData, or create when there is no node       ok
 *     compare-and-set     → getData, then setData of the version seen      ok true, or ok false when the value was another;
 *                                                                          fail when the version was another by then
 *     add                 → create of a node below `/elements`             ok
 *     elements            → getChildren of `/elements`                     ok names as numbers
 *
 * With `reads=sync` every read comes after a sync, which is asked of the leader and does not go through a quorum.
 */
export function zooKeeperClient(settings: Settings, object: string): Client {
  const syncs = textOf(settings, "reads") === "sync";
  const looked = (session: ZooKeeperSession, path: string): Promise<Stored | undefined> => (syncs ? session.sync(path).then(() => session.get(path)) : session.get(path));

  const system: StagedSystem<ZooKeeperSession> = {
    name: "ZooKeeper",
    object,
    open: ({ endpoint, signal }) => openSession(endpoint, signal),
    answer: zooKeeperAnswer,
    perform(session, access, sending) {
      switch (access.kind) {
        case "get":
          return looked(session, pathOf(access)).then(valueOf);
        case "put":
          sending();
          return put(session, pathOf(access), access.value);
        case "compare-and-set":
          return compareAndSet(session, access, sending);
        case "add":
          sending();
          return session.create(`${elementsPath}/${canonicalJson(access.value)}`, Buffer.alloc(0)).then(() => access.value);
        case "elements":
          return elements(session);
      }
    },
  };
  return stagedClient(system);

  async function compareAndSet(session: ZooKeeperSession, access: Extract<Access, { kind: "compare-and-set" }>, sending: () => void): Promise<boolean> {
    const path = pathOf(access);
    const found = await looked(session, path);
    if (!equalJson(valueOf(found), access.from)) return false;
    sending();
    if (found === undefined) await session.create(path, bytesOf(access.to));
    else await session.set(path, bytesOf(access.to), found.version);
    return true;
  }

  async function elements(session: ZooKeeperSession): Promise<number[]> {
    if (syncs) await session.sync(elementsPath);
    return (await session.children(elementsPath)).map(Number);
  }
}

/** The node below which a set's elements are; the cluster makes it. */
export const elementsPath = "/elements";

function pathOf({ key }: { readonly key: string }): string {
  return `/${key}`;
}

function valueOf(found: Stored | undefined): Json {
  return found === undefined ? null : (JSON.parse(found.value.toString("utf8")) as Json);
}

/** The first of two that create a node at once wins; the other is refused, which is final. */
function put(session: ZooKeeperSession, path: string, value: Json): Promise<Json> {
  const bytes = bytesOf(value);
  return session.set(path, bytes, anyVersion).then(
    () => value,
    async (error: unknown) => {
      if (!(error instanceof ZooKeeperError) || error.code !== noNode) throw error;
      await session.create(path, bytes);
      return value;
    },
  );
}

function bytesOf(value: Json): Buffer {
  return Buffer.from(canonicalJson(value));
}
