import { finishWithin } from '../delivery/finish.ts';
import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { List } from '../lists/list.ts';
import { newId } from '../secrets.ts';
import type { SourcesErrorCode } from '../sources/error.ts';
import type { People } from '../sources/people.ts';
import type { ListDataSource } from '../sources/sources-of-list.ts';
import type { DataSourceState } from '../store/data-sources.ts';
import type { Repositories } from '../store/store.ts';
import type { RequestParts } from './operation.ts';
import { beginInclusions } from './subscription-epoch.ts';

/** What the reading of data sources works with. */
export type SyncParts = Pick<RequestParts, 'site' | 'store' | 'lists' | 'certificates' | 'clock' | 'log'>;

/** What a data source gave. */
export type ReadSource = {
  readonly source: ListDataSource;
} & (
  | { readonly status: 'read'; readonly people: People; readonly faulty: number }
  | { readonly status: 'failed'; readonly code: string; readonly reason: string }
  /** Not asked at this time of the day, or asked for less time than it may take. */
  | { readonly status: 'paused' | 'late' }
);

/** What came of one data source. */
export interface SourceOutcome {
  readonly name: string;
  readonly role: ListDataSource['role'];
  readonly status: 'read' | 'failed' | 'paused' | 'late';
  /** How many people it stands for now. */
  readonly people: number;
  readonly code: string | null;
  readonly reason: string | null;
}

/** What came of a list. */
export interface SyncReport {
  readonly list: string;
  /** Subscribers that are new. */
  readonly added: number;
  /** Subscribers that are none any more. */
  readonly removed: number;
  readonly sources: readonly SourceOutcome[];
}

const dayMs = 86_400_000;

/** Every question about a list looks at its owners and editors. */
const maxInRole = 1_000;

/** A list that is brought up to date within one transaction. */
interface Update {
  readonly tx: Repositories;
  readonly list: List;
  readonly parts: SyncParts;
  readonly excluded: ReadonlySet<string>;
  /** How each source was read before, by role and key. */
  readonly before: ReadonlyMap<string, DataSourceState>;
  /** Names of the sources that the list has. */
  readonly kept: ReadonlySet<string>;
}

/** What one source changes. */
interface Settled {
  readonly outcome: SourceOutcome;
  /** Whether all that it says now is in the store. */
  readonly isWhole: boolean;
  /** Subscribers that are new. */
  readonly fresh: readonly string[];
  /** How many it names no more. */
  readonly left: number;
  /** The listmasters have yet to be told of its failure. */
  readonly isNews: boolean;
}

/** Writes down what the data sources of a list gave, and what comes of that, within one transaction. */
export async function applySources(
  tx: Repositories,
  list: List,
  read: readonly ReadSource[],
  parts: SyncParts,
): Promise<SyncReport> {
  const states = await tx.dataSources.all(list.address);
  const excluded = await tx.exclusions.ofList(list.address);
  const before = new Map(states.map((state) => [nameOf(state.role, state.source), state]));
  const kept = new Set(read.map(({ source }) => nameOf(source.role, source.key)));
  const update = { tx, list, parts, excluded, before, kept };
  const settled: Settled[] = [];
  for (const one of read) settled.push(await settle(one, update));
  // A source that is another by its parameters may be unreadable: until it is read, those of the old one stay.
  const dropped = settled.every(({ isWhole }) => isWhole) ? await dropOthers(read, update) : 0;
  const hasLeft = dropped > 0 || settled.some(({ left }) => left > 0);
  const { added, removed } = await changeMembers(
    settled.flatMap(({ fresh }) => fresh),
    hasLeft,
    update,
  );
  await tellListmasters(
    settled.filter(({ isNews }) => isNews).map(({ outcome }) => outcome),
    update,
  );
  const sources = settled.map(({ outcome }) => outcome);
  return { list: list.address, added, removed, sources };
}

