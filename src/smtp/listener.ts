import { chmod, rm, stat } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { makeFolder } from '../files.ts';
import type { Log } from '../log.ts';
import { SmtpError } from './error.ts';
import { type ListenerReply, listenerReplies } from './reply.ts';

/** Where to listen. */
export type ListenTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** The envelope of a message that comes in. */
export interface IncomingEnvelope {
  /** Empty for the null sender. */
  readonly envelopeSender: string;
  readonly recipients: readonly string[];
}

/** Who takes the mail. */
export interface MailHandler {
  /** Says whether mail for an address is taken. */
  recipient(address: string): Promise<ListenerReply>;
  /** Takes a message for each recipient by itself (LMTP): a reply each, in order. */
  messageForEach(envelope: IncomingEnvelope, raw: Uint8Array): Promise<readonly ListenerReply[]>;
  /** Takes a message for all recipients or for none (SMTP): one reply. */
  messageForAll(envelope: IncomingEnvelope, raw: Uint8Array): Promise<ListenerReply>;
}

/** What a listener is made of. */
export interface MailListenerOptions {
  readonly protocol: 'lmtp' | 'smtp';
  readonly target: ListenTarget;
  /** The name that this host gives itself. */
  readonly hostName: string;
  /** A larger message is refused with 552, its bytes are not kept. */
  readonly maxMessageBytes: number;
  readonly handler: MailHandler;
  readonly log: Log;
}

/** A listener that takes mail. */
export interface MailListener {
  /** `127.0.0.1:2424` or `unix:/path`. */
  readonly address: string;
  /** Ends after the transactions under way. */
  close(): Promise<void>;
}

const maxClients = 100;
const maxRecipients = 1_000;
const idleMs = 300_000;
const closeMs = 20_000;
/** Any user's pipe may hand mail in: what is taken and what is not is decided by the address alone. */
const socketMode = 0o666;

/**
 * Listens for mail.
 *
 * @throws SmtpError `listen-failed`
 */
export async function startMailListener(options: MailListenerOptions): Promise<MailListener> {
  const { target } = options;
  if ('path' in target) await clearSocket(target.path);
  const server = makeServer(options);
  server.on('error', (error: Error) => options.log.warn('mail listener', { error: error.name }));
  const bound = await bind(server, target);
  if ('path' in target) await chmod(target.path, socketMode);
  return {
    address: 'path' in target ? `unix:${target.path}` : addressOf(bound),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function makeServer({ protocol, hostName, maxMessageBytes, handler, log }: MailListenerOptions): SMTPServer {
  const lmtp = protocol === 'lmtp';
  return new SMTPServer({
    lmtp,
    name: hostName,
    banner: 'S/Sympa',
    size: maxMessageBytes,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideDSN: true,
    maxClients,
    maxRecipients,
    socketTimeout: idleMs,
    closeTimeout: closeMs,
    logger: false,
    onRcptTo({ address }, session, done) {
      // In LMTP each RCPT has a reply of its own after the data; the library keeps a repeated one once.
      const repeated = session.envelope.rcptTo.some(
        (one) => one.address.toLowerCase() === address.toLowerCase(),
      );
      if (repeated) return done(errorOf(listenerReplies.repeatedRecipient));
      answer(
        () => handler.recipient(address),
        log,
        (reply) => done(reply.code < 300 ? null : errorOf(reply)),
      );
    },
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      const envelope = {
        envelopeSender: mailFrom === false ? '' : mailFrom.address,
        recipients: rcptTo.map(({ address }) => address),
      };
      takeData({ lmtp, envelope, stream, maxMessageBytes, handler })
        .catch((error: unknown) => {
          log.error('message not taken', { error: error instanceof Error ? error.name : 'unknown' });
          return envelope.recipients.map(() => listenerReplies.ownTrouble);
        })
        .then((replies) => reportTo(done, replies, lmtp))
        .catch((error: unknown) => done(error instanceof Error ? error : new Error('unknown')));
    },
  });
}

interface DataParts {
  readonly lmtp: boolean;
  readonly envelope: IncomingEnvelope;
  readonly stream: SMTPServerDataStream;
  readonly maxMessageBytes: number;
  readonly handler: MailHandler;
}

async function takeData(parts: DataParts): Promise<readonly ListenerReply[]> {
  const { lmtp, envelope, stream, maxMessageBytes, handler } = parts;
  const raw = await collect(stream, maxMessageBytes);
  if (!raw) return envelope.recipients.map(() => listenerReplies.tooLarge);
  return lmtp ? handler.messageForEach(envelope, raw) : [await handler.messageForAll(envelope, raw)];
}

/** Reads a message to its end; `undefined` when it is larger than the limit, which is kept in memory at most. */
async function collect(stream: Readable, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size <= maxBytes ? Buffer.concat(chunks) : undefined;
}

type Done = (error?: Error | null, message?: never) => void;

function reportTo(done: Done, replies: readonly ListenerReply[], lmtp: boolean): void {
  const told = replies.map((reply) => (reply.code < 300 ? textOf(reply) : errorOf(reply)));
  const first = told[0];
  if (lmtp) done(null, told as never);
  else if (first instanceof Error) done(first);
  else done(null, first as never);
}

/** An error in a handler of ours is an own trouble for the peer: it keeps the mail and tries again. */
function answer(ask: () => Promise<ListenerReply>, log: Log, tell: (reply: ListenerReply) => void): void {
  ask()
    .catch((error: unknown) => {
      log.error('recipient not looked up', { error: error instanceof Error ? error.name : 'unknown' });
      return listenerReplies.ownTrouble;
    })
    .then(tell)
    .catch((error: unknown) =>
      log.error('reply not given', { error: error instanceof Error ? error.name : 'unknown' }),
    );
}

function errorOf(reply: ListenerReply): Error {
  return Object.assign(new Error(textOf(reply)), { responseCode: reply.code });
}

function textOf(reply: ListenerReply): string {
  return `${reply.enhanced} ${reply.text}`;
}

function bind(server: SMTPServer, target: ListenTarget): Promise<Server> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => {
      const where = 'path' in target ? target.path : `${target.host}:${target.port}`;
      reject(new SmtpError('listen-failed', `mail cannot be listened for at ${where}`, { cause }));
    };
    server.once('error', failed);
    const ready = () => {
      server.off('error', failed);
      resolve(server.server as unknown as Server);
    };
    if ('path' in target) server.listen(target.path as never, ready);
    else server.listen(target.port, target.host, ready);
  });
}

function addressOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A socket that a killed daemon left behind is in the way of the next one. */
async function clearSocket(path: string): Promise<void> {
  await makeFolder(dirname(path), 0o755);
  const info = await stat(path).catch(() => undefined);
  if (info?.isSocket()) await rm(path);
}
