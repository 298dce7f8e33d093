import { createClient } from "@redis/client";
import type { BareDriver } from "../bare-driver.ts";

/** Node-redis without reconnecting. A read comes with the node's role, in one transaction, as the client asks it. */
export const bareRedis: BareDriver = async ({ host, port }) => {
  const driver = createClient({
    socket: { host, port, reconnectStrategy: false, noDelay: true },
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    // Without the driver's own timer for each command, as in our client: with it a command costs half as much again.
    commandOptions: { timeout: 0 },
  });
  // Without a listener the loss of an idle connection would end this process.
  driver.on("error", () => {});
  await driver.connect();
  return {
    get: (key) => driver.multi().addCommand(["ROLE"]).addCommand(["GET", key]).execTyped(),
    put: (key, value) => driver.sendCommand(["SET", key, String(value)]),
    close: () => driver.destroy(),
  };
};
