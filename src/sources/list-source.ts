import { setImmediate as breathe } from 'node:timers/promises';
import type { List } from '../lists/list.ts';
import type { ReadBounds, SourceParts } from './data-source.ts';
import { SourcesError } from './error.ts';
import { type HasRole, parseMemberFilter, type RoleQuestion } from './member-filter.ts';
import { PeopleCollector, type SourceAnswer } from './people.ts';

/** Another list whose subscribers count, and which of them. */
export interface ListReference {
  readonly listname: string;
  readonly filter?: string | undefined;
}

/** Gives the lists that a list includes. */
export type ReferencesOf = (list: List) => Promise<readonly ListReference[]>;

/** How the keys of sources begin that are lists. */
export const listKeyPrefix = 'list:';

/** Lists that are looked at for one source. */
const maxLists = 1_000;
/** People who are read before others have their turn. */
const peopleAtOnce = 1_000;

type Members = Map<string, string | null>;

/**
 * Gives the subscribers of another list. Where lists include each other, what comes back from the list that asks does not
 * count: nobody is on a list only because another one has it from there.
 *
 * @param target the list that asks
 * @throws SourcesError `source-no-list`, `source-unusable-list`, `source-bad-parameter`, `source-too-large`,
 * `source-timeout`; the reason of the signal
 */
export async function readListSource(
  reference: ListReference,
  target: List,
  parts: SourceParts,
  referencesOf: ReferencesOf,
  bounds: ReadBounds,
): Promise<SourceAnswer> {
  const walk = new Walk(parts, referencesOf, bounds);
  const collector = new PeopleCollector();
  for (const [address, gecos] of await walk.membersFor(reference, target)) {
    await walk.count();
    collector.take(address, gecos);
  }
  return collector.answer();
}

/** One reading of a list, which may lead through others. */
class Walk {
  readonly #parts: SourceParts;
  readonly #referencesOf: ReferencesOf;
  readonly #bounds: ReadBounds;
  readonly #begunMs = performance.now();
  #looked = 0;
  #people = 0;

  constructor(parts: SourceParts, referencesOf: ReferencesOf, bounds: ReadBounds) {
    this.#parts = parts;
    this.#referencesOf = referencesOf;
    this.#bounds = bounds;
  }

  /** Counts somebody who is read: now and then others have their turn, and it ends when it takes too long. */
  async count(): Promise<void> {
    if (++this.#people % peopleAtOnce !== 0) return;
    await breathe();
    this.#bounds.signal?.throwIfAborted();
    if (performance.now() - this.#begunMs <= this.#bounds.limitMs) return;
    throw new SourcesError('source-timeout', 'the lists take too long to read');
  }

  async membersFor(reference: ListReference, target: List): Promise<Members> {
    const list = await this.#find(reference.listname, target);
    if (list.address === target.address) return new Map();
    const members = (await this.#leadsTo(list, target))
      ? await this.#withoutWayBack(list, new Set([target.address]))
      : await this.#stored(list);
    return this.#filtered(members, reference.filter, target);
  }

  /** Whoever is on the list at this moment. */
  async #stored(list: List): Promise<Members> {
    const members: Members = new Map();
    for await (const { address, gecos } of this.#parts.store.subscribers.iterate(list.address)) {
      await this.count();
      members.set(address, gecos);
    }
    return members;
  }

  async #leadsTo(from: List, target: List): Promise<boolean> {
    const seen = new Set([from.address]);
    const queue = [from];
    for (let list = queue.shift(); list; list = queue.shift()) {
      for (const { listname } of await this.#referencesOf(readable(list))) {
        const next = await this.#findIfThere(listname, list);
        if (next?.address === target.address) return true;
        if (!next || seen.has(next.address)) continue;
        seen.add(next.address);
        queue.push(next);
      }
    }
    return false;
  }

  /** Those of a list who are there by more than the lists that stand on the way here. */
  async #withoutWayBack(list: List, way: ReadonlySet<string>): Promise<Members> {
    const { store } = this.#parts;
    const members: Members = new Map();
    for await (const { address, gecos } of store.subscribers.iterateBut(listKeyPrefix, list.address)) {
      await this.count();
      members.set(address, gecos);
    }
    const excluded = await store.exclusions.ofList(list.address);
    const wayOn = new Set([...way, list.address]);
    for (const { listname, filter } of await this.#referencesOf(readable(list))) {
      const next = await this.#findIfThere(listname, list);
      if (!next || wayOn.has(next.address)) continue;
      const found = await this.#filtered(await this.#withoutWayBack(next, wayOn), filter, list);
      for (const [address, gecos] of found)
        if (!excluded.has(address) && !members.has(address)) members.set(address, gecos);
    }
    return members;
  }

  async #filtered(members: Members, filter: string | undefined, list: List): Promise<Members> {
    if (filter === undefined) return members;
    const { questions, lets } = parseMemberFilter(filter);
    const hasRole = await this.#answers(questions, list);
    return new Map([...members].filter(([address, gecos]) => lets({ address, gecos }, hasRole)));
  }

  async #answers(questions: readonly RoleQuestion[], near: List): Promise<HasRole> {
    const people = new Map<RoleQuestion, ReadonlySet<string>>();
    for (const question of questions) {
      const list = await this.#find(question.list, near);
      people.set(question, await this.#having(question.role, list));
    }
    return (question, address) => people.get(question)?.has(address) ?? false;
  }

  async #having(role: RoleQuestion['role'], list: List): Promise<ReadonlySet<string>> {
    if (role === 'subscriber') return new Set((await this.#stored(list)).keys());
    const { owners, editors } = readable(list);
    return new Set({ owner: owners, editor: editors }[role]);
  }

  async #find(name: string, near: List): Promise<List> {
    const list = await this.#findIfThere(name, near);
    if (list) return list;
    throw new SourcesError('source-no-list', `there is no list ${name.slice(0, 320)}`);
  }

  async #findIfThere(name: string, near: List): Promise<List | undefined> {
    if (++this.#looked > maxLists)
      throw new SourcesError('source-too-large', `lists include each other in more than ${maxLists} ways`);
    return this.#parts.lists.find(name.includes('@') ? name : `${name}@${near.robot.domain}`);
  }
}

/** A list whose `config` is faulty says neither whom it has as owners nor which lists it includes. */
function readable(list: List): List {
  if (!list.error) return list;
  throw new SourcesError('source-unusable-list', `the config of the list ${list.address} is faulty`, {
    hint: 'nobody is added or taken out by this source until it is mended',
  });
}
