import { describe, expect, test } from "vitest";
import { parseCompose } from "./compose.ts";

const whole = `
services:
  app:
    build: { context: ./app, dockerfile: Dockerfile.test, args: { BASE: "debian" } }
    command: ["serve", "--port", 80]
    environment: { STORE: "db:6379", DEBUG: true }
    ports: ["127.0.0.1:8080:80", 81]
    expose: [82]
    depends_on:
      db: { condition: service_healthy }
  db:
    image: redis:7
    command: redis-server --appendonly yes
    environment: ["A=b=c"]
    expose: ["6379"]
    healthcheck: { test: redis-cli ping, interval: 1s, timeout: 500ms, retries: 5, start_period: 1m30s }
    volumes: ["data:/data"]
volumes:
  data:
`;

describe("A Compose file", () => {
  test("becomes one node a service, those first that others wait for", () => {
    expect(parseCompose(whole, "/here/compose.yaml")).toEqual([
      {
        name: "db",
        image: { from: "registry", image: "redis:7" },
        environment: { A: "b=c" },
        command: ["redis-server", "--appendonly", "yes"],
        ports: [6379],
        takesClients: false,
        after: [],
        healthcheck: { test: ["CMD-SHELL", "redis-cli ping"], intervalMs: 1000, timeoutMs: 500, startPeriodMs: 90_000, retries: 5 },
        volumes: [{ name: "data", target: "/data" }],
      },
      {
        name: "app",
        image: { from: "build", build: { context: "/here/app", dockerfile: "Dockerfile.test", args: { BASE: "debian" }, files: {} } },
        environment: { STORE: "db:6379", DEBUG: "true" },
        command: ["serve", "--port", "80"],
        ports: [80, 81, 82],
        takesClients: true,
        after: [{ name: "db", condition: "healthy" }],
        volumes: [],
      },
    ]);
  });

  test.each([
    ["a field that is not understood", "privileged: true", /line 5: "privileged" is not supported/],
    ["a folder of this machine as a volume", 'volumes: ["./data:/data"]', /line 5: only named volumes/],
    ["a volume that is not declared", 'volumes: ["data:/data"]', /line 5: volume data is not declared/],
    ["a variable", 'environment: { HOME: "${HOME}" }', /line 5: variables/],
    ["a variable without a value", "environment: [HOME]", /line 5: HOME has no value/],
    ["a service that does not exist", "depends_on: [db]", /line 5: there is no service "db"/],
    ["a port that is none", 'ports: ["53/udp"]', /line 5: a port is/],
    ["image and build at once", "build: .", /line 4: service app needs either image or build/],
    ["a command with quotes", `command: sh -c "true"`, /line 5: a command with quotes/],
    ["a circle", "depends_on: [app]", /in a circle/],
    ["a healthcheck without a test", "healthcheck: { interval: 1s }", /line 5: a healthcheck has a test/],
    ["two of one name", "image: b", /line 5: .*unique/],
  ])("%s is an error that names the line", (_what, line, expected) => {
    const ports = line.startsWith("ports") ? "" : "    ports: [80]\n";
    expect(() => parseCompose(`services:\n\n  app:\n    image: a\n    ${line}\n${ports}`, "/here/compose.yaml")).toThrow(expected);
  });

  test("all that is wrong is told at once", () => {
    expect(() => parseCompose("services:\n  a:\n    image: x\n    networks: [n]\n    expose: [1]\n    restart: always\n", "/c.yaml")).toThrow(/line 4.*networks[^]*line 6.*restart[^]*no service has `ports`/);
  });
});
