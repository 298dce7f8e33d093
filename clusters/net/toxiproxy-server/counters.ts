/**
 * The evidence of effect: what came into a link, what left it, what a toxic did on the way.
 *
 *     received = passed + dropped + held         (bytes; held is what is inside the proxy now)
 */
export interface StreamCounters {
  receivedBytes: number;
  receivedChunks: number;
  passedBytes: number;
  passedChunks: number;
  /** Swallowed by a toxic, or lost inside when their connection closed. */
  droppedBytes: number;
  droppedChunks: number;
}

/** What one toxic did since it was added. */
export interface ToxicCounters {
  /** Connections on which its coin came up heads, each counted once per toss. */
  connections: number;
  /** Chunks (and ends of streams) that it did not simply pass on. */
  affectedChunks: number;
  affectedBytes: number;
  droppedBytes: number;
  /** Connections that it closed or reset. */
  ended: number;
}

export interface ProxyCounters {
  /** Connections taken since the proxy was created. */
  accepted: number;
  /** Of these, those whose upstream could not be reached. */
  dialFailed: number;
  readonly upstream: StreamCounters;
  readonly downstream: StreamCounters;
}

export function streamCounters(): StreamCounters {
  return { receivedBytes: 0, receivedChunks: 0, passedBytes: 0, passedChunks: 0, droppedBytes: 0, droppedChunks: 0 };
}

export function toxicCounters(): ToxicCounters {
  return { connections: 0, affectedChunks: 0, affectedBytes: 0, droppedBytes: 0, ended: 0 };
}

export function proxyCounters(): ProxyCounters {
  return { accepted: 0, dialFailed: 0, upstream: streamCounters(), downstream: streamCounters() };
}
