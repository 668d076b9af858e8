import { z } from 'zod';
import { certificateParameters } from './parameters/certificates.ts';
import { databaseParameters } from './parameters/database.ts';
import { directoryParameters } from './parameters/directories.ts';
import { identityParameters } from './parameters/identity.ts';
import { incomingParameters } from './parameters/incoming.ts';
import { listDefaults } from './parameters/list-defaults.ts';
import { outgoingParameters } from './parameters/outgoing.ts';
import { privilegeParameters } from './parameters/privileges.ts';
import { siteServiceParameters } from './parameters/site-services.ts';
import { smimeParameters } from './parameters/smime.ts';
import { webParameters } from './parameters/web.ts';
import { webAppearanceParameters } from './parameters/web-appearance.ts';

/**
 * Every parameter of `sympa.conf` and `robot.conf`: how it is read, its default, what it is for. The reference page is
 * made from it.
 */
export const siteSchema = z.strictObject({
  ...identityParameters,
  ...smimeParameters,
  ...certificateParameters,
  ...incomingParameters,
  ...outgoingParameters,
  ...webParameters,
  ...databaseParameters,
  ...directoryParameters,
  ...listDefaults,
  ...privilegeParameters,
  ...siteServiceParameters,
  ...webAppearanceParameters,
});

/** What `sympa.conf` says, defaults filled in, paths absolute. */
export type SiteParameters = Readonly<z.output<typeof siteSchema>>;

/** What holds for one domain: the site's values, those of its `robot.conf` over them. */
export type RobotParameters = SiteParameters;

/** Parameters that Sympa itself gave up: a file with them loads, and nothing comes of them. */
export const retiredSiteParameters: readonly string[] = [
  'archived_pidfile',
  'automatic_list_prefix',
  'bounced_pidfile',
  'clean_delay_queueother',
  'default_distribution_ttl',
  'distribution_mode',
  'edit_list',
  'email_gecos',
  'filesystem_encoding',
  'host',
  'html_editor_file',
  'htmlarea_url',
  'http_host',
  'ldap_export_connection_timeout',
  'ldap_export_dnmanager',
  'ldap_export_host',
  'ldap_export_name',
  'ldap_export_password',
  'ldap_export_suffix',
  'localedir',
  'lock_method',
  'log_condition',
  'log_module',
  'msgcat',
  'pidfile',
  'pidfile_bulk',
  'pidfile_creation',
  'pidfile_distribute',
  'queuedistribute',
  'queueexpire',
  'sort',
  'task_manager_pidfile',
  'tri',
  'trusted_ca_options',
  'use_fast_cgi',
  'web_recode_to',
];
