import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseContentInfo } from '../src/cms/content-info.ts';
import { silentLog } from '../src/log.ts';
import { decodedBody, parseEntity } from '../src/mime/entity.ts';
import { smtpTransport } from '../src/smtp/client.ts';
import { dotStuff } from '../src/smtp/dot-stuffing.ts';
import { canaryBody, findCanary } from '../test/kit/canary.ts';
import { decryptMessage, verifyMessage } from '../test/kit/openssl-mail.ts';
import { requireProgram } from '../test/kit/programs.ts';
import type { SunkMessage } from '../test/kit/smtp-sink.ts';
import {
  type DemoDaemon,
  type DemoSite,
  type DemoSubscriber,
  makeDemoSite,
  startDemoDaemon,
} from './demo-site.ts';

const from = 'alice@example.org';
const text = canaryBody(100_000);
const failures: string[] = [];

process.exitCode = await runDemo(process.argv.includes('--keep'));

async function runDemo(keep: boolean): Promise<number> {
  requireProgram('openssl');
  const site = await makeDemoSite();
  const daemon = await startDemoDaemon(site);
  say(`site      ${site.dir}`);
  say(`list      ${site.list}, with certificate and key; a CA of its own`);
  for (const one of site.subscribers) say(`          ${one.address.padEnd(20)} ${one.what}`);
  const raw = signedAndEncrypted(site);
  const began = performance.now();
  const reply = await send(daemon.smtp, site.list, raw);
  check(reply.startsWith('250'), `the post is taken over SMTP: ${reply}`);
  const sealed = site.subscribers.filter((one) => one.decrypting);
  const copies = await site.sink.waitForRecipients([...sealed.map((one) => one.address), 'dave@example.net']);
  const tookMs = performance.now() - began;
  await site.sink.waitFor(5);
  say(`\npost      ${raw.length} bytes, signed by ${from}, encrypted to ${site.list} with openssl cms`);
  say(
    `out       ${copies.reduce((sum, copy) => sum + copy.data.length, 0)} bytes to 4 subscribers in ${Math.round(tookMs)} ms\n`,
  );
  for (const [i, subscriber] of sealed.entries()) reportSealed(site, subscriber, copies[i]!);
  reportMissing(copies.at(-1)!);
  reportDecision(site);
  if (!keep) await daemon.stop();
  const hits = findCanary([site.dir]);
  check(
    hits.length === 0,
    `a search of every file of the site for the text of the message finds ${hits.length === 0 ? 'nothing' : JSON.stringify(hits)}`,
  );
  if (keep) return keepRunning(site, daemon);
  await site.sink.close();
  rmSync(dirname(site.dir), { recursive: true, force: true });
  say(failures.length === 0 ? '\nall of it holds' : `\n${failures.length} claims do not hold`);
  return failures.length === 0 ? 0 : 1;
}

