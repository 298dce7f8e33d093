import type { SystemDefinition } from "../../../harness/actor.ts";
import { register } from "../../../harness/objects/register.ts";
import { numberOf } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts, writeThenRead } from "../bounds.ts";
import { primaryBackupActor } from "./primary-backup.ts";

function definition(about: SystemParts["about"], answersEarly: boolean): SystemDefinition {
  return defineSystem({
    about,
    defaults: { servers: 2, timers: 1 },
    // A repeated request would be a second write.
    without: ["duplicates"],
    options: [
      { name: "suspectMs", kind: "integer", unit: "ms", default: 300, min: 1, reason: "well above two loopback round trips, well below a client's deadline" },
    ],
    spec: register(null),
    actor(settings) {
      const suspect = numberOf(settings, "suspectMs");
      return plainActor(primaryBackupActor({ kind: about.name, answersEarly, suspectMs: [suspect, suspect * 2] }));
    },
    scripts: writeThenRead,
  });
}

/** Fails over without a vote. */
export const primaryBackup: SystemDefinition = definition(
  { name: "primary-backup", summary: "a register whose primary answers when all backups hold the result; a backup takes over by itself", role: "product" },
  false,
);

/** Answers too soon. */
export const primaryBackupEarlyAnswer: SystemDefinition = definition(
  {
    name: "primary-backup-early-answer",
    summary: "primary-backup that answers before the backups hold the result",
    role: "twin",
    twinOf: "primary-backup",
    bug: "a backup that takes over has not seen what a client was told is done",
  },
  true,
);
