import assert from "node:assert/strict";
import { test } from "node:test";
import { createAddressGuard } from "./address-guard.ts";

test("public addresses are open, everything that leads inwards is not", () => {
  const mayConnect = createAddressGuard();
  const open = [
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
  ];
  const closed = [
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254"],
    ...["172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.2.1", "198.18.0.1", "224.0.0.1"],
    ...["255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"],
    ...["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "localhost", ""],
  ];
  for (const address of open) assert.equal(mayConnect(address), true, address);
  for (const address of closed) assert.equal(mayConnect(address), false, address);
});
