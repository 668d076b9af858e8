import { newId } from '../secrets.ts';
import type { Database } from './database.ts';
import { StoreError } from './error.ts';
import type { CertificateEventTable, CertificateTable } from './schema.ts';

/** What a certificate may be used for. */
export type StoredUsage = 'both' | 'sign' | 'encrypt';
/** Who brought a certificate. */
export type CertificateSource = 'message' | 'folder' | 'operator' | 'upload' | 'ldap' | 'smimea';
/** Whether a certificate is in use. */
export type CertificateStatus =
  | 'trusted'
  | 'pending'
  /** Put aside while it has no path to any anchor. */
  | 'untrusted'
  | 'expired'
  | 'revoked'
  | 'superseded'
  | 'withdrawn';

/** A certificate of a person, with where it came from and whether it is in use. */
export interface CertificateRecord
  extends Readonly<
    Omit<CertificateTable, 'usage' | 'source' | 'status' | 'capabilities' | 'narrow' | 'needsPath'>
  > {
  readonly usage: StoredUsage;
  readonly source: CertificateSource;
  readonly status: CertificateStatus;
  /** Encryption algorithms announced by a valid signature, best first. */
  readonly capabilities: readonly string[] | null;
  /** The anchors of the site did not accept it when it came, but those of a list or a domain. */
  readonly narrow: boolean;
  /** The record of the DNS that it came with demands a path to an anchor (RFC 6698 §2.1.1). */
  readonly needsPath: boolean;
}

/** One change of the status of a certificate. */
export interface CertificateEvent
  extends Readonly<Omit<CertificateEventTable, 'sequence' | 'certificateId'>> {
  readonly status: CertificateStatus;
}

/** A certificate in use without its bytes. */
export type CertificateInUse = Pick<CertificateRecord, 'id' | 'address' | 'usage' | 'updatedAt'>;

const addressesPerQuery = 500;

