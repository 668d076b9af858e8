import type { MessageKind } from '../store/messages.ts';
import { decidePost } from './decide-post.ts';
import type { Disposition } from './disposition.ts';
import { forwardToPeople } from './forward-to-people.ts';
import { harvestCertificates } from './harvest-certificates.ts';
import { openForCommand, openForForward, openForRecord, openPost } from './open-post.ts';
import type { OpenedPost, PipelineParts, Post, StepResult } from './post.ts';
import { readCommands, readOwnersCommands, requireAuthor } from './read-commands.ts';
import { recordBounce } from './record-bounce.ts';
import { refuseLoops } from './refuse-loops.ts';
import { refuseMisaddressed } from './refuse-misaddressed.ts';
import { requireSender } from './require-sender.ts';

/** One step of a message: it looks, and either goes on or settles what becomes of the message. */
type Step<In extends Post, Out extends Post> = (post: In, parts: PipelineParts) => Promise<StepResult<Out>>;

/** The steps of one kind of mail: those on the closed message, the one that opens it, those on the opened one. */
interface Route {
  readonly closed: readonly Step<Post, Post>[];
  readonly open: Step<Post, OpenedPost>;
  readonly opened: readonly Step<OpenedPost, OpenedPost>[];
}

const forwarded: Route = {
  closed: [refuseLoops],
  open: openForForward,
  opened: [harvestCertificates, forwardToPeople],
};

const recorded: Route = { closed: [], open: openForRecord, opened: [harvestCertificates, recordBounce] };

/** What happens to a message, by the address that it came to. */
const routes: Readonly<Record<MessageKind, Route>> = {
  post: {
    closed: [refuseLoops, requireSender],
    open: openPost,
    opened: [harvestCertificates, refuseMisaddressed, decidePost],
  },
  request: {
    closed: [refuseLoops],
    open: openForForward,
    opened: [harvestCertificates, readOwnersCommands, forwardToPeople],
  },
  editor: forwarded,
  listmaster: forwarded,
  command: {
    closed: [refuseLoops],
    open: openForCommand,
    opened: [requireAuthor, harvestCertificates, readCommands],
  },
  owner: recorded,
  bounce: recorded,
  notice: recorded,
};

/** What came of the steps: the disposition, and the message as far as it was opened. */
export interface Outcome {
  readonly post: Post | OpenedPost;
  readonly disposition: Disposition;
}

/** Runs the steps of a message until one settles it. */
export async function runSteps(post: Post, parts: PipelineParts): Promise<Outcome> {
  const route = routes[post.kind];
  const closed = await runAll(post, route.closed, parts);
  if ('disposition' in closed) return closed;
  const opening = await route.open(closed.post, parts);
  if (opening.status === 'settled') return { post: closed.post, disposition: opening.disposition };
  const opened = await runAll(opening.post, route.opened, parts);
  if ('disposition' in opened) return opened;
  throw new Error(`no step settled a message of kind ${post.kind}`);
}

async function runAll<P extends Post>(
  first: P,
  steps: readonly Step<P, P>[],
  parts: PipelineParts,
): Promise<{ readonly post: P } | { readonly post: P; readonly disposition: Disposition }> {
  let post = first;
  for (const step of steps) {
    const result = await step(post, parts);
    if (result.status === 'settled') return { post, disposition: result.disposition };
    post = result.post;
  }
  return { post };
}
