import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/kit/cli.ts';
import { DaemonProcess } from '../../test/kit/daemon-process.ts';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';

describe('ssympa start', () => {
  let made: FolderSite;
  beforeEach(async () => {
    made = await makeFolderSite(['lmtp_listen 127.0.0.1:0', 'smtp_listen 127.0.0.1:0', 'web_listen none']);
    await made.store.close();
  });
  afterEach(() => made.dispose());

  it('says where it listens in one line, and ends well on SIGTERM', async () => {
    const daemon = await DaemonProcess.start(made.site.file);
    const address = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(daemon.ready).toEqual({ ready: true, pid: expect.any(Number), lmtp: address, smtp: address });
    expect(await daemon.stop()).toBe(0);
  });

  it('runs the roles that are asked for alone', async () => {
    const daemon = await DaemonProcess.start(made.site.file, ['--role', 'tasks, delivery']);
    expect(daemon.ready).toEqual({ ready: true, pid: expect.any(Number) });
    expect(await daemon.stop()).toBe(0);
  });

  it.each([
    ['--role', 'cook'],
    ['--role', ''],
    ['--log-level', 'loud'],
  ])('refuses %s %j as a wrong use', async (option, value) => {
    const refused = await runCli(['start', '--conf', made.site.file, option, value]);
    expect(refused.code).toBe(64);
    expect(refused.stdout).toBe('');
  });

  it('refuses a site that is none', async () => {
    expect((await runCli(['start', '--conf', `${made.dir}/nothing.conf`])).code).toBe(78);
  });
});
