import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContext } from 'node:tls';
import { Client, ResultCodeError } from 'ldapts';
import { type DirectoryEntry, EveryAttribute, entryOf } from './directory-entry.ts';
import { DirectoryError } from './error.ts';
import { parseSearchFilter } from './filter-text.ts';
import { failureOf } from './ldap-failure.ts';
import { adaptSearches, type Dereferencing, refuseReferences } from './ldap-pages.ts';
import { type RootPlaces, trustedRoots } from './trusted-roots.ts';

/** A directory server. */
export interface DirectoryServer {
  readonly host: string;
  /** Default: 389, with LDAPS 636. */
  readonly port?: number;
  /** The IP address to connect to, where it was looked up and checked before; its certificate must still name the host. */
  readonly address?: string;
}

/** How a directory is reached. */
export interface DirectoryAccess extends RootPlaces {
  /** Tried in this order until one answers. */
  readonly servers: readonly DirectoryServer[];
  readonly tls: 'none' | 'starttls' | 'ldaps';
  /** Whether the certificate of the server is checked, with its host name. */
  readonly verifiesServer: boolean;
  /** Anonymous without it. */
  readonly login?: { readonly name: string; readonly password: string };
  readonly limits?: Partial<DirectoryLimits>;
  /** Ends the visit as though its time were over. */
  readonly signal?: AbortSignal | undefined;
}

/** Bounds of one visit to a directory. */
export interface DirectoryLimits {
  /** Time until one server is connected and logged in to, or has given one answer. */
  readonly stepMs: number;
  /** Time for everything, all servers together. */
  readonly totalMs: number;
  /** The most that one server may send. */
  readonly bytes: number;
}

const usualLimits: DirectoryLimits = { stepMs: 4_000, totalMs: 10_000, bytes: 4 << 20 };

/** Some hundred of the smallest messages. */
const pieceBytes = 8_192;

/** Fewer than servers give at once (RFC 2696). */
const entriesPerPage = 500;

/** A search (RFC 4511 §4.5.1); referrals are not followed. */
export interface DirectorySearch {
  /** Name of the entry that it starts at. */
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** By RFC 4515; values that come from outside through `escapeFilterValue`. */
  readonly filter: string;
  /** Attributes that are wanted; none: only the names of the entries. */
  readonly attributes: readonly string[];
  /** The most entries that are given. */
  readonly maxEntries: number;
  readonly dereferencing?: Dereferencing;
}

/** An open connection to a directory. */
export interface Directory {
  /**
   * Gives entries; those beyond `maxEntries` are left out.
   *
   * @throws DirectoryError
   */
  search(search: DirectorySearch): Promise<readonly DirectoryEntry[]>;
  /**
   * Gives all entries, page by page (RFC 2696). An answer that the server cuts short, or that has more than
   * `maxEntries`, is a failure: what was taken until then is not all.
   *
   * @throws DirectoryError
   */
  searchWhole(search: DirectorySearch, take: (entries: readonly DirectoryEntry[]) => void): Promise<void>;
}

/**
 * Connects to the first server that answers, lets some work be done, and closes the connection.
 *
 * @returns what the work gives
 * @throws DirectoryError; temporary where no server answers
 */
export async function withDirectory<T>(
  access: DirectoryAccess,
  work: (directory: Directory) => Promise<T>,
): Promise<T> {
  const limits = { ...usualLimits, ...access.limits };
  const roots = access.tls === 'none' || !access.verifiesServer ? undefined : await trustedRoots(access);
  const untilMs = performance.now() + limits.totalMs;
  let failure = new DirectoryError('directory-unreachable', 'no directory server is named');
  for (const server of access.servers) {
    const connection = new Connection(server, access, roots, limits, untilMs);
    try {
      await connection.open();
      return await work(connection);
    } catch (error) {
      // The work itself may fail in its own ways; another server is asked only where this one gave no answer.
      if (!(error instanceof DirectoryError && error.temporary)) throw error;
      failure = error;
    } finally {
      connection.close();
    }
  }
  throw failure;
}

class Connection implements Directory {
  readonly #server: DirectoryServer;
  readonly #access: DirectoryAccess;
  readonly #roots: SecureContext | undefined;
  readonly #limits: DirectoryLimits;
  readonly #untilMs: number;
  readonly #sockets: Socket[] = [];
  readonly #client: Client;
  #failure: DirectoryError | undefined;
  #received = 0;

  constructor(
    server: DirectoryServer,
    access: DirectoryAccess,
    roots: SecureContext | undefined,
    limits: DirectoryLimits,
    untilMs: number,
  ) {
    this.#server = server;
    this.#access = access;
    this.#roots = roots;
    this.#limits = limits;
    this.#untilMs = untilMs;
    const isSecure = access.tls === 'ldaps';
    const host = isIP(server.host) === 6 ? `[${server.host}]` : server.host;
    const port = server.port ?? (isSecure ? 636 : 389);
    this.#client = new Client({
      url: `${isSecure ? 'ldaps' : 'ldap'}://${host}:${port}`,
      ...(isSecure && { tlsOptions: this.#tlsOptions() }),
      createConnection: ((...args: Parameters<typeof connect>) =>
        this.#watched(
          server.address === undefined ? connect(...args) : connect({ host: server.address, port }),
        )) as typeof connect,
      createSecureConnection: ((...args: Parameters<typeof connectTls>) =>
        this.#watched(
          server.address === undefined
            ? connectTls(...args)
            : connectTls({ ...this.#tlsOptions(), host: server.address, port }),
        )) as typeof connectTls,
    });
  }

