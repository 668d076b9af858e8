import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseContentInfo } from '../../../src/cms/content-info.ts';
import { decodedBody, parseEntity } from '../../../src/mime/entity.ts';
import { findField } from '../../../src/mime/header.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage, verifyMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const people = ['alice@example.org', 'bob@example.net', 'carol@example.com'] as const;

describe('story 02: an encrypted post reaches each subscriber under that subscriber’s own key', () => {
  let site: TestSite;
  let list: TestIdentity;
  const keys = new Map<string, TestIdentity>();
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', people);
    list = site.listKey('board');
    keys.set(people[0], await site.person(people[0]));
    keys.set(people[1], await site.person(people[1], { algorithm: 'ec-p256' }));
    keys.set(people[2], await site.person(people[2], { use: 'encrypt' }));
    await site.start();
  });
  afterAll(() => site.dispose());

  it.each([
    'aes-256-gcm',
    'aes-256-cbc',
  ] as const)('from %s: three copies, one RecipientInfo each, all open and verify', async (cipher) => {
    const signer = keys.get(people[0])!;
    const inner = signed(textEntity('The vote is secret.\r\n'), signer);
    const raw = message(
      { from: people[0], to: 'board@lists.example.org', subject: '...' },
      encrypted(inner, list.certificate, cipher),
    );
    site.sink.clear();
    expect(await site.post(raw, { from: people[0], to: 'board@lists.example.org' })).toMatchObject({
      code: 250,
    });
    const copies = await site.sink.waitForRecipients(people);
    const serials = new Set<string>();
    for (const copy of copies) {
      const [recipient] = copy.recipients;
      expect(copy.recipients).toHaveLength(1);
      expect(copy.sender).toMatch(/^bounce\+/);
      const entity = parseEntity(copy.data);
      const info = parseContentInfo(decodedBody(entity));
      if (info.type !== 'enveloped' && info.type !== 'authEnveloped')
        throw new Error(`a copy is ${info.type}`);
      expect(info.recipientInfos).toHaveLength(1);
      serials.add(JSON.stringify(info.recipientInfos[0]));
      expect(findField(entity.header, 'subject')?.body).toBe('...');
      const opened = decryptMessage(copy.data, keys.get(recipient!)!);
      expect(Buffer.from(opened)).toEqual(Buffer.from(inner));
      expect(verifyMessage(opened, { cafile: `${site.dir}/ca.pem` }).content).toContain(
        'The vote is secret.',
      );
    }
    expect(serials.size).toBe(3);
  });
});
