import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodedBody, decodedText, parseEntity } from '../../../src/mime/entity.ts';
import { encodeBase64Lines } from '../../../src/mime/transfer-encoding.ts';
import {
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  readAsn1,
} from '../../../src/pki/der.ts';
import { oids } from '../../../src/pki/oid.ts';
import { openMessage } from '../../../src/smime/open-message.ts';
import { contentInfo } from '../../kit/forge-cms.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const to = 'board@lists.example.org';
const from = 'alice@example.org';
const sentence =
  "Your message could not be accepted: it must be readable with the list's certificate, and signed or AES-GCM.";

describe('story 06: a post that is not readable is answered once, with one and the same sentence', () => {
  let site: TestSite;
  let list: TestIdentity;
  let alice: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [from, 'bob@example.net']);
    list = site.listKey('board');
    alice = await site.person(from);
    await site.person('bob@example.net');
    await site.start();
  });
  afterAll(() => site.dispose());

  async function answerTo(entity: Uint8Array): Promise<string> {
    site.sink.clear();
    await site.post(message({ from, to, subject: '...' }, entity), { from, to });
    expect(await site.settled()).toBe('refused');
    const [answer] = await site.sink.waitForRecipients([from]);
    await site.idle();
    expect(site.sink.messages).toHaveLength(1);
    expect(answer!.sender).toBe('');
    return Buffer.from(answer!.data).toString();
  }

  function flipped(entity: Uint8Array): Uint8Array {
    const text = Buffer.from(entity).toString('latin1');
    const at = text.length - 90;
    const other = text[at] === 'A' ? 'B' : 'A';
    return new Uint8Array(Buffer.from(text.slice(0, at) + other + text.slice(at + 1), 'latin1'));
  }

  /** Takes the wrapped key of an AEAD message and puts it before a CBC ciphertext of the attacker's choice. */
  function dressedAsCbc(entity: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const authEnveloped = readAsn1(decodedBody(parseEntity(entity))).children[1]!.children[0]!;
    const recipientInfos = authEnveloped.children[1]!.raw;
    const algorithm = derSequence(derOid(oids.aes256Cbc), derOctetString(new Uint8Array(16)));
    const content = derContext(0, ciphertext, false);
    const eci = derSequence(derOid(oids.data), algorithm, content);
    const enveloped = contentInfo(oids.envelopedData, derSequence(derInteger(0), recipientInfos, eci));
    const head =
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\n';
    return new Uint8Array(Buffer.concat([Buffer.from(head), encodeBase64Lines(enveloped)]));
  }

  /** One ciphertext in 256 or so has a padding that holds: the attacker tries until it does, and so do we. */
  function openable(there: string, sealed: Uint8Array, key: TestIdentity): Uint8Array {
    const trust = { trustAnchors: [], untrusted: [], crls: [], crlCheck: 'off' } as const;
    for (let i = 0; i < 20_000; i++) {
      const raw = message({ from, to: there }, dressedAsCbc(sealed, randomBytes(64)));
      const opened = openMessage(raw, { identities: [key], trust, atMs: Date.now() });
      if (opened.decryption.status === 'opened') return raw;
    }
    throw new Error('no padding held');
  }

  it('refuses an AEAD message that comes back as CBC, even where unsigned CBC is accepted', async () => {
    await site.list('open', [from], ['unsigned_encrypted accept']);
    const key = site.listKey('open');
    const sealed = encrypted(textEntity('Secret\r\n'), key.certificate);
    const there = 'open@lists.example.org';
    await site.post(message({ from, to: there }, sealed), { from, to: there });
    expect(await site.settled()).toBe('distributed');
    await site.idle();
    site.sink.clear();
    await site.post(openable(there, sealed, key), { from, to: there });
    expect(await site.settled()).toBe('refused');
    const newest = await site.withStore((store) => store.messages.newest());
    expect(newest?.code).toBe('already-distributed');
  });

  it('gives one text for a foreign key, a changed ciphertext, unsigned CBC and a replay', async () => {
    const stranger = site.ca.issue({ address: 'x@example.org', use: 'both', algorithm: 'rsa-2048' });
    const inner = signed(textEntity('Secret\r\n'), alice);
    const replay = encrypted(inner, list.certificate);
    await site.post(message({ from, to }, replay), { from, to });
    expect(await site.settled()).toBe('distributed');
    await site.sink.waitForRecipients([from, 'bob@example.net']);
    const answers = [
      await answerTo(encrypted(inner, stranger.certificate)),
      await answerTo(flipped(encrypted(inner, list.certificate))),
      await answerTo(flipped(encrypted(inner, list.certificate, 'aes-256-cbc'))),
      await answerTo(encrypted(textEntity('Secret\r\n'), list.certificate, 'aes-256-cbc')),
      await answerTo(replay),
    ];
    for (const answer of answers) {
      expect(answer.replaceAll(/=?\r\n/g, ' ').replaceAll(/ +/g, ' ')).toContain(sentence);
      expect(answer).not.toContain('Secret');
    }
    // The list signs what it writes, so that the signatures differ, and the header that they protect; the words do not.
    const texts = answers.map((answer) => {
      const entity = parseEntity(Buffer.from(answer));
      expect(entity.contentType.type).toBe('multipart/signed');
      return decodedText(entity.children[0]!);
    });
    expect(new Set(texts).size).toBe(1);
  });
});
