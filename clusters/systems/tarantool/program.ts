import { createHash } from "node:crypto";
import type { DockerNode, NodePlace } from "../../docker/docker-system.ts";

export const dataFolder = "/var/lib/tarantool/data";
export const port = 3301;

export interface TarantoolProgram {
  readonly place: NodePlace;
  /** Nodes that must have a transaction before it is confirmed. */
  readonly quorum: number;
  readonly synchroTimeoutMs: number;
  readonly replicationTimeoutMs: number;
  /** Whether a replica answers reads, or refuses them. */
  readonly replicasRead: boolean;
}

/**
 * The Lua program that a node runs: its configuration, then the functions that clients call. The first node is the
 * primary for good: this version elects none. All nodes are needed to begin or to join, and none of the others to start again.
 */
export function luaProgram({ place: { node, all, runId }, quorum, synchroTimeoutMs, replicationTimeoutMs, replicasRead }: TarantoolProgram): string {
  const primary = node.id === all[0]!.id;
  return `
local fio = require('fio')
local uuids = {${all.map((other) => `${other.id} = '${instanceUuid(runId, other)}'`).join(", ")}}
local again = #fio.glob('${dataFolder}/*.snap') > 0
box.cfg{
  listen = '0.0.0.0:${port}',
  instance_uuid = uuids.${node.id},
  work_dir = '${dataFolder}',
  replication = {${all.map(({ address }) => `'${address}:${port}'`).join(", ")}},
  read_only = ${String(!primary)},
  replication_connect_quorum = again and 0 or ${all.length},
  replication_timeout = ${replicationTimeoutMs / 1000},
  replication_synchro_quorum = ${quorum},
  replication_synchro_timeout = ${synchroTimeoutMs / 1000},
}
if not box.info.ro then
  box.once('rashomon', function()
    box.schema.user.grant('guest', 'super')
    box.schema.space.create('kv', {is_sync = true}):create_index('primary', {parts = {1, 'string'}})
    box.schema.space.create('elements', {is_sync = true}):create_index('primary', {parts = {1, 'unsigned'}})
  end)
end

local function readable()
  if box.info.ro and not ${String(replicasRead)} then box.error(box.error.READONLY) end
end
local function text(key)
  local found = box.space.kv:get(key)
  if found ~= nil then return found[2] end
  return nil
end
local function store(key, value)
  if value == nil then box.space.kv:delete(key) else box.space.kv:replace{key, value} end
end
rashomon = {}
function rashomon.get(key) readable() return text(key) end
function rashomon.put(key, value) store(key, value) return true end
function rashomon.cas(key, from, to)
  readable()
  if text(key) ~= from then return false end
  store(key, to)
  return true
end
function rashomon.add(element) box.space.elements:insert{element} return true end
function rashomon.elements()
  readable()
  local all = {}
  for _, tuple in box.space.elements:pairs() do table.insert(all, tuple[1]) end
  return setmetatable(all, {__serialize = 'array'})
end
function rashomon.status()
  local following = 0
  for _, peer in pairs(box.info.replication) do
    if peer.upstream and peer.upstream.status == 'follow' then following = following + 1 end
  end
  local members = setmetatable({}, {__serialize = 'array'})
  for name, uuid in pairs(uuids) do
    if box.space._cluster.index.uuid:get(uuid) ~= nil then table.insert(members, name) end
  end
  return {ro = box.info.ro, status = box.info.status, signature = tonumber(box.info.signature), following = following, members = members, time = require('clock').time(), ready = box.space.elements ~= nil}
end
function rashomon.forget(name)
  local registered = box.space._cluster.index.uuid:get(uuids[name])
  if registered ~= nil then box.space._cluster:delete(registered[1]) end
end
`;
}

/** By which a node is registered in the space `_cluster`: chosen in place of drawn, as deployments do, so that it tells the node. */
function instanceUuid(runId: string, { id }: DockerNode): string {
  const hash = createHash("sha1").update(`${runId}/${id}`).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
