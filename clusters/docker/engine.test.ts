import { describe, expect, it } from "vitest";
import { connectEngine, engineAddress } from "./engine.ts";
import { blockOf } from "./network.ts";
import { ownerAlive, ownerLabel, runLabels } from "./labels.ts";

describe("the engine's address", () => {
  it.each([
    ["unix:///run/other.sock", "unix:///run/other.sock"],
    ["tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"],
    ["localhost:2375", "tcp://localhost:2375"],
    ["tcp://[::1]:2375", "tcp://[::1]:2375"],
  ])("DOCKER_HOST %s is taken", (told, address) => {
    expect(engineAddress({ DOCKER_HOST: told })).toBe(address);
  });

  it.each(["tcp://10.0.0.7:2375", "ssh://root@127.0.0.1", "tcp://127.0.0.1.example.org:2375", "other:2375"])("DOCKER_HOST %s is refused: faults stay on this machine", (told) => {
    expect(() => engineAddress({ DOCKER_HOST: told })).toThrow(expect.objectContaining({ code: "OUTSIDE_TRAFFIC" }));
  });

  it("an engine that does not answer is ENGINE_MISSING with the next step", async () => {
    const before = process.env["DOCKER_HOST"];
    process.env["DOCKER_HOST"] = "unix:///nonexistent/docker.sock";
    try {
      await expect(connectEngine()).rejects.toMatchObject({ code: "ENGINE_MISSING", nextStep: expect.stringContaining("start Docker") });
    } finally {
      if (before === undefined) delete process.env["DOCKER_HOST"];
      else process.env["DOCKER_HOST"] = before;
    }
  });
});

describe("a subnet", () => {
  it.each([
    ["10.213.7.0/24", 0x0ad50700, 0x0ad507ff],
    ["172.17.0.1/16", 0xac110000, 0xac11ffff],
    ["127.0.0.1/8", 0x7f000000, 0x7fffffff],
    ["10.0.0.1/32", 0x0a000001, 0x0a000001],
  ])("%s is the range of addresses that it stands for", (cidr, first, last) => {
    expect(blockOf(cidr)).toEqual({ first, last });
  });

  it("of IPv6 is none of ours", () => {
    expect(blockOf("fe80::1/64")).toBeUndefined();
  });
});

describe("the owner of a run", () => {
  it("is alive while this process is", () => {
    expect(ownerAlive(runLabels("a")[ownerLabel])).toBe(true);
  });

  it.each([undefined, "", "1/2", `${process.pid}/1/${"elsewhere"}`])("%s is nobody alive here", (owner) => {
    expect(ownerAlive(owner)).toBe(false);
  });

  it("with our pid but another start time is a dead one whose pid was reused", () => {
    const [pid, , host] = runLabels("a")[ownerLabel]!.split("/");

    expect(ownerAlive(`${pid}/1/${host}`)).toBe(false);
  });
});
