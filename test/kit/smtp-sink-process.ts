import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { startSmtpSink } from './smtp-sink.ts';

/** A sink in a process of its own, so that what it costs is not counted as ours. */
export interface SinkProcess {
  readonly port: number;
  /** Number of messages taken since the start, or since the last call with `clear`. */
  count(options?: { readonly clear?: boolean }): Promise<number>;
  /** The messages that were kept. */
  messages(): Promise<readonly SentMessage[]>;
  close(): Promise<void>;
}

/** A message as it comes from the other process. */
export interface SentMessage {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly data: Uint8Array;
}

interface Ask {
  readonly ask: 'count' | 'clear' | 'messages';
}

interface Answer {
  readonly port?: number;
  readonly count?: number;
  readonly messages?: readonly SentMessage[];
}

/**
 * Starts a sink in a child process.
 *
 * @param options keep: whether it keeps the messages or counts them only
 */
export async function startSinkProcess({ keep = false } = {}): Promise<SinkProcess> {
  const child = fork(import.meta.filename, [keep ? 'keep' : 'count'], {
    serialization: 'advanced',
    execArgv: [],
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error('the process of the sink ended');
  });
  gone.catch(() => undefined);
  const { port } = await next(child, gone);
  const ask = async (question: Ask['ask']): Promise<Answer> => {
    const answer = next(child, gone);
    child.send({ ask: question });
    return answer;
  };
  return {
    port: port!,
    count: async ({ clear = false } = {}) => (await ask(clear ? 'clear' : 'count')).count!,
    messages: async () => (await ask('messages')).messages!,
    close: async () => {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

async function next(child: ChildProcess, gone: Promise<never>): Promise<Answer> {
  const [answer] = (await Promise.race([once(child, 'message'), gone])) as [Answer];
  return answer;
}

/** What the child process does. */
async function serve(send: (answer: Answer) => void, keep: boolean): Promise<void> {
  const sink = await startSmtpSink();
  sink.keep = keep;
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ ask }: Ask) => {
    if (ask === 'messages') {
      send({ messages: sink.messages.map(({ sender, recipients, data }) => ({ sender, recipients, data })) });
      return;
    }
    send({ count: sink.count });
    if (ask === 'clear') sink.clear();
  });
  send({ port: sink.port });
}

if (process.argv[1] === import.meta.filename && process.send) {
  const send = process.send.bind(process);
  await serve((answer) => send(answer), process.argv[2] === 'keep');
}
