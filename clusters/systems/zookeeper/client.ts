import { canonicalJson, equalJson, type Json } from "../../../harness/json.ts";
import { type Settings, textOf } from "../../../harness/options.ts";
import type { Client } from "../../../harness/client.ts";
import { type StagedSystem, stagedClient } from "../staged/client.ts";
import { zooKeeperAnswer } from "./errors.ts";
import { anyVersion, noNode, openSession, ZooKeeperError, type ZooKeeperSession } from "./session.ts";

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

  async function stored(session: ZooKeeperSession, path: string): Promise<{ readonly value: Json; readonly version: number | undefined }> {
    if (syncs) await session.sync(path);
    const found = await session.get(path);
    return { value: found === undefined ? null : (JSON.parse(found.value.toString("utf8")) as Json), version: found?.version };
  }

  const system: StagedSystem<ZooKeeperSession> = {
    name: "ZooKeeper",
    object,
    open: ({ endpoint, signal }) => openSession(endpoint, signal),
    answer: zooKeeperAnswer,
    async perform(session, access, sending) {
      if (access.kind === "add") {
        sending();
        await session.create(`${elementsPath}/${canonicalJson(access.value)}`, Buffer.alloc(0));
        return access.value;
      }
      if (access.kind === "elements") {
        if (syncs) await session.sync(elementsPath);
        return (await session.children(elementsPath)).map(Number);
      }
      const path = `/${access.key}`;
      if (access.kind === "get") return (await stored(session, path)).value;
      if (access.kind === "put") {
        sending();
        await put(session, path, bytesOf(access.value));
        return access.value;
      }
      const { value, version } = await stored(session, path);
      if (!equalJson(value, access.from)) return false;
      sending();
      if (version === undefined) await session.create(path, bytesOf(access.to));
      else await session.set(path, bytesOf(access.to), version);
      return true;
    },
  };
  return stagedClient(system);
}

/** The node below which a set's elements are; the cluster makes it. */
export const elementsPath = "/elements";

/** The first of two that create a node at once wins; the other is refused, which is final. */
async function put(session: ZooKeeperSession, path: string, value: Buffer): Promise<void> {
  try {
    await session.set(path, value, anyVersion);
  } catch (error) {
    if (!(error instanceof ZooKeeperError) || error.code !== noNode) throw error;
    await session.create(path, value);
  }
}

function bytesOf(value: Json): Buffer {
  return Buffer.from(canonicalJson(value));
}
