import { afterEach, describe, expect, it } from 'vitest';
import { type DialogueServer, startDialogueServer } from '../../test/kit/smtp-dialogue.ts';
import { type SmtpSink, startSmtpSink } from '../../test/kit/smtp-sink.ts';
import { silentLog } from '../log.ts';
import { type SmtpTransportOptions, smtpTransport } from './client.ts';
import type { OutgoingCopy, RecipientReply } from './transport.ts';

const encoder = new TextEncoder();
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function sinkOf(extensions?: readonly string[]): Promise<SmtpSink> {
  const sink = await startSmtpSink(extensions ? { extensions } : {});
  closers.push(() => sink.close());
  return sink;
}

async function dialogueOf(...dialogues: readonly string[]): Promise<DialogueServer> {
  const server = await startDialogueServer(...dialogues);
  closers.push(() => server.close());
  return server;
}

function transportTo(url: string, options: Partial<SmtpTransportOptions> = {}) {
  const transport = smtpTransport({
    url,
    maxConnections: 4,
    helloName: 'lists.example.org',
    log: silentLog,
    ...options,
  });
  closers.push(() => transport.close());
  return transport;
}

function copyOf(text: string, more: Partial<OutgoingCopy> = {}): OutgoingCopy {
  const bytes = encoder.encode(text);
  return {
    envelopeSender: 'bounce@lists.example.org',
    recipients: ['alice@example.org'],
    pieces: [bytes],
    size: bytes.length,
    smtputf8: false,
    eightBit: false,
    ...more,
  };
}

const message = 'Subject: x\r\n\r\nhello\r\n';

async function sendOnce(
  url: string,
  copy: OutgoingCopy,
  options?: Partial<SmtpTransportOptions>,
): Promise<readonly RecipientReply[]> {
  const connection = await transportTo(url, options).acquire();
  try {
    return await connection.send(copy);
  } finally {
    connection.release();
  }
}

