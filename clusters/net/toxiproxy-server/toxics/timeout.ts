import { type Action, type Behaviour, DROP, PASS, type ToxicKind } from "../behaviour.ts";

/**
 * Drops every byte. With `timeout` > 0 the connection closes after so many ms of *silence* (each chunk starts the
 * time anew, as in Toxiproxy); with 0 only when the toxic is removed: a TCP stream with a hole in it must die.
 */
export const timeout: ToxicKind = {
  type: "timeout",
  struct: "TimeoutToxic",
  integer: "int64",
  attributes: ["timeout"],
  queueTokensMax: 0,
  seversAtRemoval: true,
  behave({ timeout: timeoutMs = 0 }): Behaviour {
    const next = (held: { readonly end: string }): Action => (held.end === "no" ? DROP : PASS);
    return timeoutMs > 0 ? { next, silenceMs: timeoutMs } : { next };
  },
};