/** Does what comes with new subscribers, and with the end of others. */
async function changeMembers(
  taken: readonly string[],
  hasLeft: boolean,
  update: Update,
): Promise<Pick<SyncReport, 'added' | 'removed'>> {
  const { tx, list, parts } = update;
  // Also those of who left while this, or a reading before it, was written down.
  const signedOff = await tx.inclusions.dropExcluded(list.address);
  const gone = hasLeft || signedOff > 0 ? await tx.subscribers.endInclusions(list.address) : [];
  await endAll(gone, update);
  const goneAgain = new Set(gone);
  const fresh = taken.filter((address) => !goneAgain.has(address));
  await beginInclusions(tx, fresh, list.robot.domain, parts);
  return { added: fresh.length, removed: gone.length - (taken.length - fresh.length) };
}

async function settle(read: ReadSource, update: Update): Promise<Settled> {
  if (read.status === 'read') return take(read.source, read, update);
  if (read.status === 'failed') return fail(read.source, read, update);
  const { source, status } = read;
  const known = stateOf(source, update);
  const triedAt = update.parts.clock.now();
  // That it was tried keeps the next distribution from waiting for it, too.
  if (status === 'late') await update.tx.dataSources.put({ ...known, triedAt });
  const outcome = { ...namesOf(source), status, people: known.people, code: null, reason: null };
  // One that was never read stands for nobody yet, so nobody may go for its sake.
  const isWhole = status === 'paused' && known.readAt !== null;
  return { outcome, isWhole, fresh: [], left: 0, isNews: false };
}

async function take(
  source: ListDataSource,
  { people, faulty }: { readonly people: People; readonly faulty: number },
  update: Update,
): Promise<Settled> {
  const id = idOf(source, update);
  const before = await update.tx.inclusions.ofSource(id);
  const missing = people.size === 0 && faulty === 0 ? missingFrom(source, before.size, update) : undefined;
  if (missing !== undefined) return fail(source, refusal('source-empty', missing), update);
  if (source.role !== 'member' && people.size > maxInRole)
    return fail(
      source,
      refusal('source-too-large', `it names more than ${maxInRole} ${source.role}s`),
      update,
    );
  const { excluded } = update;
  const isTaken = (address: string) => source.role !== 'member' || !excluded.has(address);
  const changed = [...people].filter(
    ([address, gecos]) =>
      isTaken(address) && (!before.has(address) || (gecos !== null && gecos !== before.get(address))),
  );
  const fresh = await include(source, new Map(changed), update);
  const left = faulty > 0 ? [] : [...before.keys()].filter((address) => !people.has(address));
  await update.tx.inclusions.drop(id, left);
  if (faulty > 0) {
    const reason = `${faulty} of its entries hold no address; the others are added, nobody is taken out`;
    const failed = await fail(source, refusal('source-faulty', reason), update, people.size);
    return { ...failed, fresh };
  }
  const nowMs = update.parts.clock.now();
  // When the listmasters were told stays: one that fails now and then is told of once a day as well.
  const { toldAt } = stateOf(source, update);
  const state = { triedAt: nowMs, readAt: nowMs, failedAt: null, code: null, reason: null, toldAt };
  await update.tx.dataSources.put({ ...id, name: source.name, people: people.size, ...state });
  const outcome = {
    ...namesOf(source),
    status: 'read',
    people: people.size,
    code: null,
    reason: null,
  } as const;
  return { outcome, isWhole: true, fresh, left: left.length, isNews: false };
}

/** Tells why a source that names nobody is taken for broken, if it is. */
function missingFrom(source: ListDataSource, named: number, update: Update): string | undefined {
  // A list is more easily without subscribers than without owners.
  if (named > 0 && !(source.mayBeEmpty && source.role === 'member'))
    return `it names nobody, and named ${named} before; to end it, take it out of the config`;
  if (stateOf(source, update).readAt !== null) return undefined;
  const others = [...update.before.values()].filter((one) => isDropped(one, source.role, update));
  const replaced = others.reduce((sum, { people }) => sum + people, 0);
  if (replaced === 0) return undefined;
  return `it is new and names nobody, and ${replaced} are there by sources that it takes the place of; to take them out, take it out of the config first`;
}

