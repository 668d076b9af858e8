import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encryptPrivateKey } from '../../src/pki/private-key.ts';
import type { TestIdentity as KitIdentity } from '../kit/ca.ts';
import { Openssl } from '../kit/openssl.ts';
import { decryptMessage, verifyMessage } from '../kit/openssl-mail.ts';
import { TestSite } from '../kit/site.ts';

const from = 'alice@example.org';
const readers = ['alice@example.org', 'bob@example.net'] as const;
const text = 'Written by openssl, read by openssl.';
const entity = Buffer.from(`Content-Type: text/plain\r\n\r\n${text}\r\n`);

/** One way in which `openssl cms` makes a message. */
interface Case {
  readonly what: string;
  /** Options of `-sign`; unsigned without. */
  readonly sign?: readonly string[];
  readonly signer?: 'rsa' | 'ec';
  /** Options of `-encrypt`; not encrypted without. */
  readonly encrypt?: readonly string[];
  readonly recipient?: readonly string[];
  readonly list?: 'rsa' | 'ec' | 'accept';
  /** A second recipient beside the list. */
  readonly several?: boolean;
}

const cases: readonly Case[] = [
  { what: 'clear-signed', sign: [] },
  { what: 'clear-signed by EC', sign: [], signer: 'ec' },
  { what: 'clear-signed with PSS', sign: ['-keyopt', 'rsa_padding_mode:pss'] },
  { what: 'opaque-signed', sign: ['-nodetach'] },
  { what: 'opaque-signed, streamed', sign: ['-nodetach', '-stream'] },
  { what: 'signed with SHA-512', sign: ['-md', 'sha512'] },
  { what: 'AES-128-CBC, signed', sign: [], encrypt: ['-aes-128-cbc'] },
  { what: 'AES-256-CBC, signed', sign: [], encrypt: ['-aes-256-cbc'] },
  { what: 'AES-256-CBC, streamed, opaque-signed', sign: ['-nodetach'], encrypt: ['-aes-256-cbc', '-stream'] },
  { what: 'AES-128-GCM, signed', sign: [], encrypt: ['-aes-128-gcm'] },
  { what: 'AES-256-GCM, signed', sign: [], encrypt: ['-aes-256-gcm'] },
  { what: 'AES-256-GCM, unsigned', encrypt: ['-aes-256-gcm'] },
  { what: 'AES-256-CBC, unsigned, where the list accepts it', encrypt: ['-aes-256-cbc'], list: 'accept' },
  { what: 'OAEP', sign: [], encrypt: ['-aes-256-cbc'], recipient: ['-keyopt', 'rsa_padding_mode:oaep'] },
  {
    what: 'OAEP with SHA-256',
    sign: [],
    encrypt: ['-aes-256-gcm'],
    recipient: ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256'],
  },
  { what: 'a list with an EC key', sign: [], encrypt: ['-aes-256-cbc'], list: 'ec' },
  {
    what: 'a list with an EC key, SHA-256 KDF',
    sign: [],
    encrypt: ['-aes-256-gcm'],
    list: 'ec',
    recipient: ['-keyopt', 'ecdh_kdf_md:sha256'],
  },
  { what: 'key identifier', sign: [], encrypt: ['-aes-256-cbc', '-keyid'] },
  { what: 'several recipients', sign: [], encrypt: ['-aes-256-cbc'], several: true },
];

describe('what openssl cms makes posts to a list and arrives', () => {
  let site: TestSite;
  const openssl = new Openssl();
  const lists = new Map<string, KitIdentity>();
  const signers = new Map<string, KitIdentity>();
  const people = new Map<string, KitIdentity>();
  beforeAll(async () => {
    site = await TestSite.make();
    for (const [name, algorithm, config] of [
      ['rsa', 'rsa-2048', []],
      ['ec', 'ec-p256', []],
      ['accept', 'rsa-2048', ['unsigned_encrypted accept']],
    ] as const) {
      await site.list(name, readers, config);
      const pair = site.ca.issue({ address: `${name}@lists.example.org`, use: 'both', algorithm });
      writeFileSync(join(site.listDir(name), 'cert.pem'), pair.certificatePem);
      const key = encryptPrivateKey(pair.privateKey, 'open sesame');
      writeFileSync(join(site.listDir(name), 'private_key'), key, { mode: 0o600 });
      lists.set(name, pair);
    }
    people.set(readers[0], (await site.person(readers[0])) as KitIdentity);
    people.set(readers[1], (await site.person(readers[1], { algorithm: 'ec-p256' })) as KitIdentity);
    // The sender is a reader too: a certificate that comes with a post is the one that copies are sealed with next.
    signers.set('rsa', people.get(from)!);
    signers.set('ec', site.ca.issue({ address: from, use: 'sign', algorithm: 'ec-p256' }));
    await site.start();
  });
  afterAll(async () => {
    openssl.close();
    await site.dispose();
  });

  // Without -nosmimecap the program announces CBC alone for the signer, who then waits for posts in GCM.
  function make(one: Case): Uint8Array {
    const signer = signers.get(one.signer ?? 'rsa')!;
    const signed = one.sign ? openssl.sign(entity, signer, ['-nosmimecap', ...one.sign], 'SMIME') : entity;
    if (!one.encrypt) return asMail(signed, one);
    const list = lists.get(one.list ?? 'rsa')!;
    const others = one.several ? [people.get(readers[1])!] : [];
    const recipients = [{ certificatePem: list.certificatePem, options: one.recipient ?? [] }, ...others];
    return asMail(openssl.encrypt(signed, recipients, one.encrypt, 'SMIME'), one);
  }

  let serial = 0;
  function asMail(made: Uint8Array, one: Case): Uint8Array {
    serial++;
    const head = `From: ${from}\r\nTo: ${one.list ?? 'rsa'}@lists.example.org\r\nSubject: ...\r\nMessage-ID: <openssl-${serial}@example.org>\r\n`;
    // The program writes local line ends around parts; a mail client sends CRLF throughout.
    const crlf = Buffer.from(made).toString('latin1').replaceAll(/\r?\n/g, '\r\n');
    return new Uint8Array(Buffer.from(head + crlf, 'latin1'));
  }

  it.each(cases)('$what', async (one) => {
    await site.idle();
    site.sink.clear();
    const to = `${one.list ?? 'rsa'}@lists.example.org`;
    expect(await site.post(make(one), { from, to })).toMatchObject({ code: 250 });
    expect(await site.settled()).toBe('distributed');
    const copies = await site.sink.waitForRecipients(readers);
    for (const [i, copy] of copies.entries()) {
      const opened = one.encrypt ? decryptMessage(copy.data, people.get(readers[i]!)!) : copy.data;
      if (!one.sign) expect(Buffer.from(opened).toString()).toContain(text);
      else {
        const verdict = verifyMessage(opened, { cafile: join(site.dir, 'ca.pem') });
        expect(verdict).toMatchObject({ ok: true });
        expect(verdict.content).toContain(text);
      }
    }
  });

  it('AES-256-CBC, unsigned, is refused where the list does not accept it', async () => {
    site.sink.clear();
    await site.post(make({ what: '', encrypt: ['-aes-256-cbc'] }), { from, to: 'rsa@lists.example.org' });
    expect(await site.settled()).toBe('refused');
  });
});
