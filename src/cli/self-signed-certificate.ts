import { generateP256KeyPair } from '../pki/generate-key.ts';
import { issueCertificate, keyIdentifierOf } from '../pki/issue.ts';
import { oids } from '../pki/oid.ts';
import { formatPem } from '../pki/pem.ts';
import { exportPrivateKey } from '../pki/private-key.ts';
import { randomToken } from '../secrets.ts';

const validDays = 825;
const dayMs = 86_400_000;

/** A certificate and its key as PEM. */
export interface CertificateFiles {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Makes the certificate that the web interface starts with: self-signed, for a domain and for this machine. */
export function selfSignedCertificate(domain: string, nowMs: number): CertificateFiles {
  const { privateKey, publicKey } = generateP256KeyPair();
  const der = issueCertificate({
    subject: `CN=${domain.slice(0, 64)}`,
    serialNumber: serialNumber(),
    notBeforeMs: nowMs - dayMs,
    notAfterMs: nowMs + validDays * dayMs,
    publicKey,
    signingKey: privateKey,
    extensions: {
      basicConstraints: { ca: false },
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [oids.serverAuth],
      subjectAltName: [
        { dnsName: domain },
        { dnsName: 'localhost' },
        { ipAddress: new Uint8Array([127, 0, 0, 1]) },
      ],
      subjectKeyIdentifier: keyIdentifierOf(publicKey),
    },
  });
  return {
    certificatePem: formatPem('CERTIFICATE', der),
    privateKeyPem: formatPem('PRIVATE KEY', exportPrivateKey(privateKey)),
  };
}

/** RFC 5280 §4.1.2.2: positive and at most 20 octets. */
function serialNumber(): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(randomToken(16), 'base64url'));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes;
}
