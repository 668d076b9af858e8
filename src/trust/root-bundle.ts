import { rootCertificates } from 'node:tls';
import { readFileIfThere } from '../files.ts';
import { anchorPem } from './anchor-files.ts';
import { TrustError } from './error.ts';
import { readTrustFile } from './read-trust-file.ts';

/** Where Debian and its relatives keep the public roots. */
const platformFile = '/etc/ssl/certs/ca-certificates.crt';
const maxBundleBytes = 64 << 20;

/** Public roots of the platform as one file. */
export interface RootBundle {
  /** PEM, with origin and date in a comment at its head. */
  readonly text: string;
  readonly count: number;
  readonly origin: string;
}

/**
 * Makes a bundle of public roots: of the platform, or where it has none those that came with the runtime. It counts only
 * where an operator names it as `cafile`.
 *
 * @param from another file to take them from
 * @throws TrustError `trust-file-unreadable` when there are none in it
 */
export async function makeRootBundle(from: string | undefined, nowMs: number): Promise<RootBundle> {
  const { bytes, origin } = await readRoots(from);
  const roots = new Map(readTrustFile(bytes).trustAnchors.map((root) => [root.sha256, root]));
  if (roots.size === 0) throw new TrustError('trust-file-unreadable', `${origin} holds no certificate`);
  const head = [
    'Public certification authorities, each accepted where this file is named as cafile.',
    `Origin: ${origin.replace(/[^\u0020-\u007E]/g, '?')}`,
    `Date: ${new Date(nowMs).toISOString()}`,
    `Certificates: ${roots.size}`,
  ];
  const text = `${head.map((line) => `# ${line}\n`).join('')}\n${[...roots.values()].map(anchorPem).join('')}`;
  return { text, count: roots.size, origin };
}

async function readRoots(
  from: string | undefined,
): Promise<{ readonly bytes: Uint8Array; readonly origin: string }> {
  const origin = from ?? platformFile;
  const bytes = await readFileIfThere(origin, maxBundleBytes);
  if (bytes) return { bytes, origin };
  if (from !== undefined) throw new TrustError('trust-file-unreadable', `there is no file ${from}`);
  return {
    bytes: Buffer.from(rootCertificates.join('\n')),
    origin: `Node.js ${process.versions.node}`,
  };
}