describe('the SMTP client', () => {
  it('sends head and tail as one message and tells each recipient what the server said', async () => {
    const sink = await sinkOf();
    const pieces = [encoder.encode('Subject: x\r\n\r\n'), encoder.encode('hello\r\n')];
    const [reply] = await sendOnce(`smtp://127.0.0.1:${sink.port}`, copyOf('', { pieces, size: 20 }));
    expect(reply).toEqual({
      recipient: 'alice@example.org',
      status: 'sent',
      code: 250,
      enhanced: '2.0.0',
      text: 'taken',
      answers: 'copy',
    });
    expect(Buffer.from(sink.messages[0]!.data).toString()).toBe(message);
    expect(sink.messages[0]!.sender).toBe('bounce@lists.example.org');
  });

  it('pipelines the envelope where the server announces it', async () => {
    const server = await dialogueOf(`
      s: 220 mx ESMTP
      c: EHLO lists.example.org
      s: 250-mx
      s: 250-PIPELINING
      s: 250 SIZE 1000000
      c: MAIL FROM:<bounce@lists.example.org> SIZE=21
      c: RCPT TO:<alice@example.org>
      c: RCPT TO:<bob@example.org>
      c: DATA
      s: 250 2.1.0 fine
      s: 550 5.1.1 no such user
      s: 250 2.1.5 fine
      s: 354 go on
      c: Subject: x
      c:
      c: hello
      c: .
      s: 250 2.0.0 queued
      c: QUIT
    `);
    const recipients = ['alice@example.org', 'bob@example.org'];
    const transport = transportTo(`smtp://127.0.0.1:${server.port}`);
    const connection = await transport.acquire();
    const replies = await connection.send(copyOf(message, { recipients }));
    expect(replies.map(({ status, code, enhanced }) => [status, code, enhanced])).toEqual([
      ['permanent', 550, '5.1.1'],
      ['sent', 250, '2.0.0'],
    ]);
    connection.release();
    await transport.close();
    await server.played;
  });

  it('asks step by step where the server does not pipeline, falls back to HELO and gives a null sender', async () => {
    const server = await dialogueOf(`
      s: 220 old
      c: EHLO lists.example.org
      s: 502 what
      c: HELO lists.example.org
      s: 250 old
      c: MAIL FROM:<>
      s: 250 fine
      c: RCPT TO:<alice@example.org>
      s: 250 fine
      c: DATA
      s: 354 go on
      c: Subject: x
      c:
      c: hello
      c: .
      s: 250 fine
    `);
    const [reply] = await sendOnce(
      `smtp://127.0.0.1:${server.port}`,
      copyOf(message, { envelopeSender: '' }),
    );
    expect(reply!.status).toBe('sent');
    await server.played;
  });

  it('ends an opened DATA with an empty message when every recipient was refused', async () => {
    const server = await dialogueOf(`
      s: 220 mx
      c: EHLO lists.example.org
      s: 250-mx
      s: 250 PIPELINING
      c: MAIL FROM:<bounce@lists.example.org>
      c: RCPT TO:<alice@example.org>
      c: DATA
      s: 250 fine
      s: 451 4.3.0 later
      s: 354 go on
      c: .
      s: 554 5.5.1 no recipients
    `);
    const [reply] = await sendOnce(`smtp://127.0.0.1:${server.port}`, copyOf(message));
    expect(reply).toMatchObject({ status: 'temporary', code: 451, enhanced: '4.3.0' });
    await server.played;
  });

  it('never takes a positive reply to DATA for delivery', async () => {
    const sink = await sinkOf();
    sink.rule = ({ step }) => (step === 'data' ? '250 fine' : undefined);
    const [reply] = await sendOnce(`smtp://127.0.0.1:${sink.port}`, copyOf(message));
    expect(reply!.status).toBe('temporary');
  });

  it('passes on what a server refuses at MAIL, at DATA and at the end', async () => {
    const sink = await sinkOf();
    const at = async (step: string, said: string) => {
      sink.rule = (event) => (event.step === step ? said : undefined);
      const [reply] = await sendOnce(`smtp://127.0.0.1:${sink.port}`, copyOf(message));
      return [reply!.status, reply!.code];
    };
    expect(await at('mail', '550 5.7.1 not you')).toEqual(['permanent', 550]);
    expect(await at('data', '452 4.3.1 full')).toEqual(['temporary', 452]);
    expect(await at('final', '554 5.6.0 bad')).toEqual(['permanent', 554]);
    expect(await at('final', '300 odd')).toEqual(['temporary', 300]);
    expect(sink.count).toBe(0);
  });

  it('tells what was said of a recipient from what was said of the mail', async () => {
    const sink = await sinkOf();
    const at = async (step: string) => {
      sink.rule = (event) => (event.step === step ? '550 5.1.0 no' : undefined);
      const [reply] = await sendOnce(`smtp://127.0.0.1:${sink.port}`, copyOf(message));
      return reply!.answers;
    };
    expect([await at('mail'), await at('data'), await at('final')]).toEqual(['copy', 'copy', 'copy']);
    expect(await at('rcpt')).toBe('recipient');
    expect(await at('none')).toBe('copy');
  });

  it('keeps a connection for the next copy and opens another when the server closed it meanwhile', async () => {
    const sink = await sinkOf();
    const transport = transportTo(`smtp://127.0.0.1:${sink.port}`);
    const connection = await transport.acquire();
    await connection.send(copyOf(message));
    await connection.send(copyOf(message));
    expect(sink.messages.map((one) => one.connection)).toEqual([1, 1]);
    // The server hangs up at the next MAIL of connection 1, before it says anything to it.
    sink.rule = (event) => (event.step === 'mail' && event.connection === 1 ? 'close' : undefined);
    const [reply] = await connection.send(copyOf(message));
    expect(reply!.status).toBe('sent');
    expect(sink.messages.map((one) => one.connection)).toEqual([1, 1, 2]);
    connection.release();
  });

  it('tells temporary, without a code, when the connection dies before the final reply, and sends nothing twice', async () => {
    const sink = await sinkOf();
    const transport = transportTo(`smtp://127.0.0.1:${sink.port}`);
    const connection = await transport.acquire();
    await connection.send(copyOf(message));
    let finals = 0;
    sink.rule = ({ step }) => (step === 'final' && ++finals > 0 ? 'close' : undefined);
    const [reply] = await connection.send(copyOf(message));
    expect(reply).toMatchObject({
      status: 'temporary',
      code: 0,
      text: expect.stringContaining('connection-lost'),
    });
    expect(finals).toBe(1);
    connection.release();
  });

  it('is told of a server that is not there as temporary', async () => {
    const sink = await startSmtpSink();
    await sink.close();
    const [reply] = await sendOnce(`smtp://127.0.0.1:${sink.port}`, copyOf(message));
    expect(reply).toMatchObject({ status: 'temporary', code: 0 });
  });

  it('leaves a server that answers 421 and comes again by a new connection', async () => {
    const sink = await sinkOf();
    sink.rule = (event) =>
      event.step === 'final' && event.connection === 1 ? '421 4.3.2 going down' : undefined;
    const transport = transportTo(`smtp://127.0.0.1:${sink.port}`);
    const connection = await transport.acquire();
    expect((await connection.send(copyOf(message)))[0]).toMatchObject({ status: 'temporary', code: 421 });
    expect((await connection.send(copyOf(message)))[0]!.status).toBe('sent');
    expect(sink.messages[0]!.connection).toBe(2);
    connection.release();
  });

  it('opens no more connections than it may', async () => {
    const sink = await sinkOf();
    const transport = transportTo(`smtp://127.0.0.1:${sink.port}`, { maxConnections: 2 });
    const work = Array.from({ length: 20 }, async () => {
      const connection = await transport.acquire();
      const [reply] = await connection.send(copyOf(message));
      connection.release();
      return reply!.status;
    });
    expect(new Set(await Promise.all(work))).toEqual(new Set(['sent']));
    expect(new Set(sink.messages.map((one) => one.connection)).size).toBe(2);
  });

  it('announces 8-bit and international mail, and refuses both for good where the server lacks them', async () => {
    const able = await sinkOf();
    const seen: string[] = [];
    able.rule = ({ step, line }) => {
      if (step === 'mail') seen.push(line);
      return undefined;
    };
    const copy = copyOf('Subject: ü\r\n\r\nü\r\n', {
      recipients: ['jörg@example.org'],
      smtputf8: true,
      eightBit: true,
    });
    expect((await sendOnce(`smtp://127.0.0.1:${able.port}`, copy))[0]!.status).toBe('sent');
    expect(seen[0]).toMatch(/ SIZE=\d+ BODY=8BITMIME SMTPUTF8$/);
    expect(able.messages[0]!.recipients).toEqual(['jörg@example.org']);
    const old = await sinkOf(['PIPELINING']);
    expect((await sendOnce(`smtp://127.0.0.1:${old.port}`, copy))[0]).toMatchObject({
      status: 'permanent',
      enhanced: '5.6.7',
    });
    const eightBit = copyOf('Subject: x\r\n\r\nü\r\n', { eightBit: true });
    expect((await sendOnce(`smtp://127.0.0.1:${old.port}`, eightBit))[0]).toMatchObject({
      status: 'permanent',
      enhanced: '5.6.3',
    });
    expect(old.count).toBe(0);
  });

  it('spares a server what is larger than it announces', async () => {
    const sink = await sinkOf(['SIZE 10']);
    expect((await sendOnce(`smtp://127.0.0.1:${sink.port}`, copyOf(message)))[0]).toMatchObject({
      status: 'permanent',
      code: 552,
      enhanced: '5.3.4',
    });
  });

  it('writes no address that could end its command', async () => {
    const sink = await sinkOf();
    const recipients = ['a@b>\r\nRCPT TO:<eve@example.org', 'ok@example.org'];
    const replies = await sendOnce(`smtp://127.0.0.1:${sink.port}`, copyOf(message, { recipients }));
    expect(replies.map(({ code }) => code)).toEqual([553, 553]);
    expect(sink.count).toBe(0);
  });

  it('bounds what a hostile server says', async () => {
    const endless = await dialogueOf(`
      s: 220 mx
      c: EHLO lists.example.org
      s> ${JSON.stringify('250-x\r\n'.repeat(500))}
    `);
    const [reply] = await sendOnce(`smtp://127.0.0.1:${endless.port}`, copyOf(message));
    expect(reply).toMatchObject({ status: 'temporary', text: expect.stringContaining('peer-babbles') });
    const long = await dialogueOf(`s> ${JSON.stringify(`220 ${'x'.repeat(10_000)}`)}`);
    const [other] = await sendOnce(`smtp://127.0.0.1:${long.port}`, copyOf(message));
    expect(other!.text).toContain('peer-babbles');
  });

  it('gives up a server that is silent, and one that reads nothing', async () => {
    const timeouts = { connectMs: 1_000, replyMs: 150, dataMs: 150 };
    const silent = await dialogueOf('s: 220 mx\nc: EHLO lists.example.org\nc: never');
    const [reply] = await sendOnce(`smtp://127.0.0.1:${silent.port}`, copyOf(message), { timeouts });
    expect(reply).toMatchObject({ status: 'temporary', text: expect.stringContaining('peer-timeout') });
    const sink = await sinkOf();
    sink.rule = ({ step, pause }) => {
      if (step === 'data') pause();
      return undefined;
    };
    const large = copyOf(`${'x'.repeat(70)}\r\n`.repeat(500_000));
    const [other] = await sendOnce(`smtp://127.0.0.1:${sink.port}`, large, { timeouts });
    expect(other!.text).toContain('peer-timeout');
  });

  it('speaks LMTP: a reply for each accepted recipient, temporary for those whose reply was lost', async () => {
    const lmtp = `
      s: 220 mx LMTP
      c: LHLO lists.example.org
      s: 250-mx
      s: 250 PIPELINING
      c: MAIL FROM:<bounce@lists.example.org>
      c: RCPT TO:<a@example.org>
      c: RCPT TO:<b@example.org>
      c: RCPT TO:<c@example.org>
      c: DATA
      s: 250 fine
      s: 250 fine
      s: 550 5.1.1 unknown
      s: 250 fine
      s: 354 go on
      c: Subject: x
      c:
      c: hello
      c: .
      s: 250 2.0.0 stored
      s!
    `;
    const server = await dialogueOf(lmtp);
    const recipients = ['a@example.org', 'b@example.org', 'c@example.org'];
    const replies = await sendOnce(`lmtp://127.0.0.1:${server.port}`, copyOf(message, { recipients }));
    expect(replies.map(({ status, code, answers }) => [status, code, answers])).toEqual([
      ['sent', 250, 'recipient'],
      ['permanent', 550, 'recipient'],
      ['temporary', 0, undefined],
    ]);
  });

  it('refuses a route that is none', () => {
    expect(() => transportTo('http://example.org')).toThrow(expect.objectContaining({ code: 'bad-route' }));
  });
});