  async open(): Promise<void> {
    const { tls, login } = this.#access;
    if (login?.password === '')
      throw new DirectoryError('directory-login', 'a login without password would be none (RFC 4513 §5.1.2)');
    await this.#step(async () => {
      if (tls === 'starttls') await this.#startTls();
      // Without a login the connection is tried here as well, so that the next server is asked where this one is dead.
      await this.#client.bind(login?.name ?? '', login?.password ?? '');
    });
  }

  async search(search: DirectorySearch): Promise<readonly DirectoryEntry[]> {
    const { base, maxEntries } = search;
    const options = { ...this.#begin(search), sizeLimit: maxEntries };
    const found = await this.#step(() => this.#client.search(base, options));
    return found.searchEntries.slice(0, maxEntries).map(entryOf);
  }

  async searchWhole(
    search: DirectorySearch,
    take: (entries: readonly DirectoryEntry[]) => void,
  ): Promise<void> {
    const { base, maxEntries } = search;
    // Without a limit: where one is named, the library takes a server that reached its own for one that has done.
    const options = { ...this.#begin(search), paged: { pageSize: entriesPerPage } };
    const pages = this.#client.searchPaginated(base, options);
    for (let count = 0; ; ) {
      const { value: page, done } = await this.#step(() => pages.next());
      if (done) return;
      refuseReferences(page.searchReferences);
      count += page.searchEntries.length;
      if (count > maxEntries)
        throw new DirectoryError(
          'directory-bad-answer',
          `the directory gives more than ${maxEntries} entries`,
        );
      take(page.searchEntries.map(entryOf));
    }
  }

  close(): void {
    // What is still waited for is over. The library leaves a connection alone that hangs in a handshake.
    this.#client.unbind().catch(() => undefined);
    setImmediate(() => {
      for (const socket of this.#sockets) socket.on('error', () => undefined).destroy();
    });
  }

  /** Makes the client ready for a search, and gives its options. */
  #begin({ scope, filter, attributes, dereferencing = 'never' }: DirectorySearch) {
    const parsed = parseSearchFilter(filter);
    this.#received = 0;
    adaptSearches(this.#client, dereferencing);
    return {
      scope,
      filter: parsed,
      timeLimit: Math.max(1, Math.ceil(this.#limits.stepMs / 1_000)),
      // No attributes: RFC 4511 §4.5.1.8.
      attributes: attributes.length > 0 ? [...attributes] : ['1.1'],
      explicitBufferAttributes: new EveryAttribute(),
    };
  }

  async #startTls(): Promise<void> {
    try {
      await this.#client.startTLS(this.#tlsOptions());
    } catch (error) {
      if (!(error instanceof ResultCodeError)) throw error;
      throw new DirectoryError('directory-no-tls', 'the directory server refuses StartTLS');
    }
  }

  #tlsOptions(): ConnectionOptions {
    const { host } = this.#server;
    return {
      host,
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: this.#access.verifiesServer,
      ...(this.#roots && { secureContext: this.#roots }),
    };
  }

  /**
   * Counts what the server sends and gives it on in small pieces: the library reads the messages of a piece by
   * recursion. The socket is remembered so that it can be closed whatever the library waits for.
   */
  #watched<S extends Socket>(socket: S): S {
    this.#sockets.push(socket);
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...values: unknown[]) => boolean;
    const take = (event: string | symbol, ...values: unknown[]): boolean => {
      if (event !== 'data') return emit(event, ...values);
      const data = values[0] as Buffer;
      this.#received += data.length;
      if (this.#received > this.#limits.bytes) this.#overflow(socket);
      else
        for (let at = 0; at < data.length; at += pieceBytes) emit('data', data.subarray(at, at + pieceBytes));
      return true;
    };
    return Object.assign(socket, { emit: take });
  }

  #overflow(socket: Socket): void {
    const text = `the directory server sends more than ${this.#limits.bytes} bytes`;
    this.#failure = new DirectoryError('directory-bad-answer', text);
    socket.destroy();
  }

  /** Does one exchange with the server within its time. */
  async #step<T>(exchange: () => Promise<T>): Promise<T> {
    const leftMs = Math.min(this.#limits.stepMs, this.#untilMs - performance.now());
    const late = new DirectoryError('directory-timeout', 'the directory server does not answer in time');
    const { signal } = this.#access;
    let timer: NodeJS.Timeout | undefined;
    let end = () => {};
    const timeout = new Promise<never>((_, reject) => {
      end = () => reject(late);
      timer = setTimeout(end, signal?.aborted ? 0 : Math.max(0, leftMs));
      signal?.addEventListener('abort', end);
    });
    try {
      return await Promise.race([exchange(), timeout]);
    } catch (error) {
      throw this.#failure ?? failureOf(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }
}
