import type { DirectoryServer } from './ldap-client.ts';

const form = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_.-]{1,255}))(?::(\d{1,5}))?$/;

/** Reads `HOST` or `HOST:PORT`, an IPv6 address in brackets; `undefined` for anything else, a URL too. */
export function parseServerAddress(text: string): DirectoryServer | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  const host = match[1] ?? match[2]!;
  if (match[3] === undefined) return { host };
  const port = Number(match[3]);
  return port < 1 || port > 65_535 ? undefined : { host, port };
}
