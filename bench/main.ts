import { cpus } from 'node:os';
import { benchCertificates } from './certificates.ts';
import { benchCrypto } from './crypto.ts';
import { benchDistribution } from './distribution.ts';
import { benchMemory } from './memory.ts';
import { benchScenario } from './scenario.ts';
import { benchSeal } from './seal.ts';

/** What `npm run bench` measures; name some to run those alone. */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  seal: async () => {
    say('sealing with AES-256-CBC for 1,000 RSA-2048 recipients, copies a second on one core');
    say('      size       ours   openssl cms a copy   raw publicEncrypt   raw time / our time');
    for (const { size, oursPerSecond, opensslPerSecond, rawPerSecond } of benchSeal()) {
      const ratio = rawPerSecond / oursPerSecond;
      say(
        `${pad(size, 10)} ${pad(oursPerSecond, 10)} ${pad(opensslPerSecond, 20)} ${pad(rawPerSecond, 19)}   ours takes ${ratio.toFixed(2)} x raw`,
      );
    }
  },
  crypto: async () => {
    say(
      'verify with path and CRLs, decrypt, seal to 1,000: messages or copies a second on one core, in the best slice',
    );
    say('operation      size       ours   openssl cms   Crypt::SMIME');
    for (const { operation, size, oursPerSecond, opensslPerSecond, cryptSmimePerSecond } of benchCrypto()) {
      const third = cryptSmimePerSecond === undefined ? 'not installed' : pad(cryptSmimePerSecond, 13);
      say(
        `${operation.padEnd(8)} ${pad(size, 10)} ${pad(oursPerSecond, 10)} ${pad(opensslPerSecond, 13)}  ${third}`,
      );
    }
  },
  distribution: async () => {
    say(
      'whole distributions to 1,000 through the daemon to an SMTP sink, each outcome durable, best of three',
    );
    say('kind          size    seconds   copies a second');
    for (const { kind, size, seconds, copiesPerSecond } of await benchDistribution())
      say(`${kind.padEnd(8)} ${pad(size, 9)} ${seconds.toFixed(3).padStart(10)} ${pad(copiesPerSecond, 17)}`);
  },
  scenario: async () => {
    say('decisions of send.private a second on one core, people in memory, best of five');
    say('asker           decision        ours   Sympa::Scenario');
    for (const { asker, action, oursPerSecond, sympaPerSecond } of await benchScenario()) {
      const theirs =
        sympaPerSecond === undefined
          ? 'not installed'
          : `${pad(sympaPerSecond, 15)}   ours ${(oursPerSecond / sympaPerSecond).toFixed(1)} x`;
      say(`${asker.padEnd(13)}   ${action.padEnd(8)}   ${pad(oursPerSecond, 9)}   ${theirs}`);
    }
  },
  certificates: async () => {
    say('look-up and selection among 100,000 certificates on embedded SQLite, one after the other');
    say('recipients  paths      milliseconds   addresses a second');
    const { rows, heapBytes } = await benchCertificates();
    for (const { recipients, paths, milliseconds, addressesPerSecond } of rows)
      say(
        `${pad(recipients, 10)}  ${paths.padEnd(9)} ${milliseconds.toFixed(1).padStart(13)} ${pad(addressesPerSecond, 20)}`,
      );
    say(`the heap grew by ${pad(heapBytes, 1)} bytes; at most 20,000 parsed certificates are kept`);
  },
  memory: async () => {
    say('memory while a message of 30 MB is opened and sealed again, as a multiple of its size');
    for (const { cipher, messageBytes, peakFactor } of benchMemory())
      say(`${cipher}  ${pad(messageBytes, 10)} bytes  ${peakFactor.toFixed(2)} x`);
  },
};

const wanted = process.argv.slice(2);
say(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}\n`);
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await run();
  say('');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function pad(value: number, width: number): string {
  return Math.round(value).toLocaleString('en').padStart(width);
}
