/** Ends the Docker engine that `start-docker.ts` started, and no other: pid and start time must agree. */
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSame, signalIfSame } from "../harness/process-identity.ts";
import { until } from "../harness/time.ts";

const noteFile = join(tmpdir(), "rashomon-dockerd.json");

function readNote(): { readonly pid: number; readonly startTicks: number } | undefined {
  try {
    const note: { pid?: unknown; startTicks?: unknown } = JSON.parse(readFileSync(noteFile, "utf8"));
    return typeof note.pid === "number" && typeof note.startTicks === "number" ? { pid: note.pid, startTicks: note.startTicks } : undefined;
  } catch {
    return undefined;
  }
}

const note = readNote();
if (note === undefined || signalIfSame(note.pid, note.startTicks, "SIGTERM") === "gone") console.error("docker: no engine was started here, or it has ended");
else {
  await until(`end of dockerd (pid ${note.pid})`, () => !isSame(note.pid, note.startTicks), { deadlineMs: 60_000, everyMs: 100 });
  console.error(`docker: dockerd (pid ${note.pid}) has ended`);
}
rmSync(noteFile, { force: true });
