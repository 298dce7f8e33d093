import { createServer } from "node:net";
import { HarnessError } from "../../harness/errors.ts";
import { deadlineSignal, within } from "../../harness/time.ts";
import { clocksSupported } from "../clock/process-clock.ts";
import { goVersion } from "../net/go-program.ts";
import { debian11, debian12, debian13, officialDebian, presentDebian } from "./debian.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { imageLabel } from "./image.ts";
import { runLabels } from "./labels.ts";
import { officialToxiproxy, presentToxiproxy } from "./pod-image.ts";
import { findProgram } from "./program.ts";

/**
 * What a machine needs, looked at without changing it: each finding says what was seen and, where something is
 * missing, how to get it. What is only good to have is `ok` even when it is missing, and says so.
 */
export interface Finding {
  readonly name: string;
  /** False: something that a run needs is missing. */
  readonly ok: boolean;
  readonly detail: string;
  readonly nextStep?: string;
}

/** The oldest Node that runs the package. */
const nodeOldest = [22, 18] as const;
/** How long a registry may take to say whether it has an image. */
const registryMsMax = 15_000;

/** All findings, in the order in which a run needs them. Never throws; takes a second or two, 15 s more where a registry hangs. */
export async function doctor(): Promise<Finding[]> {
  const { engine: reached, refusal } = await connectEngine().then(
    (engine) => ({ engine, refusal: undefined }),
    (refusal: unknown) => ({ engine: undefined, refusal }),
  );
  return [
    nodeFinding(),
    await loopbackFinding(),
    engineFinding(reached, refusal),
    programFinding("docker", "the command line with which `rashomon heal` undoes what a killed run left in the engine"),
    ...(reached === undefined ? [] : [await debianFinding(reached), await otherDebiansFinding(reached), await toxiproxyFinding(reached), ...(await privilegeFindings(reached))]),
    clocksFinding(reached),
    optional("mmdebstrap", findProgram("mmdebstrap"), "bootstraps the base image where no registry answers: apt-get install mmdebstrap"),
    optional("Go", await goVersion(deadlineSignal(registryMsMax)), "builds Toxiproxy where its image cannot be pulled: install Go 1.23 or later"),
    optional("Chromium", ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => findProgram(name) ?? [])[0], "opens reports in the browser tests only: install Chromium"),
  ];
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > nodeOldest[0] || (major === nodeOldest[0] && minor >= nodeOldest[1]);
  const detail = `Node ${process.versions.node}; ${nodeOldest.join(".")} or later is needed`;
  return ok ? { name: "Node", ok, detail } : { name: "Node", ok, detail, nextStep: "install a newer Node, or run through npx, which brings its own" };
}

function clocksFinding(engine: Engine | undefined): Finding {
  const [name, use] = ["clock faults", "clocks of processes are skewed on x86-64 Linux only: leave out clock-jump, clock-strobe and clock-drift"];
  if (!clocksSupported()) return optional(name, undefined, use);
  return optional(name, engine === undefined || engine.architecture === "amd64" ? "this kernel's vDSO has room for the stub" : undefined, use);
}

async function loopbackFinding(): Promise<Finding> {
  const wanted = 16;
  const servers = Array.from({ length: wanted }, () => createServer());
  try {
    await Promise.all(servers.map((server) => new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve))));
    return { name: "loopback ports", ok: true, detail: `${wanted} free ports could be had at once` };
  } catch (error) {
    return { name: "loopback ports", ok: false, detail: textOf(error), nextStep: "see what listens on 127.0.0.1 and how wide the range of ephemeral ports is" };
  } finally {
    for (const server of servers) server.close();
  }
}

function engineFinding(engine: Engine | undefined, refusal: unknown): Finding {
  if (engine !== undefined) return { name: "Docker engine", ok: true, detail: `${engine.version} at ${engine.address}, kernel ${engine.kernel}, ${engine.architecture}` };
  const nextStep = refusal instanceof HarnessError ? refusal.nextStep : "start Docker";
  return { name: "Docker engine", ok: false, detail: textOf(refusal), nextStep };
}

function programFinding(name: string, use: string): Finding {
  const path = findProgram(name);
  return path === undefined ? { name, ok: false, detail: `not on PATH: ${use}`, nextStep: `install ${name}` } : { name, ok: true, detail: path };
}

