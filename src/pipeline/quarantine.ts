import { enqueueServiceMail } from '../delivery/service-mail.ts';
import type { Job } from '../store/jobs.ts';
import type { PipelineParts } from './post.ts';

/** The message behind a job that was put aside shows it, and the listmasters are told. */
export async function tellQuarantine(
  parts: PipelineParts,
  job: Job,
  code: string,
  reason: string,
): Promise<void> {
  const { store, lists, site } = parts;
  await store.transaction(async (tx) => {
    if (job.kind === 'process-message')
      await tx.messages.setState(job.subject, 'quarantined', { code, reason });
    // A notice about a notice that cannot be made would never end.
    if (job.kind === 'service-mail') return;
    await enqueueServiceMail(tx, `quarantine ${job.id}`, {
      template: 'quarantine-listmaster',
      list: '',
      to: lists.listmasters(site.robots[0]!),
      // The identifier that `spool show` takes.
      variables: { id: job.id, kind: job.kind, code },
    });
  });
}