/** Certificates of persons, all that were ever in use among them. */
export class Certificates {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps a certificate; the same certificate of the same address is overwritten and keeps its id. */
  async upsert(
    given: Omit<CertificateRecord, 'id' | 'narrow' | 'needsPath'> &
      Partial<Pick<CertificateRecord, 'narrow' | 'needsPath'>>,
  ): Promise<void> {
    const record = { ...given, narrow: given.narrow ? 1 : 0, needsPath: given.needsPath ? 1 : 0 };
    const capabilities = record.capabilities === null ? null : JSON.stringify(record.capabilities);
    const { firstSeen: _first, ...changed } = { ...record, capabilities };
    const known = await this.#database.db
      .selectFrom('certificate')
      .select(['id', 'status'])
      .where('address', '=', record.address)
      .where('sha256', '=', record.sha256)
      .executeTakeFirst();
    const stored = await this.#database.db
      .insertInto('certificate')
      .values({ ...record, capabilities, id: newId(this.#database.clock.now()) })
      .onConflict((conflict) => conflict.columns(['address', 'sha256']).doUpdateSet(changed))
      .returning('id')
      .executeTakeFirstOrThrow();
    if (known?.status !== record.status) await this.#addEvent(stored.id, record);
  }

  /** Gives what became of a certificate, from the first day on. */
  async history(id: string): Promise<readonly CertificateEvent[]> {
    const query = this.#database.db
      .selectFrom('certificate_event')
      .select(['at', 'status', 'source', 'note'])
      .where('certificateId', '=', id);
    return (await query.orderBy('sequence').execute()) as CertificateEvent[];
  }

  async #addEvent(
    certificateId: string,
    { status, source, note }: Pick<CertificateTable, 'status' | 'source' | 'note'>,
  ): Promise<void> {
    const { db, clock } = this.#database;
    const { last } = await db
      .selectFrom('certificate_event')
      .select(({ fn }) => fn.max<number | null>('sequence').as('last'))
      .where('certificateId', '=', certificateId)
      .executeTakeFirstOrThrow();
    const sequence = Number(last ?? 0) + 1;
    await db
      .insertInto('certificate_event')
      .values({ certificateId, sequence, at: clock.now(), status, source, note })
      .execute();
  }

  ofAddress(address: string): Promise<readonly CertificateRecord[]> {
    return this.list({ address });
  }

  async ofAddresses(addresses: readonly string[]): Promise<readonly CertificateRecord[]> {
    const found: CertificateRecord[] = [];
    for (let i = 0; i < addresses.length; i += addressesPerQuery) {
      const chunk = addresses.slice(i, i + addressesPerQuery);
      const query = this.#database.db.selectFrom('certificate').selectAll().where('address', 'in', chunk);
      found.push(...(await query.execute()).map(recordOf));
    }
    return found;
  }

  async find(id: string): Promise<CertificateRecord | undefined> {
    const row = await this.#database.db
      .selectFrom('certificate')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row && recordOf(row);
  }

  /** @throws StoreError `no-such-certificate` */
  async get(id: string): Promise<CertificateRecord> {
    const found = await this.find(id);
    if (!found) throw new StoreError('no-such-certificate', `no certificate ${id.slice(0, 64)} is stored`);
    return found;
  }

  async list(
    of: { readonly address?: string; readonly status?: CertificateStatus } = {},
  ): Promise<readonly CertificateRecord[]> {
    let query = this.#database.db.selectFrom('certificate').selectAll();
    if (of.address !== undefined) query = query.where('address', '=', of.address);
    if (of.status !== undefined) query = query.where('status', '=', of.status);
    return (await query.orderBy('address').orderBy('id').execute()).map(recordOf);
  }

  /** Gives every certificate in use without its bytes: there may be many. */
  async inUse(): Promise<readonly CertificateInUse[]> {
    const query = this.#database.db.selectFrom('certificate').select(['id', 'address', 'usage', 'updatedAt']);
    return (await query.where('status', '=', 'trusted').orderBy('id').execute()) as CertificateInUse[];
  }

  /** @param note why, one word or a sentence of ours */
  async setStatus(id: string, status: CertificateStatus, note: string | null = null): Promise<void> {
    const updatedAt = this.#database.clock.now();
    const before = await this.find(id);
    await this.#database.db
      .updateTable('certificate')
      .set({ status, note, updatedAt })
      .where('id', '=', id)
      .execute();
    if (before && before.status !== status) await this.#addEvent(id, { status, source: before.source, note });
  }

  /** Gives a page, by id, of those in use or pending that changed at a time or later. */
  async changedSince(sinceMs: number, after: string, limit: number): Promise<readonly CertificateRecord[]> {
    const query = this.#database.db
      .selectFrom('certificate')
      .selectAll()
      .where('id', '>', after)
      .where('status', 'in', ['trusted', 'pending'])
      .where('updatedAt', '>=', sinceMs);
    return (await query.orderBy('id').limit(limit).execute()).map(recordOf);
  }

  /** Gives a page, by id, of those of one status. */
  async ofStatus(
    status: CertificateStatus,
    after: string,
    limit: number,
  ): Promise<readonly CertificateRecord[]> {
    const query = this.#database.db.selectFrom('certificate').selectAll().where('id', '>', after);
    return (await query.where('status', '=', status).orderBy('id').limit(limit).execute()).map(recordOf);
  }

  /** Gives the certificates in use that end before a time. */
  async expiring(beforeMs: number): Promise<readonly CertificateRecord[]> {
    const query = this.#database.db.selectFrom('certificate').selectAll().where('status', '=', 'trusted');
    return (await query.where('notAfter', '<', beforeMs).orderBy('notAfter').execute()).map(recordOf);
  }

  async count(): Promise<number> {
    const query = this.#database.db
      .selectFrom('certificate')
      .select(({ fn }) => fn.countAll<number>().as('count'));
    return Number((await query.executeTakeFirst())?.count ?? 0);
  }
}

function recordOf(row: CertificateTable): CertificateRecord {
  return {
    ...row,
    usage: row.usage as StoredUsage,
    source: row.source as CertificateSource,
    status: row.status as CertificateStatus,
    capabilities: row.capabilities === null ? null : (JSON.parse(row.capabilities) as string[]),
    narrow: row.narrow === 1,
    needsPath: row.needsPath === 1,
  };
}
