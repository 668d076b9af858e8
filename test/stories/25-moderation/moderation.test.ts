import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEntity } from '../../../src/mime/entity.ts';
import { Correspondence, mailTo, type ReadMail, readMail } from '../../kit/command-mail.ts';
import { encrypted, message, plainMessage, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const author = 'author@example.org';
const first = 'first@example.org';
const second = 'second@example.org';
const reader = 'reader@example.org';
const list = 'board@lists.example.org';

const editors = [`editor\nemail ${first}`, `editor\nemail ${second}`];

describe('story 25: posts that wait for an editor', () => {
  let site: TestSite;
  let mail: Correspondence;
  let listPair: TestIdentity;
  let firstPair: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [reader], ['send editorkey', ...editors]);
    await site.list('confirmed', [author, reader], ['send privatekey']);
    listPair = site.listKey('board');
    firstPair = await site.person(first);
    await site.start();
    mail = new Correspondence(site);
  });
  afterAll(() => site.dispose());

  const post = (text: string, to = list) =>
    mail.send(plainMessage({ from: author, to, subject: 'A proposal' }, text), author, to);
  const questionTo = (out: readonly ReadMail[], editor: string) =>
    out.find(({ to, subject }) => to.includes(editor) && subject.startsWith('[moderate'))!;
  const keyOf = (question: ReadMail) => /DISTRIBUTE \S+ (\S+)/.exec(question.text)![1]!;
  const arrivals = () =>
    site.sink.messages.filter(({ recipients, data }) => {
      const text = Buffer.from(data).toString();
      return recipients.includes(reader) && text.includes('X-Sequence');
    });

  it('reach each editor with the post as it is, and the sender is told', async () => {
    const raw = plainMessage({ from: author, to: list, subject: 'A proposal' }, 'One ä.\n');
    const out = await mail.send(raw, author, list);
    for (const editor of [first, second]) {
      const mail = parseEntity(questionTo(out, editor).data);
      expect(mail.contentType.type).toBe('multipart/signed');
      const entity = mail.children[0]!;
      expect(entity.contentType.type).toBe('multipart/mixed');
      const attached = entity.children[1]!;
      const { start, end } = attached.bodySpan;
      expect(Buffer.from(entity.source.subarray(start, end)).equals(Buffer.from(raw))).toBe(true);
    }
    expect(mailTo(out, author).subject).toContain('waits for a moderator');
    expect(arrivals()).toHaveLength(0);
  });

  it('go out on the answer of one editor, once; the second is told who was first', async () => {
    site.sink.clear();
    const out = await post('Two.\n');
    const question = questionTo(out, first);
    await mail.answer(question, first, 'DISTRIBUTE');
    expect(arrivals()).toHaveLength(1);
    const late = await mail.answer(questionTo(out, second), second, 'reject');
    expect(mailTo(late, second).text).toContain('Somebody else decided before: distributed');
    const double = await mail.answer(question, first, 'distribute');
    expect(mailTo(double, first).text).toContain('Somebody else decided before: distributed');
    expect(arrivals()).toHaveLength(1);
  });

  it('are refused by REJECT, and the sender is told', async () => {
    site.sink.clear();
    const out = await post('Three.\n');
    const decided = await mail.write(first, `REJECT board ${keyOf(questionTo(out, first))}\n`);
    expect(mailTo(decided, author).text).toContain('A moderator of the list refused it.');
    const late = await mail.write(second, `DISTRIBUTE board ${keyOf(questionTo(out, second))}\n`);
    expect(mailTo(late, second).text).toContain('decided before: rejected');
    expect(arrivals()).toHaveLength(0);
  });

  it('do not go out by a key alone: it must come from an editor', async () => {
    site.sink.clear();
    const out = await post('Four.\n');
    const stolen = await mail.write(
      'mallory@example.org',
      `DISTRIBUTE board ${keyOf(questionTo(out, first))}\n`,
    );
    expect(mailTo(stolen, 'mallory@example.org').text).toContain('Only editors');
    expect(arrivals()).toHaveLength(0);
    const other = await mail.write(first, `DISTRIBUTE confirmed ${keyOf(questionTo(out, first))}\n`);
    expect(mailTo(other, first).text).toContain('The key is unknown');
    expect(arrivals()).toHaveLength(0);
  });

  it('are listed by MODINDEX with keys that work; a signed mail needs none but the identifier', async () => {
    site.sink.clear();
    const index = await mail.write(first, 'MODINDEX board\n');
    const { text } = mailTo(index, first);
    expect(text).toContain('A proposal');
    const key = /DISTRIBUTE \S+ (\S+)/.exec(text)![1]!;
    await mail.write(first, `DISTRIBUTE board ${key}\n`);
    expect(arrivals()).toHaveLength(1);
    const refused = await mail.write(author, 'MODINDEX board\n');
    expect(mailTo(refused, author).text).toContain('Only editors');
    await post('Five.\n');
    const id = await site.withStore(async (store) => (await store.messages.newest())!.id);
    const unsigned = await mail.write(first, `DISTRIBUTE board ${id}\n`);
    expect(mailTo(unsigned, first).text).toContain('The key is unknown');
    await mail.writeEntity(first, signed(textEntity(`DISTRIBUTE board ${id}\n`), firstPair));
    expect(arrivals()).toHaveLength(2);
  });

  it('that came encrypted reach an editor sealed, key and all; one without a certificate is told so, and gets it later', async () => {
    site.sink.clear();
    const inner = signed(
      textEntity('The canary sings.\n'),
      site.ca.issue({ address: author, use: 'both', algorithm: 'rsa-2048' }),
    );
    const raw = message({ from: author, to: list, subject: '...' }, encrypted(inner, listPair.certificate));
    const out = await mail.send(raw, author, list);
    const sealed = out.find(
      ({ to, data }) => to.includes(first) && Buffer.from(data).includes('pkcs7-mime'),
    )!;
    expect(sealed.subject).toBe('[...]');
    const opened = decryptMessage(sealed.data, firstPair);
    const entity = parseEntity(opened);
    expect(entity.contentType.type).toBe('multipart/signed');
    expect(entity.children[0]!.contentType.type).toBe('multipart/mixed');
    expect(Buffer.from(opened).includes(Buffer.from(inner))).toBe(true);
    const told = mailTo(out, second);
    expect(told.text).toContain('it could not be encrypted to you');
    for (const { text, data } of out)
      expect(`${text}${Buffer.from(data).toString('latin1')}`).not.toContain('canary');
    const secondPair = site.ca.issue({ address: second, use: 'both', algorithm: 'rsa-2048' });
    await site.importCertificate(second, secondPair.certificatePem);
    await site.idle();
    const later = await site.sink.waitForPkcs7(second);
    expect(Buffer.from(decryptMessage(later.data, secondPair)).includes('The canary sings.')).toBe(true);
    const readerPair = await site.person(reader);
    const { text } = readMail({ data: opened, recipients: [first], sender: '' });
    await mail.write(first, `DISTRIBUTE board ${/DISTRIBUTE \S+ (\S+)/.exec(text)![1]!}\n`);
    const arrived = await site.sink.waitForPkcs7(reader);
    expect(Buffer.from(decryptMessage(arrived.data, readerPair))).toEqual(Buffer.from(inner));
  });

  it('wait for their sender where the list wants that, and go out on the answer', async () => {
    site.sink.clear();
    const to = 'confirmed@lists.example.org';
    const out = await post('Six.\n', to);
    const question = mailTo(out, author);
    expect(question.subject).toMatch(/^CONFIRM /);
    expect(arrivals()).toHaveLength(0);
    const stolen = await mail.answer(question, 'mallory@example.org');
    expect(mailTo(stolen, 'mallory@example.org').text).toContain('The key is unknown');
    await mail.answer(question, author);
    expect(arrivals()).toHaveLength(1);
    const again = await mail.answer(question, author);
    expect(mailTo(again, author).text).toContain('The key was used before');
    expect(arrivals()).toHaveLength(1);
  });
});

