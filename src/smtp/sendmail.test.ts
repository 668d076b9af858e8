import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { dotStuff } from './dot-stuffing.ts';
import { sendmailTransport } from './sendmail.ts';
import type { RecipientReply } from './transport.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssympa-sendmail-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that writes down its arguments and its input, then runs some lines of sh. */
function program(lines: string): string {
  const path = join(folder, 'sendmail');
  const head = `#!/bin/sh\nprintf '%s\\n' "$@" >> ${folder}/args\ncat >> ${folder}/input\n`;
  writeFileSync(path, `${head}${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function send(
  path: string,
  pieces: readonly Uint8Array[],
  more: { readonly recipients?: readonly string[]; readonly envelopeSender?: string } = {},
  maxRunMs?: number,
): Promise<readonly RecipientReply[]> {
  const args = ['-oi', '-odi'];
  const transport = sendmailTransport({
    path,
    args,
    maxProcesses: 2,
    log: silentLog,
    ...(maxRunMs && { maxRunMs }),
  });
  const connection = await transport.acquire();
  const { recipients = ['alice@example.org'], envelopeSender = 'bounce@example.org' } = more;
  const replies = await connection.send({
    envelopeSender,
    recipients,
    pieces,
    size: 0,
    smtputf8: false,
    eightBit: true,
  });
  connection.release();
  await transport.close();
  return replies;
}

const read = (name: string) => readFileSync(join(folder, name), 'latin1');

describe('the sendmail way out', () => {
  it('calls the program once a recipient, with addresses that are never options or shell text', async () => {
    const recipients = ['-oQ/tmp@example.org', '$(touch x)@example.org'];
    const replies = await send(program('exit 0'), [Buffer.from('x\r\n')], { recipients, envelopeSender: '' });
    expect(replies.map(({ recipient, status }) => [recipient, status])).toEqual([
      [recipients[0], 'sent'],
      [recipients[1], 'sent'],
    ]);
    const common = ['-oi', '-odi', '-f', '<>', '--'];
    expect(read('args').trimEnd().split('\n')).toEqual([...common, recipients[0], ...common, recipients[1]]);
  });

  it('writes local lines, whatever the pieces: no CR, no doubled dot', async () => {
    const text = 'Subject: x\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n\xff\0\r\n';
    const wire = dotStuff(Buffer.from(text, 'latin1'));
    const local = text.replaceAll('\r\n', '\n');
    const path = program('exit 0');
    await send(path, [wire]);
    await send(
      path,
      [...wire].map((byte) => Uint8Array.of(byte)),
    );
    await send(path, [wire.subarray(0, 15), wire.subarray(15, 18), wire.subarray(18)]);
    expect(read('input')).toBe(local.repeat(3));
  });

  it.each([
    [0, 'sent'],
    [65, 'permanent'],
    [67, 'permanent'],
    [68, 'permanent'],
    [77, 'permanent'],
    [71, 'temporary'],
    [75, 'temporary'],
    [1, 'temporary'],
    [255, 'temporary'],
  ])('takes exit code %i for %s', async (code, status) => {
    expect((await send(program(`exit ${code}`), [Buffer.from('x\r\n')]))[0]!.status).toBe(status);
  });

  it('takes a program that cannot be run, is killed, hangs or does not read for passing trouble', async () => {
    const large = [Buffer.alloc(1 << 20, 'x')];
    expect((await send(join(folder, 'nowhere'), large))[0]!.status).toBe('temporary');
    expect((await send(program('kill -9 $$'), large))[0]!.status).toBe('temporary');
    expect((await send(program('exec sleep 60'), large, {}, 200))[0]!.status).toBe('temporary');
    const path = join(folder, 'early');
    writeFileSync(path, '#!/bin/sh\nexit 75\n');
    chmodSync(path, 0o755);
    expect((await send(path, large))[0]!.status).toBe('temporary');
  });
});
