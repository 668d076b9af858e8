import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasProgram, requireProgram } from './programs.ts';

/** What an instance does with mail. */
export interface PostfixOptions {
  readonly port: number;
  /** Where mail for a domain or an address goes: `lists.example.org` → `lmtp:inet:127.0.0.1:2424`. */
  readonly transport: Readonly<Record<string, string>>;
  /** Aliases of `mx.example.org`: a name and what stands behind it, such as `"|program"`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Addresses of `example.org` and `example.net` that have a mailbox. */
  readonly mailboxes: readonly string[];
  /** `argv=` of the pipe(8) service `program`, run as user nobody. */
  readonly program: string;
}

/** A Postfix of a test's own, on loopback. */
export interface TestPostfix {
  readonly port: number;
  /** Everything it logged. */
  log(): string;
  /** Waits until a mailbox of `example.org` or `example.net` has so many messages, and gives them. */
  mailbox(address: string, count?: number): Promise<readonly Uint8Array[]>;
  /** Waits until a text stands in the log. */
  logged(text: string): Promise<void>;
  /** Tries everything in the queue again, at once. */
  flush(): void;
  stop(): Promise<void>;
}

/** The number of user and group nobody, to whom the mailboxes belong. */
const nobody = 65_534;
const waitMs = 25_000;
/** The checks of its start script take long on a busy machine. */
const startMs = 90_000;

/**
 * Tells whether a Postfix can be run here, for `describe.skipIf`: it wants root.
 *
 * @throws Error where it cannot and `CI=true`: there nothing may be skipped
 */
export function hasPostfix(): boolean {
  if (!hasProgram('postfix')) return false;
  const root = process.getuid?.() === 0;
  if (!root && process.env.CI === 'true') throw new Error('Postfix runs as root only');
  return root;
}

/** Finds a port of loopback that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts an instance with its own folders; nothing of the machine's own Postfix is touched. */
export async function startPostfix(options: PostfixOptions): Promise<TestPostfix> {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-postfix-'));
  chmodSync(folder, 0o755);
  writeConfiguration(folder, options);
  const process = launch(folder);
  const postfix = new Postfix(folder, options.port, process);
  try {
    await postfix.ready();
  } catch (error) {
    const log = postfix.log();
    await postfix.stop();
    throw new Error(`Postfix did not start:\n${log}`, { cause: error });
  }
  return postfix;
}

class Postfix implements TestPostfix {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  constructor(folder: string, port: number, process: ChildProcess) {
    this.#folder = folder;
    this.port = port;
    this.#process = process;
  }

  ready(): Promise<void> {
    const started = async () => {
      if (this.#process.exitCode !== null) throw new Error('it ended');
      return answers(this.port);
    };
    return until('the port', started, startMs);
  }

  log(): string {
    const parts = ['mail.log', 'start.log'].map((name) => join(this.#folder, name));
    return parts.map((file) => readIfThere(file)).join('');
  }

  async mailbox(address: string, count = 1): Promise<readonly Uint8Array[]> {
    const folder = join(this.#folder, 'mail', address, 'new');
    const names = () => [...list(folder)].sort();
    await until(`mail for ${address} in\n${this.log()}`, () => names().length >= count);
    return names().map((name) => readFileSync(join(folder, name)));
  }

  logged(text: string): Promise<void> {
    return until(`${text} in\n${this.log()}`, () => this.log().includes(text));
  }

  flush(): void {
    execFileSync(requireProgram('postqueue'), ['-c', join(this.#folder, 'etc'), '-f']);
  }

  async stop(): Promise<void> {
    // What waits for this pipe ends Postfix and removes its folder; so does the end of this process, however it comes.
    this.#process.stdin!.end();
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, 'exit');
  }
}

function launch(folder: string): ChildProcess {
  // Postfix may still be starting when it is to end; it is told until it has.
  const script = `
    ("$1" -c "$2/etc" start-fg >"$2/start.log" 2>&1; : >"$2/ended") &
    read -r _
    until [ -e "$2/ended" ] || ! [ -d "$2/etc" ]; do
      "$1" -c "$2/etc" abort >/dev/null 2>&1
      sleep 0.1
    done
    rm -rf "$2"`;
  return spawn('/bin/sh', ['-c', script, 'sh', requireProgram('postfix'), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
}

function writeConfiguration(folder: string, options: PostfixOptions): void {
  for (const name of ['etc', 'queue', 'data', 'mail']) mkdirSync(join(folder, name), { mode: 0o755 });
  chownSync(join(folder, 'mail'), nobody, nobody);
  execFileSync('chown', ['postfix', join(folder, 'data')]);
  const write = (name: string, entries: Readonly<Record<string, string>>, mark: string) => {
    const lines = Object.entries(entries).map(([key, value]) => `${key}${mark} ${value}\n`);
    writeFileSync(join(folder, name), lines.join(''));
  };
  write('aliases', options.aliases, ':');
  write('transport', options.transport, '');
  write('mailboxes', Object.fromEntries(options.mailboxes.map((one) => [one, `${one}/`])), '');
  write('etc/main.cf', mainParameters(folder), ' =');
  writeFileSync(join(folder, 'etc/master.cf'), masterLines(options).join('\n'));
  execFileSync(requireProgram('postalias'), ['-c', join(folder, 'etc'), `hash:${folder}/aliases`]);
}

function mainParameters(folder: string): Readonly<Record<string, string>> {
  return {
    compatibility_level: '3.6',
    queue_directory: `${folder}/queue`,
    data_directory: `${folder}/data`,
    maillog_file: `${folder}/mail.log`,
    maillog_file_prefixes: folder,
    myhostname: 'mx.example.org',
    mydestination: 'mx.example.org',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_tls_security_level: 'none',
    smtp_tls_security_level: 'none',
    alias_maps: `hash:${folder}/aliases`,
    alias_database: '',
    default_privs: 'nobody',
    transport_maps: `texthash:${folder}/transport`,
    relay_domains: 'lists.example.org',
    // Nothing of a test leaves the machine.
    default_transport: 'error:no such domain in this test',
    disable_dns_lookups: 'yes',
    virtual_mailbox_domains: 'example.org, example.net',
    virtual_mailbox_base: `${folder}/mail`,
    virtual_mailbox_maps: `texthash:${folder}/mailboxes`,
    virtual_minimum_uid: '1',
    virtual_uid_maps: `static:${nobody}`,
    virtual_gid_maps: `static:${nobody}`,
    message_size_limit: '100000000',
    virtual_mailbox_limit: '0',
    mailbox_size_limit: '0',
  };
}

/** Services without chroot, the privileged ones as in the default file. */
function masterLines({ port, program }: PostfixOptions): readonly string[] {
  return [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'lmtp unix - - n - - lmtp',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'local unix - n n - - local',
    'virtual unix - n n - - virtual',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'showq unix n - n - - showq',
    'postlog unix-dgram n - n - 1 postlogd',
    `program unix - n n - - pipe user=nobody argv=${program}`,
    '',
  ];
}

async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = waitMs,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}

/** Tells whether a server greets. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (greeted: boolean) => {
      resolve(greeted);
      socket.destroy();
    };
    socket.once('data', () => settle(true)).once('error', () => settle(false));
    socket.once('close', () => settle(false)).setTimeout(waitMs, () => settle(false));
  });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
