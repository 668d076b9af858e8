import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificates } from '../../../src/pki/pem.ts';
import { createPkcs12 } from '../../../src/pki/pkcs12.ts';
import { runCli } from '../../kit/cli.ts';
import { Correspondence, mailTo, readMail } from '../../kit/command-mail.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const list = 'board@lists.example.org';
const author = 'author@example.org';
const reader = 'reader@example.org';
const editor = 'owner@example.org';

describe('story 30: the key of a list is replaced', () => {
  let site: TestSite;
  let mail: Correspondence;
  let old: TestIdentity;
  let next: TestIdentity;
  let authorPair: TestIdentity;
  let readerPair: TestIdentity;
  let editorPair: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [reader], ['send editorkey']);
    old = site.listKey('board');
    next = site.ca.issue({ address: list, use: 'both', algorithm: 'ec-p256' });
    authorPair = await site.person(author);
    readerPair = await site.person(reader);
    editorPair = await site.person(editor);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const post = (to: TestIdentity, text: string) => {
    const inner = signed(textEntity(text), authorPair);
    const raw = message({ from: author, to: list, subject: '...' }, encrypted(inner, to.certificate));
    return mail.send(raw, author, list);
  };
  const approve = async (sealed: Uint8Array) => {
    const opened = readMail({ data: decryptMessage(sealed, editorPair), recipients: [], sender: '' });
    const key = /DISTRIBUTE \S+ (\S+)/.exec(opened.text)![1]!;
    return mail.write(editor, `DISTRIBUTE board ${key}\n`);
  };
  const replaceKey = async () => {
    writeFileSync(join(site.dir, 'p12.password'), 'secret\n');
    writeFileSync(
      join(site.dir, 'next.p12'),
      createPkcs12({ key: next.privateKey, certificates: [next.certificate], password: 'secret' }),
    );
    return runCli(
      ['p12topem', '--listname', 'board', 'next.p12', '--password-file', 'p12.password', '--replace'],
      { cwd: site.dir },
    );
  };

  it('a post that waits, encrypted to the old key, goes out after the new one was installed', async () => {
    const out = await post(old, 'Written before.\n');
    const question = mailTo(out, editor);
    expect((await replaceKey()).code).toBe(0);
    await approve(question.data);
    const arrived = await site.sink.waitForPkcs7(reader);
    expect(Buffer.from(decryptMessage(arrived.data, readerPair)).includes('Written before.')).toBe(true);
  });

  it('mail to the old certificate, which people have in their address books, is still read', async () => {
    site.sink.clear();
    await approve(mailTo(await post(old, 'To the old one.\n'), editor).data);
    const arrived = await site.sink.waitForPkcs7(reader);
    expect(Buffer.from(decryptMessage(arrived.data, readerPair)).includes('To the old one.')).toBe(true);
  });

  it('the new certificate is the one in cert.pem, and mail to it is read as well', async () => {
    site.sink.clear();
    const [given] = readCertificates(readFileSync(join(site.listDir('board'), 'cert.pem')));
    expect(given!.sha256).toBe(next.certificate.sha256);
    await approve(mailTo(await post(next, 'To the new one.\n'), editor).data);
    const arrived = await site.sink.waitForPkcs7(reader);
    expect(Buffer.from(decryptMessage(arrived.data, readerPair)).includes('To the new one.')).toBe(true);
  });

  it('both generations are shown, and which of them is given out', async () => {
    const shown = await runCli(['list', 'key', 'show', 'board', '--json'], { cwd: site.dir });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain(next.certificate.sha256);
    expect(shown.stdout).toContain(old.certificate.sha256);
  });

  it('a post that somebody encrypted to a stranger is refused as ever', async () => {
    const stranger = site.ca.issue({ address: list, use: 'both', algorithm: 'rsa-2048' });
    const out = await post(stranger, 'To nobody.\n');
    expect(mailTo(out, author).text).toContain("it must be readable with the list's certificate");
  });
});
