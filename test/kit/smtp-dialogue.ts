import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A conversation as text, one line each: `c: ` what the client says, `s: ` what the server says; CRLF is added.
 * `c> ` and `s> ` take a JSON string and send exactly its characters (latin1). In a line that is expected `…` stands
 * for any text. `c!` and `s!`: that side closes.
 */
export type Dialogue = string;

interface Step {
  readonly side: 'c' | 's';
  readonly close: boolean;
  readonly bytes: Buffer;
}

/** Where a server waits. */
export type DialogueTarget = { readonly port: number } | { readonly path: string };

const silenceMs = 10_000;

/**
 * Plays the client of a conversation.
 *
 * @throws Error with what was heard so far when the server says something else, or nothing
 */
export async function playClient(target: DialogueTarget, dialogue: Dialogue): Promise<void> {
  const socket = connect({ host: '127.0.0.1', ...target });
  await play(socket, 'c', stepsOf(dialogue));
}

/** A server that plays its side of conversations, one a connection, in order. */
export interface DialogueServer {
  readonly port: number;
  /** Resolves when all conversations were played; rejects when a client said something else. */
  readonly played: Promise<void>;
  close(): Promise<void>;
}

/** Starts a server that plays a conversation with each client that comes. */
export async function startDialogueServer(...dialogues: readonly Dialogue[]): Promise<DialogueServer> {
  const left = [...dialogues];
  const sockets = new Set<Socket>();
  let ended = 0;
  let finish: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const played = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  played.catch(() => undefined);
  const server = createServer((socket) => {
    sockets.add(socket);
    const dialogue = left.shift();
    if (dialogue === undefined) {
      socket.destroy();
      return fail(new Error('a connection more than was thought'));
    }
    play(socket, 's', stepsOf(dialogue)).then(() => ++ended === dialogues.length && finish(), fail);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, played, close };
}

function stepsOf(dialogue: Dialogue): readonly Step[] {
  const lines = dialogue.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [, side, mark, text = ''] = /^([cs])([:>!]) ?(.*)$/.exec(line) ?? [];
      if (side !== 'c' && side !== 's') throw new Error(`no line of a dialogue: ${line}`);
      const bytes =
        mark === '>' ? Buffer.from(JSON.parse(text) as string, 'latin1') : Buffer.from(`${text}\r\n`);
      return { side, close: mark === '!', bytes };
    });
}

async function play(socket: Socket, own: 'c' | 's', steps: readonly Step[]): Promise<void> {
  const heard: string[] = [];
  const lines = linesOf(socket);
  try {
    for (const { side, close, bytes } of steps) {
      if (side === own && close) socket.end();
      else if (side === own) socket.write(bytes);
      else await expectLine(lines, close ? undefined : bytes.toString('utf8').trimEnd(), heard);
    }
  } finally {
    socket.destroy();
  }
}

async function expectLine(
  lines: AsyncIterator<string>,
  wanted: string | undefined,
  heard: string[],
): Promise<void> {
  const { value, done } = await lines.next();
  const line = done ? undefined : (value as string);
  const fits = wanted === undefined ? line === undefined : line !== undefined && matches(line, wanted);
  if (!fits)
    throw new Error(
      `wanted ${wanted ?? 'the end'}, got ${line ?? 'the end'}; before it: ${heard.join(' | ')}`,
    );
  if (line !== undefined) heard.push(line);
}

function matches(line: string, wanted: string): boolean {
  const pieces = wanted.split('…');
  let from = 0;
  for (const [i, piece] of pieces.entries()) {
    const at = i === pieces.length - 1 && i > 0 ? line.length - piece.length : line.indexOf(piece, from);
    if (at < from || line.slice(at, at + piece.length) !== piece || (i === 0 && at !== 0)) return false;
    from = at + piece.length;
  }
  return from === line.length;
}

async function* linesOf(socket: Socket): AsyncGenerator<string, undefined> {
  let rest = '';
  socket.setTimeout(silenceMs, () =>
    socket.destroy(new Error(`silence; the rest was ${JSON.stringify(rest)}`)),
  );
  try {
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      const lines = (rest + bytes.toString('utf8')).split('\r\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (error) {
    // A peer that hangs up hard has ended the conversation too.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return undefined;
}
