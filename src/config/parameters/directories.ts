import { ParameterGroup } from '../parameter.ts';
import { count, path } from '../value-types.ts';

const group = new ParameterGroup('Folders and how long things are kept');
const later = new ParameterGroup('Folders and how long things are kept', 'none yet');
const siteOnly = { siteOnly: true } as const;
const days = { ...siteOnly, unit: 'days' } as const;

/** Folders, and how long things are kept in them. A relative path starts at the folder of `sympa.conf`. */
export const directoryParameters = {
  home: group.value(path, 'expl', 'The folder of the lists.', siteOnly),
  etc: group.value(
    path,
    'etc',
    'The folder of scenarios, tasks, templates and `DOMAIN/robot.conf`.',
    siteOnly,
  ),
  data_dir: group.value(
    path,
    'data',
    'The folder of what the service itself writes: its socket, its secret.',
    siteOnly,
  ),
  spool: later.optional(
    path,
    'Base folder of spools in Sympa. This service keeps what waits in its database.',
    siteOnly,
  ),
  queue: later.optional(path, 'Spool of incoming mail.', siteOnly),
  queuemod: later.optional(path, 'Spool of posts to moderate.', siteOnly),
  queuedigest: later.optional(path, 'Spool of digests.', siteOnly),
  queueauth: later.optional(path, 'Spool of posts to confirm.', siteOnly),
  queueoutgoing: later.optional(path, 'Spool of posts to archive.', siteOnly),
  queuesubscribe: later.optional(path, 'Spool of requests to confirm.', siteOnly),
  queuetopic: later.optional(path, 'Spool of topics.', siteOnly),
  queuebounce: later.optional(path, 'Spool of bounces.', siteOnly),
  queuetask: later.optional(path, 'Spool of tasks.', siteOnly),
  queueautomatic: later.optional(path, 'Spool of mail to lists that are made on the fly.', siteOnly),
  queuebulk: later.optional(path, 'Spool of mail going out.', siteOnly),
  tmpdir: later.optional(path, 'Folder of temporary files.', siteOnly),
  viewmail_dir: later.optional(path, 'Folder of messages made ready for the web.', siteOnly),
  bounce_path: later.optional(path, 'Folder of the last bounce of each subscriber.', siteOnly),
  arc_path: later.optional(path, 'Folder of archives.'),
  clean_delay_queue: group.value(
    count(),
    '7',
    'How long a message that cannot be delivered for the time being is tried. One in quarantine is kept until the operator drops it.',
    days,
  ),
  clean_delay_queueauth: group.value(count(), '30', 'How long a post waits for its confirmation.', days),
  clean_delay_queueautomatic: later.value(
    count(),
    '10',
    'How long bad mail to lists made on the fly is kept.',
    days,
  ),
  clean_delay_queuebounce: later.value(count(), '7', 'How long bad bounces are kept.', days),
  clean_delay_queuebulk: later.value(count(), '7', 'How long bad mail going out is kept.', days),
  clean_delay_queuedigest: later.value(count(), '14', 'How long bad digests are kept.', days),
  clean_delay_queueoutgoing: later.value(
    count(),
    '7',
    'How long posts that cannot be archived are kept.',
    days,
  ),
  clean_delay_queuesubscribe: group.value(
    count(),
    '30',
    'How long a request waits for its confirmation.',
    days,
  ),
  clean_delay_queuetopic: later.value(count(), '30', 'How long the topics of a post are known.', days),
  clean_delay_tmpdir: later.value(count(), '7', 'How long temporary files are kept.', days),
} as const;
