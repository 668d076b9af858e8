/** An IP address as a number, with its width in bits. */
interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** A range of addresses, both ends included. */
interface IpRange {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
}

/** Tells whether an address of a client lies in a network. */
export type Network = (address: string) => boolean;

/**
 * Reads a network: `10.0.0.0/8`, `2001:db8::/32`, `10.0.0.0/255.0.0.0`, `10.0.0.0:255.0.0.0`, `10.0.0.1-10.0.0.9`, one
 * address, `default` or `any`.
 *
 * @returns `undefined` for what is no network
 */
export function parseNetwork(text: string): Network | undefined {
  const trimmed = text.trim();
  if (trimmed === 'default' || trimmed === 'any') return (address) => parseIp(address) !== undefined;
  const range = parseRange(trimmed);
  if (!range) return undefined;
  return (address) => {
    const ip = parseIp(address);
    return ip !== undefined && ip.bits === range.bits && ip.value >= range.first && ip.value <= range.last;
  };
}

function parseRange(text: string): IpRange | undefined {
  const dash = text.indexOf('-');
  if (dash !== -1) {
    const first = parseIp(text.slice(0, dash));
    const last = parseIp(text.slice(dash + 1));
    if (!first || !last || first.bits !== last.bits || first.value > last.value) return undefined;
    return { bits: first.bits, first: first.value, last: last.value };
  }
  const oldForm = /^([\d.]+):([\d.]+)$/.exec(text);
  const [base, mask] = oldForm ? [oldForm[1]!, oldForm[2]!] : splitOnce(text, '/');
  const ip = parseIp(base);
  if (!ip) return undefined;
  const prefix = mask === undefined ? ip.bits : parsePrefix(mask, ip.bits);
  if (prefix === undefined) return undefined;
  const size = 1n << BigInt(ip.bits - prefix);
  const first = (ip.value / size) * size;
  return { bits: ip.bits, first, last: first + size - 1n };
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

function parsePrefix(mask: string, bits: 32 | 128): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= bits ? Number(mask) : undefined;
  const dotted = bits === 32 ? parseIp4(mask) : undefined;
  if (dotted === undefined) return undefined;
  const binary = dotted.toString(2).padStart(32, '0');
  const match = /^(1*)0*$/.exec(binary);
  return match ? match[1]!.length : undefined;
}

function parseIp(text: string): IpAddress | undefined {
  const trimmed = text.trim();
  const ip4 = parseIp4(trimmed);
  if (ip4 !== undefined) return { bits: 32, value: ip4 };
  const ip6 = parseIp6(trimmed);
  if (ip6 === undefined) return undefined;
  // RFC 4291 §2.5.5.2: an IPv4 client on an IPv6 socket is an IPv4 client.
  return ip6 >> 32n === 0xffffn ? { bits: 32, value: ip6 & 0xffffffffn } : { bits: 128, value: ip6 };
}

function parseIp4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n);
}

/** RFC 4291 §2.2, all three forms. */
function parseIp6(text: string): bigint | undefined {
  if (text.length > 45 || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...(tail ?? [])];
  return groups.reduce((value, group) => value * 0x10000n + group, 0n);
}

function groupsOf(text: string): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    const ip4 = index === parts.length - 1 ? parseIp4(part) : undefined;
    if (ip4 !== undefined) groups.push(ip4 >> 16n, ip4 & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