/** Makes the post with the openssl program alone, as a mail client would. */
function signedAndEncrypted(site: DemoSite): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'ssympa-demo-sender-'));
  try {
    const alice = site.subscribers[0]!.signing!;
    const file = (name: string, data: string | Uint8Array) => {
      writeFileSync(join(folder, name), data, { mode: 0o600 });
      return join(folder, name);
    };
    const entity = file('entity', `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}`);
    const certificate = file('cert.pem', alice.certificatePem);
    const key = file('key.pem', alice.privateKeyPem);
    const signed = file(
      'signed',
      openssl(['cms', '-sign', '-binary', '-in', entity, '-signer', certificate, '-inkey', key]),
    );
    const headers = ['-from', from, '-to', site.list, '-subject', '...'];
    const encrypted = openssl([
      'cms',
      '-encrypt',
      '-binary',
      '-aes-256-cbc',
      '-in',
      signed,
      ...headers,
      site.listCertificate,
    ]);
    const crlf = encrypted.toString('latin1').replaceAll(/\r?\n/g, '\r\n');
    const more = `Date: ${new Date().toUTCString().replace('GMT', '+0000')}\r\nMessage-ID: <demo-${Date.now()}@example.org>\r\n`;
    return new Uint8Array(Buffer.from(more + crlf, 'latin1'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openssl(args: readonly string[]): Buffer {
  const run = spawnSync(requireProgram('openssl'), args, { maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`openssl ${args[1]}: ${run.stderr}`);
  return run.stdout;
}

async function send(smtp: string, to: string, raw: Uint8Array): Promise<string> {
  const transport = smtpTransport({ url: `smtp://${smtp}`, maxConnections: 1, log: silentLog });
  const connection = await transport.acquire();
  const copy = {
    envelopeSender: from,
    recipients: [to],
    pieces: [dotStuff(raw)],
    size: raw.length,
    smtputf8: false,
    eightBit: false,
  };
  const [reply] = await connection.send(copy);
  connection.release();
  await transport.close();
  return `${reply!.code} ${reply!.text}`;
}

function reportSealed(site: DemoSite, { address, decrypting }: DemoSubscriber, copy: SunkMessage): void {
  const info = parseContentInfo(decodedBody(parseEntity(copy.data)));
  const recipients =
    info.type === 'enveloped' || info.type === 'authEnveloped' ? info.recipientInfos.length : 0;
  const opened = decryptMessage(copy.data, decrypting!);
  const verdict = verifyMessage(opened, { cafile: site.cafile });
  say(
    `${address}: ${copy.data.length} bytes, ${info.type}, ${recipients} RecipientInfo, envelope sender ${copy.sender}`,
  );
  check(recipients === 1, 'names nobody else');
  check(opened.length > 0, 'openssl cms -decrypt: opens with the subscriber’s own key');
  check(verdict.ok, `openssl cms -verify: ${verdict.complaint.trim()}`);
  check(
    verdict.content.includes(text.slice(0, 60)) && verdict.content.includes(text.slice(-60)),
    'the text is the sender’s',
  );
}

function reportMissing(notice: SunkMessage): void {
  const lines = Buffer.from(notice.data).toString();
  const subject = /^Subject: (.*)$/m.exec(lines)?.[1] ?? '';
  say(`dave@example.net: no copy in clear; a notice instead: ${subject.trim()}`);
  check(
    notice.sender === '' && !lines.includes(text.slice(0, 28)),
    'the notice holds nothing of the post; the post waits for a certificate',
  );
}

function reportDecision(site: DemoSite): void {
  const launcher = join(import.meta.dirname, '../bin/ssympa');
  const args = [
    'scenario',
    'explain',
    'send.private',
    '--list',
    site.list,
    '--sender',
    from,
    '--method',
    'smime',
    '--json',
    '--conf',
    site.confFile,
  ];
  const run = spawnSync(launcher, args, { encoding: 'utf8' });
  const { decision, rule } = JSON.parse(run.stdout) as {
    decision: { action: string };
    rule: { line: number; text: string };
  };
  say(`\nscenario  send.private, method smime: ${decision.action} by line ${rule.line}: ${rule.text}`);
  check(decision.action === 'do_it', 'the scenario lets the sender post');
}

function keepRunning(site: DemoSite, { pid, lmtp, smtp, https }: DemoDaemon): Promise<number> {
  say('\nthe site goes on');
  say(`          web interface  ${https}, and the list's certificate at ${https}/load_cert/board`);
  say(
    `          mail in        SMTP ${smtp}, LMTP ${lmtp}; mail out to the sink at 127.0.0.1:${site.sink.port}`,
  );
  say(`          folder         ${site.dir}`);
  say(`stop it with Ctrl-C, or: kill ${process.pid}`);
  return new Promise((resolve) => {
    const stop = () => {
      process.kill(pid, 'SIGTERM');
      site.sink.close().then(
        () => resolve(failures.length === 0 ? 0 : 1),
        () => resolve(1),
      );
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

function check(holds: boolean, claim: string): void {
  say(`          ${holds ? 'ok  ' : 'FAIL'} ${claim}`);
  if (!holds) failures.push(claim);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
