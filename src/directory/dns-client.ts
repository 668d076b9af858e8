import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, isIP, type Socket } from 'node:net';
import { randomOctets } from '../secrets.ts';
import { type DnsAnswer, type DnsQuestion, formatDnsQuery, parseDnsAnswer } from './dns-message.ts';
import { badAnswer, comparable, type WireName } from './dns-name.ts';
import { DirectoryError } from './error.ts';

/** A resolver that is asked. */
export interface DnsResolver {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** Time for everything, both transports together. */
  readonly totalMs: number;
}

/** Share of the time in which UDP may answer; how often the question is sent in it. */
const udpShare = 0.5;
const udpSendings = 2;

/**
 * Asks a resolver: by UDP, and by TCP where the answer is too long for a datagram, or none comes (RFC 7766 §5). What does
 * not answer the question that was asked is not looked at.
 *
 * @returns the whole answer, whatever it says
 * @throws DirectoryError `resolver-unreachable`, `resolver-timeout`, `resolver-bad-answer`
 */
export async function askResolver(resolver: DnsResolver, question: DnsQuestion): Promise<DnsAnswer> {
  const untilMs = performance.now() + resolver.totalMs;
  const short = await askByUdp(resolver, question, resolver.totalMs * udpShare);
  if (short && !short.isTruncated) return short;
  return askByTcp(resolver, question, Math.max(1, untilMs - performance.now()));
}

/** Waits for the answer by UDP; `undefined` where none comes in time, or nobody listens. */
function askByUdp(
  { host, port }: DnsResolver,
  question: DnsQuestion,
  waitMs: number,
): Promise<DnsAnswer | undefined> {
  const asked = new Asked(question);
  // The system gives it a random port. Once it is connected, no datagram of another address comes in.
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  const timers: NodeJS.Timeout[] = [];
  let isOver = false;
  return new Promise<DnsAnswer | undefined>((resolve) => {
    socket.on('error', () => resolve(undefined));
    socket.on('message', (datagram) => {
      const answer = asked.answerIn(datagram, true);
      if (answer) resolve(answer);
    });
    socket.connect(port, host, (error?: Error) => {
      // Where there is no way to the host, the error comes here, and as no event.
      if (error) resolve(undefined);
      if (error || isOver) return;
      for (let i = 0; i < udpSendings; i++)
        timers.push(setTimeout(() => sendQuietly(socket, asked.query), (waitMs * i) / udpSendings));
    });
    timers.push(setTimeout(() => resolve(undefined), waitMs));
  }).finally(() => {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
    socket.close();
  });
}

/** What fails shows by the answer that does not come. A socket that lost its peer throws: in a timer nobody would catch it. */
function sendQuietly(socket: DatagramSocket, query: Uint8Array): void {
  try {
    socket.send(query, () => undefined);
  } catch {}
}

async function askByTcp(
  { host, port }: DnsResolver,
  question: DnsQuestion,
  waitMs: number,
): Promise<DnsAnswer> {
  const asked = new Asked(question);
  const socket = connect({ host, port });
  const timer = setTimeout(() => {
    socket.destroy(new DirectoryError('resolver-timeout', 'the resolver does not answer in time'));
  }, waitMs);
  try {
    // RFC 1035 §4.2.2: the length stands before the message.
    const length = Buffer.alloc(2);
    length.writeUInt16BE(asked.query.length);
    socket.write(Buffer.concat([length, asked.query]));
    const answer = asked.answerIn(await readLengthAndMessage(socket), false);
    if (!answer) throw badAnswer('it does not answer what was asked');
    if (answer.isTruncated) throw badAnswer('it is truncated, and came by TCP');
    return answer;
  } finally {
    clearTimeout(timer);
    socket.on('error', () => undefined).destroy();
  }
}

async function readLengthAndMessage(socket: Socket): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let octets = 0;
  try {
    for await (const piece of socket as AsyncIterable<Buffer>) {
      pieces.push(piece);
      octets += piece.length;
      if (octets < 2) continue;
      const all = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      pieces.splice(0, pieces.length, all);
      const end = 2 + all.readUInt16BE(0);
      if (octets >= end) return all.subarray(2, end);
    }
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new DirectoryError('resolver-unreachable', `the resolver cannot be used (${code ?? 'lost'})`);
  }
  throw new DirectoryError('resolver-unreachable', 'the resolver ends the connection without an answer');
}

/** A question on its way, with an identifier of its own. */
class Asked {
  readonly query: Uint8Array;
  readonly #id: number;
  readonly #question: DnsQuestion;

  constructor({ name, type }: DnsQuestion) {
    this.#id = Buffer.from(randomOctets(2)).readUInt16BE(0);
    this.#question = { name: inRandomCase(name), type };
    this.query = formatDnsQuery(this.#id, this.#question);
  }

  /**
   * Gives the answer to this question that a message is.
   *
   * @param isOpen anybody may have sent it: the letters of the name must come back as they were written
   * @returns `undefined` for anything else
   * @throws DirectoryError `resolver-bad-answer`, unless it is open
   */
  answerIn(message: Uint8Array, isOpen: boolean): DnsAnswer | undefined {
    try {
      const answer = parseDnsAnswer(message);
      const { name, type } = answer.question;
      const isSame = isOpen
        ? name === this.#question.name
        : comparable(name) === comparable(this.#question.name);
      return answer.id === this.#id && type === this.#question.type && isSame ? answer : undefined;
    } catch (error) {
      if (isOpen && error instanceof DirectoryError) return undefined;
      throw error;
    }
  }
}

/** Writes letters large or small by chance: a forger who does not see the question has to guess them, too. */
function inRandomCase(name: WireName): WireName {
  const coins = randomOctets(name.length);
  return [...comparable(name)]
    .map((letter, i) => (/[a-z]/.test(letter) && (coins[i]! & 1) === 1 ? letter.toUpperCase() : letter))
    .join('') as WireName;
}
