import { SmtpError } from './error.ts';

/** Where a mail server is, and how it is spoken to. */
export interface Route {
  readonly protocol: 'smtp' | 'lmtp';
  readonly host: string;
  readonly port: number;
  /** A unix socket, in place of host and port. */
  readonly path: string | undefined;
  readonly tls: 'implicit' | 'offered' | 'required' | 'never';
  /** For logs and errors. */
  readonly name: string;
}

const defaultPorts = { 'smtp:': 25, 'smtps:': 465, 'lmtp:': 24 } as const;

/**
 * Parses `smtp://HOST:PORT`, `smtps://HOST:PORT`, `lmtp://HOST:PORT` or `lmtp:unix:/path`; `?tls=required` or
 * `?tls=never` behind it.
 *
 * @throws SmtpError `bad-route`
 */
export function parseRoute(url: string): Route {
  const unix = /^lmtp:(?:\/\/)?unix:(.+)$/.exec(url);
  if (unix)
    return { protocol: 'lmtp', host: '', port: 0, path: unix[1]!, tls: 'never', name: `unix:${unix[1]}` };
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = parsed?.protocol as keyof typeof defaultPorts | undefined;
  if (!parsed || !scheme || !(scheme in defaultPorts) || parsed.hostname === '')
    throw new SmtpError('bad-route', `${url.slice(0, 200)} is no route such as smtp://127.0.0.1:25`);
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const port = parsed.port === '' ? defaultPorts[scheme] : Number(parsed.port);
  const wanted = parsed.searchParams.get('tls');
  const tls =
    scheme === 'smtps:' ? 'implicit' : wanted === 'required' || wanted === 'never' ? wanted : 'offered';
  return {
    protocol: scheme === 'lmtp:' ? 'lmtp' : 'smtp',
    host,
    port,
    path: undefined,
    tls,
    name: `${host}:${port}`,
  };
}
