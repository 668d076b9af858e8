import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { SMTPServerEnvelope } from 'smtp-server';
import type { Log } from '../log.ts';
import { SmtpError } from './error.ts';
import { MailServer } from './mail-server.ts';
import { MessageMemory } from './message-memory.ts';
import { type ListenerReply, listenerReplies } from './reply.ts';
import { hasStrayDot } from './stray-dot.ts';

/** Where to listen. */
export type ListenTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** The envelope of a message that comes in. */
export interface IncomingEnvelope {
  /** Empty for the null sender. */
  readonly envelopeSender: string;
  readonly recipients: readonly string[];
}

/** What a peer said before it names a recipient. */
export interface AnnouncedMail {
  /** Empty for the null sender. */
  readonly envelopeSender: string;
  /** RFC 1870 §6: the size that MAIL announced, in bytes. */
  readonly announcedBytes: number | undefined;
}

/** Who takes the mail. */
export interface MailHandler {
  /** Says whether mail for an address is taken. */
  recipient(address: string, mail: AnnouncedMail): Promise<ListenerReply>;
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
  /** Number of peers connected now. */
  readonly connections: number;
  /** Ends after the transactions under way. */
  close(): Promise<void>;
}

const maxClients = 100;
const maxRecipients = 1_000;
const idleMs = 300_000;
const closeMs = 20_000;
const maxCommandBytes = 4_096;
/** Bytes of all messages that are coming in at one listener. */
const maxBytesInFlight = 1 << 30;
/** Nothing here logs in, and TLS is the MTA's; the rest are jokes of the library. */
const disabledCommands = ['AUTH', 'STARTTLS', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'];
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
  server.on('error', (error: NodeJS.ErrnoException) =>
    options.log.warn('mail connection broken', { error: error.code ?? error.name }),
  );
  const bound = await bind(server, target);
  if ('path' in target) await chmod(target.path, socketMode);
  return {
    address: 'path' in target ? `unix:${target.path}` : addressOf(bound),
    get connections() {
      return server.connections.size;
    },
    close: () => server.closeGracefully(),
  };
}

function makeServer(options: MailListenerOptions): MailServer {
  const { protocol, hostName, maxMessageBytes, handler, log } = options;
  const lmtp = protocol === 'lmtp';
  const memory = new MessageMemory(maxMessageBytes, maxBytesInFlight);
  const server: MailServer = new MailServer({
    lmtp,
    name: hostName,
    banner: 'S/Sympa',
    heloResponse: '%s',
    size: maxMessageBytes,
    authOptional: true,
    disabledCommands,
    disableReverseLookup: true,
    hideDSN: true,
    hideENHANCEDSTATUSCODES: false,
    maxClients,
    maxRecipients,
    maxCommandLength: maxCommandBytes,
    // Senders such as `user.@example.org` exist; whether a recipient does is for the handler to say.
    lenientAddressParsing: true,
    socketTimeout: idleMs,
    closeTimeout: closeMs,
    logger: false,
    onRcptTo({ address }, { envelope }, done) {
      const repeated = envelope.rcptTo.some((one) => one.address.toLowerCase() === address.toLowerCase());
      // RFC 2033 §4.2 wants a reply for each RCPT, the library has one for both. A later try is stored once as well.
      if (lmtp && repeated) return done(errorOf(listenerReplies.repeatedRecipient));
      void recipientReply(handler, log, address, announced(envelope.mailFrom)).then((reply) =>
        done(reply.code < 300 ? null : errorOf(reply)),
      );
    },
    onData(stream, { envelope }, done) {
      void takeData(options, memory, stream, envelopeOf(envelope)).then((replies) => {
        reportTo(done as Done, replies, lmtp);
        server.sendIdleAway();
      });
    },
  });
  return server;
}

function envelopeOf({ mailFrom, rcptTo }: SMTPServerEnvelope): IncomingEnvelope {
  const { envelopeSender } = announced(mailFrom);
  return { envelopeSender, recipients: rcptTo.map(({ address }) => address) };
}

function announced(mailFrom: SMTPServerEnvelope['mailFrom']): AnnouncedMail {
  if (mailFrom === false) return { envelopeSender: '', announcedBytes: undefined };
  const size = mailFrom.args === false ? undefined : (mailFrom.args as Record<string, unknown>).SIZE;
  return { envelopeSender: mailFrom.address, announcedBytes: size === undefined ? undefined : Number(size) };
}

/** An error in a handler of ours is an own trouble for the peer: it keeps the mail and tries again. */
async function recipientReply(
  handler: MailHandler,
  log: Log,
  address: string,
  mail: AnnouncedMail,
): Promise<ListenerReply> {
  try {
    return await handler.recipient(address, mail);
  } catch (error) {
    log.error('recipient not looked up', { error: error instanceof Error ? error.name : 'unknown' });
    return listenerReplies.ownTrouble;
  }
}

async function takeData(
  { protocol, handler, log }: MailListenerOptions,
  memory: MessageMemory,
  stream: Readable,
  envelope: IncomingEnvelope,
): Promise<readonly ListenerReply[]> {
  const all = (reply: ListenerReply) => envelope.recipients.map(() => reply);
  try {
    return await memory.collect(
      stream,
      async (raw) => {
        if (hasStrayDot(raw)) return all(listenerReplies.strayDot);
        if (protocol === 'lmtp') return handler.messageForEach(envelope, raw);
        return [await handler.messageForAll(envelope, raw)];
      },
      all,
    );
  } catch (error) {
    log.error('message not taken', { error: error instanceof Error ? error.name : 'unknown' });
    return all(listenerReplies.ownTrouble);
  }
}

type Done = (error?: Error | null, message?: never) => void;

function reportTo(done: Done, replies: readonly ListenerReply[], lmtp: boolean): void {
  const told = replies.map((reply) => (reply.code < 300 ? textOf(reply) : errorOf(reply)));
  const first = told[0];
  if (lmtp) done(null, told as never);
  else if (first instanceof Error) done(first);
  else done(null, first as never);
}

function errorOf(reply: ListenerReply): Error {
  return Object.assign(new Error(textOf(reply)), { responseCode: reply.code });
}

function textOf(reply: ListenerReply): string {
  return `${reply.enhanced} ${reply.text}`;
}

function bind(server: MailServer, target: ListenTarget): Promise<Server> {
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

/** A socket that a killed daemon left behind is in the way of the next one; that of a living one is not ours. */
async function clearSocket(path: string): Promise<void> {
  const made = await mkdir(dirname(path), { recursive: true });
  // Users who hand mail in pass through this folder, and see nothing of it.
  if (made !== undefined) await chmod(dirname(path), 0o711);
  const info = await stat(path).catch(() => undefined);
  if (!info?.isSocket()) return;
  if (await answers(path)) throw new SmtpError('listen-failed', `another process takes mail at ${path}`);
  await rm(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
