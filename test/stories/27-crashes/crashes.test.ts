import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Correspondence, commandAddress, type ReadMail, readMail } from '../../kit/command-mail.ts';
import { type DeathPoint, DyingDaemon } from '../../kit/dying-daemon.ts';
import { plainMessage } from '../../kit/mail.ts';
import { TestSite } from '../../kit/site.ts';

const author = 'author@example.org';
const first = 'first@example.org';
const second = 'second@example.org';
const reader = 'reader@example.org';
const board = 'board@lists.example.org';

/** A point of death by name; `peer` is the instant after the peer took a copy, which it alone knows of. */
type Point = DeathPoint | { readonly at: 'peer' };

/** Before a job, and before and after the commit of what it does. */
const aroundJob = (job: string, turn = 1): readonly Point[] => [
  { at: 'claimed', job, turn },
  ...aroundCommit(job, turn),
];
const aroundCommit = (job: string, turn = 1): readonly Point[] =>
  (['before-commit', 'after-commit'] as const).map((at) => ({ at, job, turn }));
const aroundCopy = (turn = 1): readonly Point[] =>
  (['claimed', 'handled'] as const).map((at) => ({ at, job: 'deliver-packet', turn }));
const named = (points: readonly Point[]) =>
  points.map(
    (point) => ['job' in point ? `${point.at} ${point.job} ${point.turn}` : point.at, point] as const,
  );

const received: Point = { at: 'received' };
const peer: Point = { at: 'peer' };

/**
 * How often something may arrive: twice where the peer took it and nobody wrote that down, which SMTP cannot mend. Behind
 * the first job, and beside all others, another mail may be at that point when the daemon dies.
 */
const most = (point: Point) => (point.at === 'peer' || isBesideDelivery(point) ? 2 : 1);

function isBesideDelivery(point: Point): boolean {
  if (!('job' in point)) return false;
  return point.at === 'handled' || point.job === 'service-mail' || (point.turn ?? 1) > 1;
}

