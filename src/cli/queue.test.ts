import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import { systemClock } from '../clock.ts';
import { IntakeService } from '../intake/intake-service.ts';
import { silentLog } from '../log.ts';
import { type MailListener, startMailListener } from '../smtp/listener.ts';

let made: FolderSite;
let listener: MailListener | undefined;

beforeEach(async () => {
  made = await makeFolderSite();
  made.write('expl/plans/config', 'owner\nemail ann@example.org\n');
  made.write('expl/small/config', 'owner\nemail ann@example.org\n\nmax_size 100\n');
  made.write('expl/broken/config', 'no_such_parameter x\n');
});

afterEach(async () => {
  await listener?.close();
  listener = undefined;
  await made.dispose();
});

async function listen(path = join(made.dir, 'data/lmtp.sock'), maxMessageBytes = 1 << 20): Promise<void> {
  const { site, lists, store } = made;
  const parts = { site: () => site, lists: () => lists, store, clock: systemClock, log: silentLog };
  listener = await startMailListener({
    protocol: 'lmtp',
    target: { path },
    hostName: 'example.org',
    maxMessageBytes,
    handler: new IntakeService(parts),
    log: silentLog,
  });
}

const message = 'From: ann@example.org\nSubject: x\n\nhello\n.\n..\n.a\nno end';

function queue(address: string, args: readonly string[] = [], stdin = message, env = {}) {
  return runCli(['queue', address, '--conf', join(made.dir, 'sympa.conf'), ...args], { stdin, env });
}

async function stored() {
  const [summary] = await made.store.messages.listByState(['incoming'], { limit: 10 });
  return summary && made.store.messages.get(summary.id);
}

describe('ssympa queue', () => {
  it('ends with 0 when the message is stored, with CRLF lines and no dot more or less', async () => {
    await listen();
    expect(await queue('plans@example.org')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const taken = await stored();
    expect(Buffer.from(taken!.raw).toString()).toBe(`${message.replaceAll('\n', '\r\n')}\r\n`);
    expect(taken).toMatchObject({ recipient: 'plans@example.org', envelopeSender: '' });
  });

  it.each([
    [['--sender', 'bob@example.org'], { SENDER: 'ann@example.org' }, 'bob@example.org'],
    [[], { SENDER: 'ann@example.org' }, 'ann@example.org'],
    [[], { SENDER: 'MAILER-DAEMON' }, ''],
    [[], { SENDER: '' }, ''],
    [['--sender', '<>'], {}, ''],
    [[], {}, 'carl@example.org'],
  ])('with %j and %j has the envelope sender %j', async (args, env, sender) => {
    await listen();
    const stdin = `From x Tue Nov 24\nReturn-Path: <carl@example.org>\n${message}`;
    expect(await queue('plans@example.org', args, stdin, env)).toMatchObject({ code: 0 });
    expect(await stored()).toMatchObject({ envelopeSender: sender });
  });

  it('finds the socket by option and by variable', async () => {
    const socket = join(made.dir, 'elsewhere/x.sock');
    await listen(socket);
    expect(await queue('plans@example.org')).toMatchObject({ code: 75 });
    expect(await queue('plans@example.org', ['--socket', socket])).toMatchObject({ code: 0 });
    expect(await queue('plans-request@example.org', [], message, { SSYMPA_SOCKET: socket })).toMatchObject({
      code: 0,
    });
  });

  it.each([
    ['nobody@example.org', 67, '550 5.1.1 no such address here'],
    ['plans@example.org>\r\nRCPT TO:<plans@example.org', 67, 'cannot be written'],
    ['plans@example.org> SIZE=1', 67, 'cannot be written'],
    ['broken@example.org', 75, '451 4.3.0'],
    ['small@example.org', 65, '552 5.2.3'],
  ])('for %j ends with %i', async (address, code, text) => {
    await listen();
    const result = await queue(address, [], `${message}${'x'.repeat(200)}\n`);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(`ssympa: error: `);
    expect(result.stderr).toContain(text);
    expect(await stored()).toBeUndefined();
  });

  it('ends with 65 for an envelope sender that could smuggle a command', async () => {
    await listen();
    const sender = 'a@example.org>\r\nRCPT TO:<plans@example.org';
    expect((await queue('plans@example.org', ['--sender', sender])).code).toBe(65);
    expect(await stored()).toBeUndefined();
  });

  it('ends with 65 for a message that is too large for the site, and for none at all', async () => {
    await listen(undefined, 10_000);
    expect((await queue('plans@example.org', [], `${'x'.repeat(70)}\n`.repeat(1_000))).code).toBe(65);
    expect((await queue('plans@example.org', [], '')).code).toBe(65);
    expect(await stored()).toBeUndefined();
  });

  it('ends with 75 when the daemon is not running, or there is no site', async () => {
    const result = await queue('plans@example.org');
    expect(result.code).toBe(75);
    expect(result.stderr).toContain('ssympa: hint: ');
    rmSync(join(made.dir, 'sympa.conf'));
    expect((await queue('plans@example.org')).code).toBe(75);
  });

  it('ends with 75 when lmtp_listen names no socket', async () => {
    made.write('sympa.conf', 'domain example.org\nlistmaster root@example.org\nlmtp_listen 127.0.0.1:0\n');
    const result = await queue('plans@example.org');
    expect(result.code).toBe(75);
    expect(result.stderr).toContain('unix:data/lmtp.sock');
  });

  it('ends with 64 without an address', async () => {
    expect((await runCli(['queue'])).code).toBe(64);
  });
});
