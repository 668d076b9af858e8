import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { end, launch, untilListening } from './launched-server.ts';
import { ProgramFolder } from './program-folder.ts';

/** A zone that a resolver of a test knows. */
export interface TestZone {
  readonly name: string;
  /** Lines of the zone, without SOA and NS. */
  readonly lines: readonly string[];
  /** Signed by ldns, with its key as an anchor of the resolver. */
  readonly isSigned: boolean;
  /** Changes the text after it was signed. */
  readonly forge?: (text: string) => string;
}

/** An unbound of a test's own on loopback, which asks nobody else. */
export interface TestUnbound {
  readonly port: number;
  stop(): Promise<void>;
}

/** Signs the zones and starts a validating resolver that knows them. */
export async function startUnbound(zones: readonly TestZone[]): Promise<TestUnbound> {
  const folder = new ProgramFolder('unbound');
  const port = await freePort();
  const conf = folder.write(configuration(folder, port, zones), 'conf');
  const server = launch('unbound', ['-d', '-c', conf], folder.path);
  const stop = async () => {
    await end(server);
    folder.close();
  };
  try {
    await untilListening(server, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

function configuration(folder: ProgramFolder, port: number, zones: readonly TestZone[]): string {
  const written = zones.map((zone) => ({ name: zone.name, ...writeZone(folder, zone) }));
  const anchors = written.flatMap(({ anchor }) => (anchor ? [`  trust-anchor-file: "${anchor}"`] : []));
  return [
    'server:',
    '  interface: 127.0.0.1',
    `  port: ${port}`,
    '  do-daemonize: no',
    '  use-syslog: no',
    '  username: ""',
    '  chroot: ""',
    `  directory: "${folder.path}"`,
    `  pidfile: "${join(folder.path, 'pid')}"`,
    '  module-config: "validator iterator"',
    '  do-not-query-localhost: yes',
    ...anchors,
    'remote-control:',
    '  control-enable: no',
    ...written.flatMap(({ name, file }) => [
      'auth-zone:',
      `  name: "${name}"`,
      `  zonefile: "${file}"`,
      '  for-downstream: no',
      '  for-upstream: yes',
      '  fallback-enabled: no',
    ]),
    '',
  ].join('\n');
}

function writeZone(
  folder: ProgramFolder,
  { name, lines, isSigned, forge }: TestZone,
): { readonly file: string; readonly anchor?: string } {
  const apex = [
    `${name}. 3600 IN SOA ns.${name}. root.${name}. 1 1h 1h 1d 1h`,
    `${name}. 3600 IN NS ns.${name}.`,
  ];
  const text = [...apex, `ns.${name}. 3600 IN A 127.0.0.1`, ...lines, ''].join('\n');
  const file = folder.write(text, 'zone');
  if (!isSigned) return { file };
  const key = folder.must('ldns-keygen', ['-a', 'ECDSAP256SHA256', '-k', name]).toString().trim();
  const signed = `${file}.signed`;
  folder.must('ldns-signzone', ['-o', name, '-f', signed, file, key]);
  const anchor = join(folder.path, `${key}.key`);
  if (!forge) return { file: signed, anchor };
  const forged = forge(readFileSync(signed, 'utf8'));
  return { file: folder.write(forged, 'zone'), anchor };
}
