/**
 * Makes a Docker engine answer: does nothing when one does, else (as root on Debian) installs and starts it. What it
 * started it writes down, so that `stop-docker.ts` ends exactly that. Elsewhere it says what to do instead.
 */
import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { dockerAnswers, engineAddress } from "../clusters/docker/engine.ts";
import { findProgram } from "../clusters/docker/program.ts";
import { isSame, startTicks } from "../harness/process-identity.ts";
import { monotonicMs, sleep } from "../harness/time.ts";

$.verbose = false;
const noteFile = join(tmpdir(), "rashomon-dockerd.json");
const logFile = join(tmpdir(), "rashomon-dockerd.log");
const packages = ["docker.io", "iptables", "mmdebstrap", "ca-certificates"];
const installMsMax = 600_000;
const answerMsMax = 90_000;

function say(line: string): void {
  console.error(`docker: ${line}`);
}

function giveUp(what: string, next: string): never {
  console.error(`docker: ${what}\n  next: ${next}`);
  process.exit(4);
}

async function answersWithin(ms: number, alive: () => boolean = () => true): Promise<boolean> {
  const end = monotonicMs() + ms;
  while (monotonicMs() < end && alive()) {
    if (await dockerAnswers()) return true;
    await sleep(250);
  }
  return await dockerAnswers();
}

async function install(): Promise<void> {
  say(`installing ${packages.join(", ")}`);
  const run = $({ env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, timeout: installMsMax, nothrow: true });
  for (const argv of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const result = await run`apt-get -q ${argv}`;
    if (result.exitCode !== 0) giveUp(`apt-get ${argv[0]} ended with ${result.exitCode}:\n${(result.stderr || result.stdout).trim().split("\n").slice(-8).join("\n")}`, "make the Debian mirror reachable, or install Docker by hand");
  }
  // Later Debian releases have the command line in a package of its own.
  if (findProgram("docker") === undefined) await run`apt-get -q install -y --no-install-recommends docker-cli`;
}

/** The engine that was started here before and still runs, though it does not answer where we ask. */
function earlierEngine(): number | undefined {
  try {
    const note: { pid?: unknown; startTicks?: unknown } = JSON.parse(readFileSync(noteFile, "utf8"));
    return typeof note.pid === "number" && typeof note.startTicks === "number" && isSame(note.pid, note.startTicks) ? note.pid : undefined;
  } catch {
    return undefined;
  }
}

function startEngine(): { alive(): boolean } {
  const earlier = earlierEngine();
  if (earlier !== undefined) giveUp(`dockerd (pid ${earlier}), started here before, runs but does not answer at ${engineAddress()}`, `unset DOCKER_HOST, or end it with scripts/stop-docker.ts and read ${logFile}`);
  const dockerd = findProgram("dockerd") ?? giveUp("dockerd is not on PATH though its package is installed", "look at `dpkg -L docker.io`");
  const log = openSync(logFile, "a");
  const child = spawn(dockerd, [], { detached: true, stdio: ["ignore", log, log], cwd: "/" });
  const pid = child.pid ?? giveUp(`${dockerd} could not be started`, "start it by hand to see why");
  let ended = false;
  child.once("exit", () => (ended = true));
  child.unref();
  writeFileSync(noteFile, JSON.stringify({ pid, startTicks: startTicks(pid) ?? 0 }));
  say(`dockerd started (pid ${pid}, log ${logFile})`);
  return { alive: () => !ended };
}

const began = monotonicMs();
if (await dockerAnswers()) {
  say(`an engine answers at ${engineAddress()}`);
  process.exit(0);
}
if (process.platform !== "linux") giveUp(`no engine answers at ${engineAddress()}`, "start Docker Desktop");
if (process.getuid?.() !== 0) giveUp(`no engine answers at ${engineAddress()}, and only root can start one`, "start Docker (systemctl start docker), or run this as root");
const missing = ["dockerd", "docker", "iptables", "mmdebstrap"].filter((name) => findProgram(name) === undefined);
if (missing.length > 0) {
  if (findProgram("apt-get") === undefined) giveUp(`${missing.join(", ")} missing, and this is no Debian`, "install and start Docker by this system's own means");
  say(`${missing.join(", ")} missing`);
  await install();
}
// Where there is an init system the package has started the engine by itself.
if (!(await answersWithin(missing.length > 0 ? 5_000 : 0))) {
  const engine = startEngine();
  if (!(await answersWithin(answerMsMax, engine.alive))) {
    const tail = existsSync(logFile) ? readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-12).join("\n") : "";
    giveUp(`dockerd ${engine.alive() ? `does not answer after ${answerMsMax} ms` : "ended"}:\n${tail}`, `read ${logFile}; cgroups and iptables must be usable here`);
  }
}
say(`an engine answers at ${engineAddress()} after ${((monotonicMs() - began) / 1000).toFixed(1)} s`);
process.exit(0);
