import { BlockList, isIP } from "node:net";

/**
 * Networks that a source on the web has no business in: this machine, private networks, link-local addresses (cloud
 * metadata services among them), shared, test, multicast and reserved ranges. IANA's special-purpose registries.
 */
const BLOCKED_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const;

/** Only global unicast is open, less the ranges in it that lead elsewhere. */
const OPEN_IPV6 = "2000::/3";
const BLOCKED_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const;

export type AddressGuard = (address: string) => boolean;

/** A function that says whether an IP address is public. IPv4 inside IPv6 is judged as IPv4. */
export function createAddressGuard(): AddressGuard {
  const blocked = new BlockList();
  const open = new BlockList();
  for (const range of BLOCKED_IPV4) addRange(blocked, range, "ipv4");
  for (const range of BLOCKED_IPV6) addRange(blocked, range, "ipv6");
  addRange(open, OPEN_IPV6, "ipv6");
  return (address) => {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
    if (mapped !== undefined) return !blocked.check(mapped, "ipv4");
    switch (isIP(address)) {
      case 4:
        return !blocked.check(address, "ipv4");
      case 6:
        return open.check(address, "ipv6") && !blocked.check(address, "ipv6");
      default:
        return false;
    }
  };
}

function addRange(list: BlockList, range: string, family: "ipv4" | "ipv6"): void {
  const [address, prefix] = range.split("/");
  list.addSubnet(address!, Number(prefix), family);
}