describe('story 27: the daemon is killed in the middle of moderation and commands', {
  timeout: 120_000,
}, () => {
  let site: TestSite;
  let mail: Correspondence;
  let serial = 0;
  beforeAll(async () => {
    // A matrix of crashes is no flood.
    site = await TestSite.make({ conf: ['request_mail_max 0', 'answer_mail_max 0', 'request_sender_max 0'] });
    await site.list(
      'board',
      [reader],
      ['send editorkey', `editor\nemail ${first}`, `editor\nemail ${second}`],
    );
    await site.list('auth', [], ['subscribe auth']);
    mail = new Correspondence(site);
  });
  afterEach(() => site.stop());
  afterAll(() => site.dispose());

  /** Hands a message to a daemon that dies at a point, starts another, and delivers again what was not taken. */
  async function crash(
    raw: Uint8Array,
    from: string,
    to: string,
    point: Point,
  ): Promise<readonly ReadMail[]> {
    site.sink.clear();
    const isPeer = point.at === 'peer';
    const daemon = await DyingDaemon.start(site.confFile, isPeer ? { at: 'claimed', job: 'none' } : point);
    if (isPeer)
      site.sink.rule = ({ step }) => {
        if (step !== 'final') return undefined;
        site.sink.rule = () => undefined;
        process.kill(daemon.pid, 'SIGKILL');
        return undefined;
      };
    const reply = await site.post(raw, { from, to }, daemon.lmtp);
    await daemon.death();
    await site.start();
    if (reply.status !== 'sent')
      expect(await site.post(raw, { from, to })).toMatchObject({ status: 'sent', code: 250 });
    await site.settled();
    await site.idle();
    return site.sink.messages.map(readMail);
  }

  /** Hands a message to a living daemon. */
  async function alive(work: () => Promise<readonly ReadMail[]>): Promise<readonly ReadMail[]> {
    await site.start();
    const out = await work();
    await site.stop();
    return out;
  }

  const newPost = () =>
    plainMessage({ from: author, to: board, subject: 'A proposal' }, `Number ${++serial}.\n`);
  const command = (from: string, text: string) => plainMessage({ from, to: commandAddress }, `${text}\n`);
  const questions = (out: readonly ReadMail[], editor: string) =>
    out.filter(({ to, subject }) => to.includes(editor) && subject.startsWith('[moderate'));
  const reports = (out: readonly ReadMail[], address: string) =>
    out.filter(({ to, subject }) => to.includes(address) && subject.startsWith('Results'));
  const arrivals = (out: readonly ReadMail[]) =>
    out.filter(({ to, data }) => to.includes(reader) && Buffer.from(data).includes('X-Sequence'));
  const keyOf = ({ text }: ReadMail) => /DISTRIBUTE \S+ (\S+)/.exec(text)![1]!;
  const waiting = () =>
    site.withStore((store) =>
      store.messages.listByState(['incoming', 'moderation', 'quarantined'], { limit: 9 }),
    );

  function expectOnce(mails: readonly ReadMail[], point: Point): void {
    expect(mails.length).toBeGreaterThanOrEqual(1);
    expect(mails.length).toBeLessThanOrEqual(most(point));
    const id = ({ data }: ReadMail) => /^Message-ID: .*$/im.exec(Buffer.from(data).toString())![0];
    // A copy that comes twice is known for it.
    expect(new Set(mails.map(id)).size).toBe(1);
  }

  it.each(
    named([
      received,
      ...aroundJob('process-message'),
      { at: 'handled', job: 'process-message', turn: 1 },
      ...aroundCommit('service-mail'),
      ...aroundCopy(),
      peer,
    ]),
  )('a post that is to wait for editors waits, and its key works (%s)', async (_name, point) => {
    const out = await crash(newPost(), author, board, point);
    expect((await waiting()).map(({ state }) => state)).toEqual(['moderation']);
    const asked = [first, second].map((editor) => questions(out, editor));
    const told = out.filter(({ to }) => to.includes(author));
    for (const mails of [...asked, told]) expectOnce(mails, point);
    site.sink.clear();
    const decided = await mail.answer(asked[0]![0]!, first, 'DISTRIBUTE');
    expect(arrivals(decided)).toHaveLength(1);
  });

  it.each(
    named([
      received,
      ...aroundJob('process-message', 1),
      ...aroundJob('process-message', 2),
      ...aroundCopy(2),
      peer,
    ]),
  )('a decision is made once, reported once, and the post goes out once (%s)', async (_name, point) => {
    const asked = await alive(() => mail.send(newPost(), author, board));
    const key = keyOf(questions(asked, first)[0]!);
    const out = await crash(command(first, `DISTRIBUTE board ${key}`), first, commandAddress, point);
    expect(await waiting()).toEqual([]);
    expectOnce(arrivals(out), point);
    expectOnce(reports(out, first), point);
    expect(out.length).toBeLessThanOrEqual(2 * most(point));
    site.sink.clear();
    const late = await mail.answer(questions(asked, second)[0]!, second, 'REJECT');
    expect(reports(late, second)[0]!.text).toContain('Somebody else decided before: distributed');
    expect(late).toHaveLength(1);
  });

  it.each(
    named([...aroundCommit('process-message'), peer]),
  )('a refusal is made once, and its sender told once (%s)', async (_name, point) => {
    const asked = await alive(() => mail.send(newPost(), author, board));
    const key = keyOf(questions(asked, first)[0]!);
    const out = await crash(command(first, `REJECT board ${key}`), first, commandAddress, point);
    expect(await waiting()).toEqual([]);
    expectOnce(reports(out, first), point);
    expectOnce(
      out.filter(({ to }) => to.includes(author)),
      point,
    );
    expect(arrivals(out)).toEqual([]);
  });

  it.each(
    named([received, ...aroundJob('process-message'), ...aroundCommit('service-mail'), peer]),
  )('a command asks for its confirmation once, and the key works (%s)', async (_name, point) => {
    const joiner = `joiner${++serial}@example.net`;
    const out = await crash(command(joiner, 'SUBSCRIBE auth'), joiner, commandAddress, point);
    const asked = out.filter(({ subject }) => subject.startsWith('AUTH '));
    expectOnce(asked, point);
    expectOnce(reports(out, joiner), point);
    site.sink.clear();
    await mail.answer(asked[0]!, joiner);
    expect(await isIn(joiner)).toBe(true);
  });

  it.each(
    named([received, ...aroundJob('process-message'), ...aroundCommit('service-mail'), peer]),
  )('a command is done once and reported once (%s)', async (_name, point) => {
    const joiner = `joiner${++serial}@example.net`;
    const asked = await alive(() => mail.write(joiner, 'SUBSCRIBE auth\n'));
    const question = asked.find(({ subject }) => subject.startsWith('AUTH '))!;
    const raw = plainMessage(
      { from: joiner, to: commandAddress, subject: `Re: ${question.subject}` },
      'Yes.\n',
    );
    const out = await crash(raw, joiner, commandAddress, point);
    expect(await isIn(joiner)).toBe(true);
    expectOnce(reports(out, joiner), point);
    expect(reports(out, joiner)[0]!.text).toContain('is subscribed');
    expectOnce(
      out.filter(({ subject }) => subject.startsWith('Welcome')),
      point,
    );
  });

  const isIn = (address: string) =>
    site.withStore((store) => store.subscribers.isSubscriber('auth@lists.example.org', address));
});
