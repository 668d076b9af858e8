import type { FuzzTarget } from './target.ts';
import { bouncesTarget } from './targets/bounces.ts';
import { certificateTarget, crlTarget, pemTarget } from './targets/certificate.ts';
import { cmsTarget } from './targets/cms.ts';
import { commandsTarget } from './targets/commands.ts';
import { derTarget } from './targets/der.ts';
import { dnsTarget } from './targets/dns.ts';
import { addressTarget, dateTarget, parameterTarget } from './targets/fields.ts';
import { messageTarget, mimeTarget } from './targets/mime.ts';
import { pkcs12Target, privateKeyTarget } from './targets/pkcs12.ts';
import { scenarioTarget } from './targets/scenario.ts';
import { smtpReplyTarget } from './targets/smtp-reply.ts';
import { taskTarget } from './targets/task.ts';
import { listConfigTarget, siteConfigTarget } from './targets/texts.ts';

/** Every target, the ones with the most to lose first. */
export const fuzzTargets: readonly FuzzTarget[] = [
  messageTarget,
  cmsTarget,
  mimeTarget,
  commandsTarget,
  bouncesTarget,
  derTarget,
  certificateTarget,
  crlTarget,
  pemTarget,
  pkcs12Target,
  privateKeyTarget,
  addressTarget,
  dateTarget,
  parameterTarget,
  scenarioTarget,
  taskTarget,
  listConfigTarget,
  siteConfigTarget,
  smtpReplyTarget,
  dnsTarget,
];
