import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeTestCa, type TestCa } from './ca.ts';
import { freePort } from './free-port.ts';
import { end, launch, untilListening } from './launched-server.ts';
import { ProgramFolder } from './program-folder.ts';

/** An OpenLDAP server of a test's own, on loopback. */
export interface TestSlapd {
  /** Plain and StartTLS. */
  readonly port: number;
  /** LDAPS. */
  readonly tlsPort: number;
  /** Certifies the server as `localhost`. */
  readonly ca: TestCa;
  /** A file with its certificate in PEM. */
  readonly caFile: string;
  /** May read everything; others may do so too, but for {@link secretsBase}. */
  readonly admin: { readonly name: string; readonly password: string };
  stop(): Promise<void>;
}

/** The entry above all others. */
export const slapdBase = 'dc=example,dc=org';
/** What stands below it only the admin may read. */
export const secretsBase = `ou=secrets,${slapdBase}`;

const admin = { name: `cn=admin,${slapdBase}`, password: 'opens the directory' };
const schemaFolder = '/etc/ldap/schema';
const moduleFolder = '/usr/lib/ldap';

/** Starts a server with the entries of an LDIF text, which stand below {@link slapdBase}. */
export async function startSlapd(ldif: string): Promise<TestSlapd> {
  const folder = new ProgramFolder('slapd');
  const ca = makeTestCa();
  const caFile = folder.write(ca.pem, 'pem');
  const conf = folder.write(configuration(folder, ca, caFile), 'conf');
  mkdirSync(join(folder.path, 'data'));
  folder.must('slapadd', ['-q', '-f', conf, '-l', folder.write(`${baseEntries}\n${ldif}`, 'ldif')]);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`;
  const server = launch('slapd', ['-f', conf, '-h', urls, '-d', '0'], folder.path);
  const stop = async () => {
    await end(server);
    folder.close();
  };
  try {
    await untilListening(server, tlsPort);
    await untilListening(server, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, tlsPort, ca, caFile, admin, stop };
}

const baseEntries = [
  `dn: ${slapdBase}\nobjectClass: domain\ndc: example\n`,
  `dn: ${secretsBase}\nobjectClass: organizationalUnit\nou: secrets\n`,
].join('\n');

function configuration(folder: ProgramFolder, ca: TestCa, caFile: string): string {
  const extensions = { subjectAltName: [{ dnsName: 'localhost' }] };
  const own = ca.issue({ algorithm: 'ec-p256', eku: [], keyUsage: ['digitalSignature'], extensions });
  const schemas = ['core', 'cosine', 'inetorgperson'].map((name) => `include ${schemaFolder}/${name}.schema`);
  return [
    ...schemas,
    `modulepath ${moduleFolder}`,
    'moduleload back_mdb',
    `pidfile ${join(folder.path, 'pid')}`,
    `TLSCACertificateFile ${caFile}`,
    `TLSCertificateFile ${folder.write(own.certificatePem, 'pem')}`,
    `TLSCertificateKeyFile ${folder.write(own.privateKeyPem, 'pem')}`,
    'database mdb',
    'maxsize 16777216',
    `suffix "${slapdBase}"`,
    `rootdn "${admin.name}"`,
    `rootpw "${admin.password}"`,
    `directory ${join(folder.path, 'data')}`,
    `access to dn.subtree="${secretsBase}" by * none`,
    'access to * by * read',
    '',
  ].join('\n');
}
