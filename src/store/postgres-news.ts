import pg from 'pg';
import type { Log } from '../log.ts';

const reconnectMs = 2_000;

/** Listens for the jobs of other nodes; while it cannot, the pollers find them. */
export class PostgresNews {
  readonly channel = 'ssympa_jobs';
  readonly #config: pg.ClientConfig;
  readonly #log: Log;
  #wake: () => void = () => {};
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(config: pg.ClientConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /**
   * Starts to listen, and comes back by itself when the connection is lost.
   *
   * @throws the driver's error when the first connection fails
   */
  async open(wake: () => void): Promise<void> {
    this.#wake = wake;
    await this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client(this.#config);
    let isListening = false;
    const lose = () => {
      if (isListening) this.#comeBack();
      isListening = false;
    };
    client.on('notification', () => this.#wake());
    client.on('error', lose);
    client.on('end', lose);
    try {
      await client.connect();
      await client.query(`listen ${this.channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    isListening = true;
    this.#client = client;
    if (this.#closed) await client.end();
  }

  #comeBack(): void {
    if (this.#closed) return;
    this.#log.warn('no news of jobs from the database for now');
    const again = () => {
      // What was announced meanwhile was not heard.
      this.#connect().then(
        () => this.#wake(),
        () => this.#wait(again),
      );
    };
    this.#wait(again);
  }

  #wait(again: () => void): void {
    if (!this.#closed) this.#timer = setTimeout(again, reconnectMs);
  }
}
