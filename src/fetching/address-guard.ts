import { BlockList, isIP } from 'node:net';

/** Networks of IPv4 that are not of the public Internet (RFC 6890 and the registry that it made). */
const specialV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Networks inside of 2000::/3 that are not, or that carry an address of IPv4 within. */
const specialV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const refused = new BlockList();
for (const [network, bits] of specialV4) refused.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of specialV6) refused.addSubnet(network, bits, 'ipv6');

/** RFC 4291 §2.4: all unicast that is routed in the Internet lies here; mapped and translated addresses do not. */
const globalV6 = new BlockList();
globalV6.addSubnet('2000::', 3, 'ipv6');

/**
 * Tells whether an IP address is one of the public Internet: not loopback, private, link-local, unique-local, multicast,
 * reserved, or an IPv4 address in the dress of IPv6.
 */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !refused.check(address, 'ipv4');
  if (version !== 6 || address.includes('%')) return false;
  return globalV6.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}
