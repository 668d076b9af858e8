/** Where a listener waits for connections. Port 0 picks a free one. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * Reads `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`.
 *
 * @returns `undefined` for anything else
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' ? undefined : { kind: 'unix', path };
  }
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[([0-9a-fA-F:.]+)\]$/, '$1');
  const digits = text.slice(colon + 1);
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 65_536;
  const bracketed = text.startsWith('[');
  if (colon <= 0 || port > 65_535 || (host.includes(':') && !bracketed)) return undefined;
  return /^[A-Za-z0-9_.:-]{1,255}$/.test(host) ? { kind: 'tcp', host, port } : undefined;
}

/** Writes a listener's address as `parseListenAddress` reads it. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
