import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../kit/cli.ts';
import { plainMessage } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const domain = 'lists.example.org';
const from = 'alice@example.org';
/** What one of the addresses would write, if it ever came to a shell or to a path. */
const trap = `/tmp/ssympa-hostile-${process.pid}`;

/** What stands between `RCPT TO:<` and `>`, as bytes of a JSON string. */
const addresses: readonly (readonly [what: string, address: string])[] = [
  ['a path upwards', `../../etc/passwd@${domain}`],
  ['a path upwards, quoted', `"../../../../../..${trap}"@${domain}`],
  ['a path from the root', `/etc/passwd@${domain}`],
  ['a path through a list', `board/../board@${domain}`],
  ['a file of a list', `board/config@${domain}`],
  ['a folder that is no list', `X509-user-certs@${domain}`],
  ['the folder itself', `.@${domain}`],
  ['the folder above', `..@${domain}`],
  ['a path in the domain', `board@${domain}/../..`],
  ['a domain that is a path', 'board@../../etc'],
  ['a suffix behind a path', `../board-request@${domain}`],
  ['a NUL in the name', `board\0@${domain}`],
  ['a NUL behind a list', `board\0.pem@${domain}`],
  ['a local part of 300 characters', `${'a'.repeat(300)}@${domain}`],
  ['a list with 300 characters of suffix', `board${'-request'.repeat(38)}@${domain}`],
  ['a domain of 300 characters', `board@${'a.'.repeat(150)}example`],
  ['an empty quoted string', `""@${domain}`],
  ['quotes that do not end', `"board@${domain}`],
  ['quotes inside', `bo"ar"d@${domain}`],
  ['blanks in quotes', `"board board"@${domain}`],
  ['an escaped quote', `"bo\\"ard"@${domain}`],
  ['a command of the shell', `$(touch ${trap})@${domain}`],
  ['a pipe', `"|touch ${trap}"@${domain}`],
  ['an option of a program', `-oQ${trap}@${domain}`],
  ['two signs', `board@${domain}@${domain}`],
  ['a source route to elsewhere', `@${domain}:board@elsewhere.example`],
  ['a percent hack', `board%elsewhere.example@${domain}`],
  ['a name of JavaScript', `__proto__@${domain}`],
  ['another name of JavaScript', `constructor@${domain}`],
  ['nobody', `@${domain}`],
  ['no domain', 'board@'],
  ['another domain', 'board@elsewhere.example'],
  ['an address literal', 'board@[127.0.0.1]'],
  ['a letter that looks like another', `b\u00d0\u00bea\u00d1\u0080d@${domain}`],
  ['bytes that are no UTF-8', `board\u00ff\u00fe@${domain}`],
  ['a bounce of nothing', `bounce+@${domain}`],
  ['a bounce without a proof', `bounce+board+alice=example.org@${domain}`],
  ['a bounce with a false proof', `bounce+${'0'.repeat(32)}+board+alice=example.org@${domain}`],
  ['a bounce with a path', `bounce+../../etc/passwd@${domain}`],
  ['a bounce of signs', `bounce+++++====----@${domain}`],
  ['a bounce of 240 characters', `bounce+${'x=y+'.repeat(58)}@${domain}`],
];

describe('story 04: hostile addresses', () => {
  let site: TestSite;
  let before: readonly string[];
  beforeAll(async () => {
    site = await TestSite.make();
    await site.list('board', [from]);
    await site.start();
    before = filesOf(site);
  });
  afterAll(() => site.dispose());

  it.each(['lmtp', 'smtp'] as const)('are refused for good by %s, each and every one', async (protocol) => {
    const [, port] = site.daemon.addresses[protocol]!.split(':');
    for (const [what, address] of addresses) {
      const peer = new Peer(connect(Number(port), '127.0.0.1'));
      await peer.reply();
      await peer.say(`${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} peer.example`);
      expect(await peer.say(`MAIL FROM:<${from}>`)).toMatch(/^250 /);
      const reply = await peer.say(`RCPT TO:<${address}>`);
      expect(reply, `${what}: ${JSON.stringify(address)}`).toMatch(/^5\d\d 5\.\d\.\d /);
      expect(await peer.say('DATA')).toMatch(/^5\d\d /);
      peer.close();
    }
    await expectNothing(site, before);
  }, 60_000);

  it('are refused by ssympa queue with the code of an unknown address', async () => {
    for (const [what, address] of addresses.filter(([, one]) => !one.includes('\0'))) {
      const world = { stdin: 'From: alice@example.org\n\nhello\n' };
      const options = ['--socket', join(site.dir, 'data/lmtp.sock')];
      const { code } = await runCli(['queue', ...options, '--', address], world);
      expect(code, `${what}: ${JSON.stringify(address)}`).toBe(67);
    }
    await expectNothing(site, before);
  });

  it('leave the site as it was: a post is distributed', async () => {
    const to = `board@${domain}`;
    expect(await site.post(plainMessage({ from, to }, 'hello\n'), { from, to })).toMatchObject({ code: 250 });
    await site.sink.waitForRecipients([from]);
    expect(site.sink.count).toBe(1);
  });
});

/** A peer that says whatever it likes. */
class Peer {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = linesOf(socket);
  }

  say(line: string): Promise<string> {
    this.#socket.write(Buffer.from(`${line}\r\n`, 'latin1'));
    return this.reply();
  }

  /** Gives the last line of the next reply. */
  async reply(): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return 'closed';
      if (value[3] !== '-') return value;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = '';
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    const lines = (rest + bytes.toString('latin1')).split('\r\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

async function expectNothing(site: TestSite, before: readonly string[]): Promise<void> {
  expect(filesOf(site)).toEqual(before);
  expect(existsSync(trap)).toBe(false);
  expect(await site.withStore((store) => store.messages.newest())).toBeUndefined();
  expect(await site.withStore((store) => store.jobs.list({ states: ['ready'] }))).toEqual([]);
  expect(site.sink.count).toBe(0);
}

/** Every file and folder of a site with its content, the database left out. */
function filesOf({ dir }: TestSite): readonly string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .filter(({ path }) => !relative(dir, path).startsWith('data/'))
    .map(({ entry, path }) => `${relative(dir, path)} ${entry.isFile() ? readFileSync(path, 'base64') : ''}`)
    .sort();
}