function isDropped({ role, source }: DataSourceState, of: string, { kept }: Update): boolean {
  return role === of && !kept.has(nameOf(role, source));
}

async function include(source: ListDataSource, people: People, update: Update): Promise<readonly string[]> {
  const { tx, list } = update;
  const options = source.options === null ? null : JSON.stringify(source.options);
  const id = idOf(source, update);
  await tx.inclusions.put([...people].map(([address, gecos]) => ({ ...id, address, gecos, options })));
  if (source.role !== 'member') return [];
  const { reception, visibility } = list.config.default_user_options;
  return tx.subscribers.include({ list: list.address, people, reception, visibility });
}

interface Refusal {
  readonly code: string;
  readonly reason: string;
}

function refusal(code: SourcesErrorCode, reason: string): Refusal {
  return { code, reason };
}

async function fail(
  source: ListDataSource,
  { code, reason }: Refusal,
  update: Update,
  named?: number,
): Promise<Settled> {
  const known = stateOf(source, update);
  const people = named ?? known.people;
  const nowMs = update.parts.clock.now();
  const isNews = known.toldAt === null || nowMs - known.toldAt >= dayMs;
  await update.tx.dataSources.put({
    ...known,
    name: source.name,
    people,
    triedAt: nowMs,
    failedAt: known.failedAt ?? nowMs,
    code,
    reason,
    toldAt: isNews ? nowMs : known.toldAt,
  });
  const outcome = { ...namesOf(source), status: 'failed', people, code, reason } as const;
  return { outcome, isWhole: false, fresh: [], left: 0, isNews };
}

/** Takes out what came from sources that the list has no more. */
async function dropOthers(read: readonly ReadSource[], update: Update): Promise<number> {
  const { tx, list, before } = update;
  let members = 0;
  for (const role of ['member', 'owner', 'editor'] as const) {
    const kept = read.flatMap(({ source }) => (source.role === role ? [source.key] : []));
    const dropped = await tx.inclusions.dropOthers(list.address, role, kept);
    if (role === 'member') members = dropped;
    for (const state of before.values())
      if (isDropped(state, role, update)) await tx.dataSources.remove(state);
  }
  return members;
}

/** Whoever is no subscriber any more waits for nothing. */
async function endAll(gone: readonly string[], { tx, list, parts }: Update): Promise<void> {
  if (gone.length === 0) return;
  await tx.subscribers.noteEnds(gone);
  for (const id of await tx.deliveries.dropWaiting(list.address, gone))
    await finishWithin(tx, await tx.distributions.get(id), parts.clock.now());
}

async function tellListmasters(failed: readonly SourceOutcome[], { tx, list, parts }: Update): Promise<void> {
  if (failed.length === 0) return;
  await enqueueServiceMail(tx, `data-source-failed ${list.address} ${newId(parts.clock.now())}`, {
    template: 'data-source-failed-listmaster',
    list: '',
    domain: list.robot.domain,
    to: parts.lists.listmasters(list.robot),
    variables: {
      about: list.address,
      sources: failed.map(({ name, code, reason }) => `${name}: ${code} (${reason})`),
    },
  });
}

function stateOf(source: ListDataSource, update: Update): DataSourceState {
  const never = {
    people: 0,
    triedAt: 0,
    readAt: null,
    failedAt: null,
    code: null,
    reason: null,
    toldAt: null,
  };
  const { name, role, key } = source;
  return update.before.get(nameOf(role, key)) ?? { ...idOf(source, update), name, ...never };
}

function idOf({ role, key: source }: ListDataSource, { list }: Update) {
  return { list: list.address, role, source };
}

function namesOf({ name, role }: ListDataSource) {
  return { name, role };
}

function nameOf(role: string, source: string): string {
  return `${role} ${source}`;
}