function optional(name: string, seen: string | undefined, use: string): Finding {
  return seen === undefined ? { name, ok: true, detail: "missing, optional", nextStep: use } : { name, ok: true, detail: seen };
}

async function debianFinding(engine: Engine): Promise<Finding> {
  const name = "base image";
  const present = await presentDebian(engine, debian12);
  if (present !== undefined) return { name, ok: true, detail: `${present} is there` };
  const official = officialDebian(debian12);
  const refusal = await registryRefusal(engine, official);
  if (refusal === undefined) return { name, ok: true, detail: `${official} can be pulled` };
  if (findProgram("mmdebstrap") !== undefined) return { name, ok: true, detail: "no registry answers; mmdebstrap will bootstrap it at the first run" };
  return { name, ok: false, detail: `${official} cannot be pulled: ${refusal}`, nextStep: "install mmdebstrap (apt-get install mmdebstrap), or load the image with `docker load`" };
}

async function otherDebiansFinding(engine: Engine): Promise<Finding> {
  const present = await Promise.all([debian11, debian13].map((release) => presentDebian(engine, release)));
  return optional("other Debian releases", present.filter((name) => name !== undefined).join(", ") || undefined, "other versions of databases stand on them (--set version=): fetched as the base image is, when one is asked for");
}

async function toxiproxyFinding(engine: Engine): Promise<Finding> {
  const name = "Toxiproxy";
  const present = await presentToxiproxy(engine);
  if (present !== undefined) return { name, ok: true, detail: `${present} is there` };
  const refusal = await registryRefusal(engine, officialToxiproxy());
  if (refusal === undefined) return { name, ok: true, detail: `${officialToxiproxy()} can be pulled` };
  if ((await goVersion(deadlineSignal(registryMsMax))) !== undefined) return { name, ok: true, detail: "its image cannot be pulled; Go will build it at the first run" };
  return {
    name,
    ok: false,
    detail: `${officialToxiproxy()} cannot be pulled: ${refusal}`,
    nextStep: "install Go 1.23 or later, load the image with `docker load`, or name another one in RASHOMON_TOXIPROXY_IMAGE",
  };
}

/** Why the image's registry does not give it; undefined when it would. Asks for the image's description only. */
async function registryRefusal(engine: Engine, reference: string): Promise<string | undefined> {
  try {
    await within(registryMsMax, `the registry's answer about ${reference}`, engine.api.getImage(reference).distribution());
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}

/** Tries, in a container of its own without a network, what faults need: iptables with NET_ADMIN, and tc's netem. */
async function privilegeFindings(engine: Engine): Promise<Finding[]> {
  const names = { iptables: "NET_ADMIN and iptables", netem: "tc netem" } as const;
  const images = await engine.api.listImages({ filters: { label: [`${imageLabel}=base`] } });
  const image = images[0]?.Id; // Its name may have gone to a newer image.
  if (image === undefined) {
    const detail = "not tried: the image for it is made at the first run";
    return [names.iptables, names.netem].map((name) => ({ name, ok: true, detail, nextStep: "run `rashomon doctor` again after the first run" }));
  }
  const said = await runOnce(engine, image, "iptables -w -S >/dev/null && echo has-iptables; tc qdisc replace dev lo root netem delay 1ms && echo has-netem").catch(textOf);
  return [
    said.includes("has-iptables")
      ? { name: names.iptables, ok: true, detail: "iptables works in a container of its own" }
      : { name: names.iptables, ok: false, detail: said.trim(), nextStep: "allow containers the capability NET_ADMIN (rootless engines may not), and load the kernel's nf_tables" },
    said.includes("has-netem")
      ? { name: names.netem, ok: true, detail: "the kernel has it" }
      : { name: names.netem, ok: true, detail: "missing, optional: only packet loss, reordering and the like need it", nextStep: "load the kernel module sch_netem" },
  ];
}

async function runOnce(engine: Engine, image: string, script: string): Promise<string> {
  const container = await engine.api.createContainer({
    Image: image,
    Cmd: ["sh", "-c", script],
    Labels: runLabels(`doctor-${process.pid}`),
    HostConfig: { NetworkMode: "none", CapAdd: ["NET_ADMIN"] },
  });
  try {
    await container.start();
    await within(30_000, "the doctor's container", container.wait());
    return (await container.logs({ follow: false, stdout: true, stderr: true })).toString("latin1").replaceAll(/[^\x20-\x7e\n]/g, "");
  } finally {
    await container.remove({ force: true, v: true });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
