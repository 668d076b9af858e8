import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import dnsPacket from 'dns-packet';

/** A query as it came in, read by a library that nobody here wrote. */
export interface SeenQuery {
  readonly transport: 'udp' | 'tcp';
  /** Where it came from. */
  readonly port: number;
  readonly id: number;
  /** As it was written. */
  readonly name: string;
  readonly type: string;
  readonly packet: dnsPacket.DecodedPacket;
}

/** A record to answer with. */
export interface ZoneRecord {
  readonly name: string;
  readonly type: 'SMIMEA' | 'CNAME' | 'SOA';
  /** Octets, or the name that a CNAME leads to. */
  readonly data: Uint8Array | string;
  readonly ttl?: number;
}

/** What a resolver says. */
export interface DnsReply {
  readonly records?: readonly ZoneRecord[];
  readonly isValidated?: boolean;
  readonly isTruncated?: boolean;
  readonly code?: number;
  /** Others than those of the query. */
  readonly id?: number;
  readonly name?: string;
}

/** Gives an answer, its octets, several of them, or nothing. */
export type DnsAnswering = (
  query: SeenQuery,
) => DnsReply | Uint8Array | readonly (DnsReply | Uint8Array)[] | undefined;

/** A resolver of a test's own, on loopback, by both transports at one port. */
export interface TestDnsServer {
  readonly port: number;
  readonly seen: readonly SeenQuery[];
  answer: DnsAnswering;
  stop(): Promise<void>;
}

/** Starts a resolver that answers as a test says. */
export async function startDnsServer(answer: DnsAnswering): Promise<TestDnsServer> {
  const sockets = new Set<Socket>();
  const seen: SeenQuery[] = [];
  const repliesTo = (
    raw: Buffer,
    { transport, port }: Pick<SeenQuery, 'transport' | 'port'>,
  ): readonly Uint8Array[] => {
    const packet = dnsPacket.decode(raw);
    const { name, type } = packet.questions![0]!;
    const query = { transport, port, id: packet.id!, name, type, packet };
    seen.push(query);
    const replies = [server.answer(query) ?? []].flat() as (DnsReply | Uint8Array)[];
    return replies.map((reply) => (reply instanceof Uint8Array ? reply : encodeReply(query, reply)));
  };
  const { udp, tcp } = await listenAlike();
  udp.on('message', (raw, from) => {
    for (const reply of repliesTo(raw, { transport: 'udp', port: from.port }))
      udp.send(reply, from.port, from.address);
  });
  tcp.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const from = { transport: 'tcp', port: socket.remotePort! } as const;
    socket.once('data', (raw) => {
      for (const reply of repliesTo(raw.subarray(2), from)) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        // In pieces, as a network may bring it.
        socket.write(length.subarray(0, 1));
        socket.write(Buffer.concat([length.subarray(1), reply]));
      }
    });
  });
  const server: TestDnsServer = {
    port: udp.address().port,
    seen,
    answer,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
  return server;
}

async function listenAlike(): Promise<{ readonly udp: UdpSocket; readonly tcp: Server }> {
  for (;;) {
    const tcp = createServer();
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const { port } = tcp.address() as { port: number };
    const udp = createSocket('udp4');
    udp.bind(port, '127.0.0.1');
    try {
      await once(udp, 'listening');
      return { udp, tcp };
    } catch {
      tcp.close();
    }
  }
}

/** Writes a reply by the library, in answer to a query. */
export function encodeReply(query: Pick<SeenQuery, 'id' | 'name' | 'type'>, reply: DnsReply): Uint8Array {
  const flags =
    dnsPacket.RECURSION_DESIRED |
    dnsPacket.RECURSION_AVAILABLE |
    (reply.isValidated ? dnsPacket.AUTHENTIC_DATA : 0) |
    (reply.isTruncated ? dnsPacket.TRUNCATED_RESPONSE : 0) |
    (reply.code ?? 0);
  return dnsPacket.encode({
    id: reply.id ?? query.id,
    type: 'response',
    flags,
    questions: [{ name: reply.name ?? query.name, type: query.type as 'SOA' }],
    answers: (reply.records ?? []).map(answerOf),
  });
}

function answerOf({ name, type, data, ttl = 3_600 }: ZoneRecord): dnsPacket.Answer {
  if (type === 'CNAME') return { name, type, ttl, data: data as string };
  if (type === 'SOA') {
    const soa = {
      mname: 'a.example',
      rname: 'b.example',
      serial: 1,
      refresh: 1,
      retry: 1,
      expire: 1,
      minimum: 1,
    };
    return { name, type, ttl, data: soa };
  }
  const answer = { name, type: 'UNKNOWN_53', ttl, data: Buffer.from(data as Uint8Array) };
  return answer as unknown as dnsPacket.Answer;
}

/** Gives the data of an SMIMEA record. */
export function smimeaData(
  [usage, selector, matchingType]: readonly [number, number, number],
  data: Uint8Array,
): Uint8Array {
  return Buffer.concat([Buffer.from([usage, selector, matchingType]), data]);
}
