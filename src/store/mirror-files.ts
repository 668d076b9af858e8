import type { Database } from './database.ts';
import type { CertificateFileTable } from './schema.ts';

/** A file of `X509-user-certs/` as it was last written or taken in; `writtenAt` 0: about to be written. */
export type MirrorFile = Readonly<CertificateFileTable>;

/** What the store knows of the files in `X509-user-certs/`. */
export class MirrorFiles {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(fileName: string): Promise<MirrorFile | undefined> {
    const query = this.#database.db.selectFrom('certificate_file').selectAll();
    return query.where('fileName', '=', fileName).executeTakeFirst();
  }

  async put(file: MirrorFile): Promise<void> {
    await this.#database.db
      .insertInto('certificate_file')
      .values(file)
      .onConflict((conflict) => conflict.column('fileName').doUpdateSet(file))
      .execute();
  }

  async remove(fileName: string): Promise<void> {
    await this.#database.db.deleteFrom('certificate_file').where('fileName', '=', fileName).execute();
  }

  all(): Promise<readonly MirrorFile[]> {
    return this.#database.db.selectFrom('certificate_file').selectAll().execute();
  }
}