describe('story 25: posts that nobody decides on', () => {
  it('are dropped when their time is over; sender and editors are told, and no key works any more', async () => {
    let now = Date.now();
    const site = await TestSite.make({ clock: { now: () => now }, housekeepingPauseMs: 200 });
    try {
      await site.list('board', [reader], ['send editorkey', ...editors, 'clean_delay_queuemod 3']);
      await site.start();
      const mail = new Correspondence(site);
      const raw = plainMessage({ from: author, to: list, subject: 'A proposal' }, 'Seven.\n');
      const out = await mail.send(raw, author, list);
      const key = /DISTRIBUTE \S+ (\S+)/.exec(mailTo(out, first).text)![1]!;
      now += 3 * 86_400_000 + 1_000;
      await site.sink.waitFor(out.length + 2);
      await site.idle();
      const told = site.sink.messages.slice(out.length).map(readMail);
      expect(mailTo(told, author).subject).toContain('was dropped');
      const editorsTold = told.filter(({ subject }) => subject === 'Messages to board were dropped');
      expect(editorsTold.flatMap(({ to }) => to).sort()).toEqual([first, second]);
      const late = await mail.write(first, `DISTRIBUTE board ${key}\n`);
      expect(mailTo(late, first).text).toContain('The key is unknown');
      const kept = await site.withStore((store) =>
        store.messages.listByState(['moderation', 'expired'], { limit: 9 }),
      );
      expect(kept.map(({ state }) => state)).toEqual(['expired']);
    } finally {
      await site.dispose();
    }
  });
});
