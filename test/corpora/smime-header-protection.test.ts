import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { parseEntity } from '../../src/mime/entity.ts';
import { findField, findFields } from '../../src/mime/header.ts';
import { openPkcs12 } from '../../src/pki/pkcs12.ts';
import { keyMatchesCertificate } from '../../src/pki/private-key.ts';
import { readMainText } from '../../src/smime/legacy-display.ts';
import { baselinePolicy, openPolicy, protectHeaders } from '../../src/smime/protect-headers.ts';
import { certificatesOf, describeCorpus, identityOf, readCorpusFile, readTable } from './cms-layers.ts';
import {
  expectedOf,
  innermostDigest,
  openCorpusMessage,
  oursOf,
  payloadDigest,
  type TableLayer,
} from './smime-cases.ts';
import { expectRow } from './smime-differences.ts';

interface HpCase {
  readonly file: string;
  readonly layers: readonly string[];
  readonly hp: string | null;
  readonly protectedHeaders: Readonly<Record<string, string>> | null;
  readonly confidential: readonly string[];
  readonly expect: {
    readonly signature: string;
    readonly signerEmail: string;
    readonly matchesFrom: boolean;
  };
  readonly payloadSha256: string;
  readonly displayTextSha256LF: string;
}

const hpCorpus = 'rfc9788-header-protection';

describeCorpus(hpCorpus, 'the header protection vectors of RFC 9788', () => {
  const cases = readTable<{ readonly cases: readonly HpCase[] }>(hpCorpus).cases;
  const keys = {
    identities: ['rfc9216-keys/alice.encrypt.key', 'rfc9216-keys/bob.encrypt.key'].map(identityOf),
    trustAnchors: certificatesOf('rfc9216-keys', 'ca.rsa.crt'),
    atMs: Date.parse('2021-03-01T00:00:00Z'),
    legacy: false,
  };

  it.each(cases.map((row) => [row.file, row] as const))('%s', (file, row) => {
    const opened = openCorpusMessage(readCorpusFile(hpCorpus, file), keys);
    expect(oursOf(opened).map(({ layer }) => layer)).toEqual(row.layers);
    const { mode, scheme, subject, from, to, date, confidential } = opened.headerProtection;
    expectRow(`${hpCorpus}/${file} signature`, opened.signature.status, 'valid');
    expectRow(`${hpCorpus}/${file} addresses`, opened.signers[0]!.addresses, [row.expect.signerEmail]);
    expectRow(`${hpCorpus}/${file} sender`, opened.senderMatches, row.expect.matchesFrom);
    const expectedMode = row.hp === 'rfc8551' ? 'clear' : (row.hp ?? 'none');
    expectRow(`${hpCorpus}/${file} mode`, mode, expectedMode);
    expect(scheme).toBe(row.hp === null ? null : row.hp === 'rfc8551' ? 'rfc8551' : 'rfc9788');
    const { Subject = null, From = null, To = null, Date: date9788 = null } = row.protectedHeaders ?? {};
    expectRow(`${hpCorpus}/${file} values`, [subject, from, to, date], [Subject, From, To, date9788]);
    expectRow(`${hpCorpus}/${file} confidential`, [...confidential].sort(), [...row.confidential].sort());
    expectRow(`${hpCorpus}/${file} innermost`, innermostDigest(opened), row.payloadSha256);
    const decrypted = opened.decryption.status === 'opened';
    const text = opened.innermost!.use((bytes) => readMainText(bytes, decrypted))!.text;
    expectRow(`${hpCorpus}/${file} text`, sha256Lf(text), row.displayTextSha256LF);
  });
});

interface CompositionCase {
  readonly id: string;
  readonly input: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly hcp: string;
    readonly legacyDisplay: boolean;
  };
  readonly payloadContentType?: Readonly<Record<string, string>>;
  readonly payloadHpOuter: readonly string[];
  readonly payloadBodyStart: string;
  readonly outer: Readonly<Record<string, string>>;
}

describeCorpus(hpCorpus, 'what RFC 9788 says a composer must write', () => {
  const file = readCorpusFile(hpCorpus, 'composition-cases.json').toString();
  const { cases } = JSON.parse(file) as { readonly cases: readonly CompositionCase[] };

  it.each(cases.map((row) => [row.id, row] as const))('%s', (id, row) => {
    const text = row.input.body ?? 'On Wed, Bob wrote:\n';
    const entity = `Content-Type: text/plain; charset=us-ascii\r\n\r\n${text.replaceAll('\n', '\r\n')}`;
    const { payload, outerFields } = protectHeaders({
      fields: Object.entries(row.input.headers),
      entity: new TextEncoder().encode(entity),
      mode: 'cipher',
      policy: row.input.hcp === 'hcp_baseline' ? baselinePolicy : openPolicy,
      legacyDisplay: row.input.legacyDisplay,
    });
    const written = parseEntity(payload);
    const hpOuter = findFields(written.header, 'HP-Outer').map(({ body }) => body);
    expectRow(`${hpCorpus}/composition ${id} HP-Outer`, hpOuter, row.payloadHpOuter);
    const outer = Object.fromEntries(outerFields);
    const named = Object.fromEntries(Object.keys(row.outer).map((name) => [name, outer[name]]));
    expectRow(`${hpCorpus}/composition ${id} outer`, named, row.outer);
    const body = Buffer.from(payload).subarray(written.bodySpan.start).toString().replaceAll('\r\n', '\n');
    const start = body.slice(0, row.payloadBodyStart.length);
    expectRow(`${hpCorpus}/composition ${id} body`, start, row.payloadBodyStart);
    if (!row.payloadContentType) return;
    const { type, parameters } = written.contentType;
    expectRow(
      `${hpCorpus}/composition ${id} type`,
      { type, ...Object.fromEntries(parameters) },
      row.payloadContentType,
    );
    expect(findField(written.header, 'Subject')?.body).toBe(row.input.headers.Subject);
  });
});

const draftCorpus = 'protected-headers-draft';

interface DraftTable {
  readonly p12password: string;
  readonly verificationTime: string;
  readonly trust: string;
  readonly cases: readonly {
    readonly file: string;
    readonly layers: readonly TableLayer[];
    readonly protectedSubject?: string;
  }[];
}

describeCorpus(draftCorpus, 'the vectors of protected-headers="v1"', () => {
  const table = readTable<DraftTable>(draftCorpus);
  const { certificates, keys } = openPkcs12(readCorpusFile(draftCorpus, 'bob.p12'), table.p12password, {
    legacy: true,
  });
  const privateKey = keys[0]!.key;
  const certificate = certificates.find((one) => keyMatchesCertificate(privateKey, one))!;
  const options = {
    identities: [{ certificate, privateKey }],
    trustAnchors: certificatesOf(draftCorpus, table.trust),
    atMs: Date.parse(table.verificationTime),
  };

  it.each(table.cases.map((row) => [row.file, row] as const))('%s', (file, row) => {
    const opened = openCorpusMessage(readCorpusFile(draftCorpus, file), options);
    expectRow(`${draftCorpus}/${file}`, oursOf(opened), expectedOf(row.layers));
    const envelope = row.layers.findLast(({ plaintextSha256 }) => plaintextSha256 !== undefined);
    if (envelope)
      expectRow(`${draftCorpus}/${file} payload`, payloadDigest(opened), envelope.plaintextSha256);
    // The table names the Subject of the messages that it was made for.
    if (row.protectedSubject === undefined) return;
    expect(opened.headerProtection.subject).toBe(row.protectedSubject || null);
  });
});

function sha256Lf(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
}
