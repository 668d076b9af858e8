import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { DataReader } from './data-reader.ts';

/** The library's server, with the connections below. */
export class MailServer extends SMTPServer {
  #closing = false;

  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions): void {
    const connection = new MailConnection(this, socket, options);
    this.connections.add(connection);
    connection.on('error', (error) => this.emit('error', error));
    connection.init();
  }

  /** Ends when the transactions under way have had their replies; who only waits is sent away at once. */
  async closeGracefully(): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.close(() => resolve()));
    this.sendIdleAway();
    await closed;
  }

  /** While the server closes: ends the connections that are between two transactions. */
  sendIdleAway(): void {
    if (!this.#closing) return;
    for (const connection of [...this.connections])
      if (!connection._dataStream && !connection._handlerPending)
        // RFC 3463 §3.4: 4.3.2, the system does not take mail now.
        connection.send(421, '4.3.2 this service goes down', false);
  }
}

const ownCode = /^[245]\.\d{1,3}\.\d{1,3} /;

/** The library's connection: greets at once, and leaves enhanced codes that a handler chose as they are. */
class MailConnection extends SMTPConnection {
  #greeted = false;

  override init(): void {
    super.init();
    // The library waits 100 ms for peers that talk too soon; whoever does so is still told in this turn.
    setImmediate(() => this.connectionReady());
  }

  /** As the library does it, with the reader of data below. */
  override _createParser(): SMTPStream {
    const parser = new MailStream({ maxCommandLength: this._server.options.maxCommandLength });
    parser.oncommand = (command, callback) => this._onCommand(command, callback);
    parser.on('error', (error) => this.send(421, `4.5.2 ${error.message}`, false));
    return parser;
  }

  override connectionReady(next?: () => void): void {
    if (this.#greeted) return;
    this.#greeted = true;
    super.connectionReady(next);
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    super.send(code, data, typeof data === 'string' && ownCode.test(data) ? false : context);
  }
}

type Done = (error?: Error | null) => void;

/** The library's parser with our reader of data: its own takes a turn of the event loop for each line with a dot. */
class MailStream extends SMTPStream {
  #reader = new DataReader();

  override startDataMode(maxBytes?: number | string | null): SMTPServerDataStream {
    this.#reader = new DataReader();
    return super.startDataMode(maxBytes);
  }

  override _feedDataStream(chunk: Buffer, done: Done): void {
    const { bytes, end } = this.#reader.push(chunk);
    this._countDataBytes(bytes.length);
    if (end !== undefined) {
      this._endDataMode(bytes, chunk.subarray(end), done);
      return;
    }
    const data = this._dataStream!;
    if (!data.writable || bytes.length === 0 || data.write(bytes)) {
      done();
      return;
    }
    // A stream that nobody reads any more closes, and never drains.
    const goOn = () => {
      data.off('drain', goOn).off('close', goOn);
      done();
    };
    data.on('drain', goOn).on('close', goOn);
  }
}
