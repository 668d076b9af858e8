import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { dotStuff } from './dot-stuffing.ts';
import { type IncomingEnvelope, type MailHandler, type MailListener, startMailListener } from './listener.ts';
import { listenerReplies } from './reply.ts';

interface Taken {
  readonly envelope: IncomingEnvelope;
  readonly raw: Buffer;
}

const open: MailListener[] = [];
const taken: Taken[] = [];
const handler: MailHandler = {
  recipient: async () => listenerReplies.recipientFine,
  messageForEach: async (envelope, raw) => {
    taken.push({ envelope, raw: Buffer.from(raw) });
    return envelope.recipients.map(() => listenerReplies.stored);
  },
  messageForAll: async (envelope, raw) => (await handler.messageForEach(envelope, raw))[0]!,
};

async function listen(protocol: 'lmtp' | 'smtp'): Promise<MailListener> {
  const target = { host: '127.0.0.1', port: 0 };
  const options = { protocol, target, handler, maxMessageBytes: 1 << 20, hostName: 'lists.example.org' };
  const listener = await startMailListener({ ...options, log: silentLog });
  open.push(listener);
  return listener;
}

function portOf({ address }: MailListener): { readonly port: number } {
  return { port: Number(address.split(':').at(-1)) };
}

afterEach(async () => {
  taken.length = 0;
  for (const listener of open.splice(0)) await listener.close();
});

/** Ends that a careless server takes for the end of the message; what follows would then be commands. */
const falseEnds = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\r.\n',
  '\n.\r',
  '\r\n\0.\r\n',
  '\r\r\n.\r\r\n',
];

describe('SMTP smuggling', () => {
  const smuggled =
    'MAIL FROM:<eve@example.org>\r\nRCPT TO:<victim@lists.example.org>\r\nDATA\r\nSubject: forged\r\n\r\nx';

  it.each(falseEnds.map((end) => [JSON.stringify(end), end]))('%s ends no message', async (_name, end) => {
    for (const protocol of ['lmtp', 'smtp'] as const) {
      taken.length = 0;
      const listener = await listen(protocol);
      const data = `Subject: x\r\n\r\nhello${end}${smuggled}\r\n.\r\n`;
      const said = await sendRaw(listener, protocol, data, 'QUIT\r\n');
      // Refused as a whole, or taken as one message whose text has all of it.
      expect(taken.length).toBeLessThanOrEqual(1);
      expect(said).toMatch(
        taken.length === 0 ? /^554 5\.6\.0 [^\r]*\r\n221 /m : /^250 2\.0\.0 stored\r\n221 /m,
      );
      for (const { envelope, raw } of taken) {
        expect(envelope.recipients).toEqual(['one@lists.example.org']);
        expect(raw.toString('latin1')).toBe(data.slice(0, -3));
      }
    }
  });

  it.each(
    falseEnds.slice(0, 8).map((end) => [JSON.stringify(end), end]),
  )('%s is refused, so that it reaches no careless server behind us', async (_name, end) => {
    const listener = await listen('lmtp');
    const said = await sendRaw(listener, 'lmtp', `hello${end}${smuggled}\r\n.\r\n`, 'QUIT\r\n');
    expect(said).toContain('554 5.6.0 ');
    expect(taken).toEqual([]);
  });
});

describe('the bytes of a message', () => {
  const lines = fc.array(
    fc.oneof(
      fc.constantFrom('', '.', '..', '.x', 'x.', ' . ', '\0', 'ü', 'MAIL FROM:<eve@example.org>', 'QUIT'),
      fc.string({ maxLength: 80 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
    ),
    { maxLength: 30 },
  );

  it('come out as they went in, however they are cut on the way', async () => {
    const listener = await listen('lmtp');
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), async (text, cuts) => {
        taken.length = 0;
        const raw = Buffer.from(text.map((line) => `${line}\r\n`).join(''), 'utf8');
        const wire = Buffer.concat([dotStuff(raw), Buffer.from('.\r\n')]);
        const said = await sendRaw(listener, 'lmtp', wire, 'QUIT\r\n', cuts);
        expect(said).toContain('250 2.0.0 stored');
        expect(taken.map((one) => one.raw.toString('hex'))).toEqual([raw.toString('hex')]);
      }),
      { numRuns: 60 },
    );
  });

  it('come out as they went in when each comes alone', async () => {
    const listener = await listen('lmtp');
    taken.length = 0;
    const raw = Buffer.from('Subject: x\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\r\n');
    const wire = Buffer.concat([dotStuff(raw), Buffer.from('.\r\n')]);
    await sendRaw(
      listener,
      'lmtp',
      wire,
      'QUIT\r\n',
      [...wire.keys()].map(() => 1),
    );
    expect(taken[0]!.raw.toString()).toBe(raw.toString());
  });
});

/** Sends data with exactly these bytes and gives everything that the server said. */
function sendRaw(
  listener: MailListener,
  protocol: 'lmtp' | 'smtp',
  data: string | Uint8Array,
  after: string,
  cuts: readonly number[] = [],
): Promise<string> {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', ...portOf(listener) });
    socket.setNoDelay(true);
    let said = '';
    let sent = false;
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split('\r\n').length === 2 && !said.includes('250'))
        socket.write(
          `${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} mx\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<one@lists.example.org>\r\nDATA\r\n`,
        );
      if (!said.includes('354 ') || sent) return;
      sent = true;
      void writeCut(socket, bytes, cuts).then(() => socket.write(after));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(said));
  });
}

async function writeCut(
  socket: ReturnType<typeof connect>,
  bytes: Buffer,
  cuts: readonly number[],
): Promise<void> {
  let from = 0;
  for (const cut of cuts) {
    socket.write(bytes.subarray(from, from + cut));
    from += cut;
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.write(bytes.subarray(Math.min(from, bytes.length)));
}
