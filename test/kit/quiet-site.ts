import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import { OutcomeRecorder } from '../../src/delivery/outcome-recorder.ts';
import { ScenarioFiles } from '../../src/lists/scenario-files.ts';
import { verpKey } from '../../src/lists/verp.ts';
import { silentLog } from '../../src/log.ts';
import type { PipelineParts } from '../../src/pipeline/post.ts';
import { newId, sha256Hex } from '../../src/secrets.ts';
import type { OutgoingCopy, RecipientReply, Transport } from '../../src/smtp/transport.ts';
import type { JobHandler, JobOutcome } from '../../src/store/job-runner.ts';
import type { Job, JobRole } from '../../src/store/jobs.ts';
import type { MessageKind } from '../../src/store/messages.ts';
import { CertificateFolder } from '../../src/trust/certificate-folder.ts';
import { ListKeyring } from '../../src/trust/list-keys.ts';
import { MessageOpener } from '../../src/trust/message-opener.ts';
import { PathlessCertificates } from '../../src/trust/pathless-certificates.ts';
import { RevokedCertificates } from '../../src/trust/revoked-certificates.ts';
import { SiteTrust } from '../../src/trust/site-trust.ts';
import { UserCertificates } from '../../src/trust/user-certificates.ts';
import { makeTestCa, type TestCa, type TestIdentity } from './ca.ts';
import { type FolderSite, makeFolderSite } from './folder-site.ts';

/** What a peer says of one copy; `undefined` for "sent". */
export type PeerRule = (copy: OutgoingCopy) => Partial<RecipientReply> | undefined;

/** The real parts of a site without daemon: a test runs the jobs itself, one at a time. */
export interface QuietSite extends Pick<FolderSite, 'site' | 'store' | 'lists' | 'write'> {
  readonly ca: TestCa;
  readonly parts: PipelineParts;
  /** What was handed to the peer. */
  readonly copies: OutgoingCopy[];
  peer: PeerRule;
  /** Gives a list a key without pass phrase. */
  listKey(name: string): TestIdentity;
  /** Stores a message with the job that works on it, as intake does. */
  take(
    raw: Uint8Array,
    to: string,
    more?: { kind?: MessageKind; from?: string; list?: string },
  ): Promise<string>;
  /** Claims the next due job of a role. */
  claim(role: JobRole): Promise<Job>;
  /** Does every due job of one kind with a handler, and settles it as the runner does. */
  run(role: JobRole, kind: string, handler: JobHandler): Promise<readonly JobOutcome[]>;
  dispose(): Promise<void>;
}

const worker = 'test 1 a';

/** Makes such a site of the domain `example.org`. */
export async function makeQuietSite(clock: Clock, conf: readonly string[] = []): Promise<QuietSite> {
  const ca = makeTestCa();
  const made = await makeFolderSite(['cafile ca.pem', ...conf], clock);
  made.write('ca.pem', ca.pem);
  const { site, store } = made;
  const copies: OutgoingCopy[] = [];
  const quiet: QuietSite = {
    ...made,
    ca,
    copies,
    peer: () => undefined,
    parts: { ...partsOf(made, clock, () => quiet.peer, copies), verpKey: await verpKey(site) },
    listKey: (name) => {
      const pair = ca.issue({ address: `${name}@example.org`, algorithm: 'rsa-2048' });
      writeFileSync(join(site.explDir, name, 'cert.pem'), pair.certificatePem);
      writeFileSync(join(site.explDir, name, 'private_key'), pair.privateKeyPem, { mode: 0o600 });
      return pair;
    },
    take: async (raw, to, { kind = 'post', from = 'alice@example.org', list: of } = {}) => {
      const id = newId(clock.now());
      const list = of ?? (kind === 'listmaster' ? '' : to.replace(/-(?:request|editor|owner)@/, '@'));
      await store.transaction(async (tx) => {
        const about = { size: raw.length, sha256: sha256Hex(raw), receivedAt: clock.now() };
        await tx.messages.insert({ id, kind, list, recipient: to, envelopeSender: from, raw, ...about });
        await tx.jobs.enqueue({ role: 'pipeline', kind: 'process-message', subject: id });
      });
      return id;
    },
    claim: async (role) => {
      const [job] = await store.jobs.claim(role, worker, { leaseMs: 60_000, limit: 1 });
      if (!job) throw new Error(`no job of ${role} is due`);
      return job;
    },
    run: async (role, kind, handler) => {
      const outcomes: JobOutcome[] = [];
      for (const job of await store.jobs.claim(role, worker, { leaseMs: 60_000, limit: 100 })) {
        if (job.kind !== kind) {
          const note = { code: 'other', reason: 'of another kind', countsAsAttempt: false };
          await store.jobs.retryAt(job.id, clock.now(), note);
          continue;
        }
        const outcome = await handler(job);
        outcomes.push(outcome);
        if (outcome.status === 'done') await store.jobs.complete(job.id, worker);
        else if (outcome.status === 'retry') await store.jobs.retryAt(job.id, outcome.atMs, outcome);
      }
      return outcomes;
    },
    dispose: made.dispose,
  };
  return quiet;
}

function partsOf(
  made: FolderSite,
  clock: Clock,
  peer: () => PeerRule,
  copies: OutgoingCopy[],
): PipelineParts {
  const { site, store, lists } = made;
  const log = silentLog;
  const anchors = new SiteTrust(site, log);
  const certificates = new UserCertificates(clock, anchors);
  const keyring = new ListKeyring(() => site.conf.key_passwd, log);
  return {
    site,
    store,
    lists,
    certificates,
    keyring,
    opener: new MessageOpener({ keyring, anchors, clock }),
    transport: peerTransport(peer, copies),
    recorder: new OutcomeRecorder(store, log),
    verpKey: '',
    clock,
    log,
    revocations: new RevokedCertificates({ store, anchors, clock, log }),
    pathless: new PathlessCertificates({
      store,
      places: async () => ({ site, lists: await lists.all() }),
      anchors,
      clock,
      log,
    }),
    folder: new CertificateFolder({ folder: site.certDir, store, certificates, anchors, clock, log }),
    scenarios: new ScenarioFiles(site, { clock, log }),
  };
}

function peerTransport(peer: () => PeerRule, copies: OutgoingCopy[]): Transport {
  const send = async (copy: OutgoingCopy) => {
    const said = peer()(copy);
    if (!said) copies.push(copy);
    const usual = { status: 'sent', code: 250, enhanced: '2.0.0', text: 'taken' } as const;
    return copy.recipients.map((recipient) => ({ ...usual, ...said, recipient }));
  };
  return {
    maxConnections: 2,
    acquire: async () => ({ send, release: () => undefined }),
    close: async () => undefined,
  };
}
