import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../secrets.ts';
import { sqlWords } from './engine.ts';
import { migrations } from './migrations.ts';

/** The digest of each migration in each engine's words, written down when the migration was made. */
const digests: Readonly<Record<string, { readonly sqlite: string; readonly postgres: string }>> = {
  '0001-first-tables': {
    sqlite: 'e4c1d0091960e5410dc935410a2f84e77eceed0892dfee041bd4dcbb3e0ae8e9',
    postgres: '6d26a6d31662598463e3a850140dc6bf0d4af738d13df6c88d014e922fbfad5a',
  },
  '0002-requests': {
    sqlite: '368fb1773f25cd2dbd3c85834b084393e679e8f8091f74d19105c361dfef9731',
    postgres: '5873ab927b77f0fb64ee2512d151ecd2e8fc2257ac4b0458ad3dea7058c57ac5',
  },
  '0003-tasks': {
    sqlite: 'd5059295e5a3034c3c63ee4ab3ad098b422f28e54c2c52fef7e807dbc266b957',
    postgres: 'dd9a2e323aed0fae3c6672dff9073ab446068a8dbfb9ea140d8cee27653c2042',
  },
  '0004-archive': {
    sqlite: '3e631a1a9f80cdaaa1d6cfc7e27bfdf9260e76768a15c0397b28408f376dd6e7',
    postgres: '3e631a1a9f80cdaaa1d6cfc7e27bfdf9260e76768a15c0397b28408f376dd6e7',
  },
  '0005-certificate-life': {
    sqlite: '1f019f9ab67a8d060eb14ed5fa4173358a225fbf8d698e5fa7137aadc4464c8c',
    postgres: 'bcd8359c574dbccca16941856b63fe0ccad36b24f0a76c10371fcf6138e04ad3',
  },
  '0006-task-mails': {
    sqlite: 'b9998007804960492cd2d39c7d9f5ed7053acdbc592a7c0f87e5505fae72acd8',
    postgres: '29f1b0b2649ab8829dae079e0feceb8604e47175b9b180808eb4fb24c7d00594',
  },
  '0007-look-up-due': {
    sqlite: 'de65de2031275dc2681b419956cc90b7108392af094a3625c09eae4ed0f403f3',
    postgres: '55c10cfc92ffe9e5d3b8c45519a62228bbf2580063cf64c72fc503762039d988',
  },
  '0008-authorities': {
    sqlite: '9ee6543d7f63898351ea9ca78a9f9a66dc40b82aa8c13609e83f120d1434d197',
    postgres: '93c9d4acc3a21ef1cd4e365da886652bacf779fc80ef476fe28bfbe91563142d',
  },
  '0009-bounces': {
    sqlite: 'ec2a9948c75f720e45753f5b7b4a10217662e614e3abdba93a08d2a1c576872d',
    postgres: '5c5e7876deb43943896395259de88578f3191fe69b5ec7c36b797fdfb28849ae',
  },
  '0010-data-sources': {
    sqlite: '9c02cfa74f07df1a26f8c400d59ab35dfde89ee1927a67e2438220d576190364',
    postgres: '6051e26565b1a6d1556b58ee85219dcc776f70d40cf32160d4476e05f935b28a',
  },
  '0011-narrow-anchors': {
    sqlite: 'cf4feccab3d3b11a39cd77d1311f00a1e54f1fc3c5061bfd8182e54f24fde7f2',
    postgres: '804c820ac8b9869cf1f59e68cb0a4efa617502654d0b25879e92cd4acd0dbe80',
  },
  '0012-record-needs-path': {
    sqlite: 'cbb38ead230ec317157ee0cc469d8791f77bcbf497eae0f946e682220ccc6f3e',
    postgres: 'fea587beba23dbc20ed002b5e756bace3fb8ee1962076813342e34df3adb30b7',
  },
};

function digestsOf(name: string): object {
  const digest = (engine: 'sqlite' | 'postgres') =>
    sha256Hex(migrations[name]!(sqlWords[engine]).join(';\n'));
  return { sqlite: digest('sqlite'), postgres: digest('postgres') };
}

describe('migrations', () => {
  it('are never edited once they are there, since databases have run them', () => {
    expect(Object.fromEntries(Object.keys(migrations).map((name) => [name, digestsOf(name)]))).toEqual(
      digests,
    );
  });

  it('are numbered without a gap', () => {
    const numbers = Object.keys(migrations).map((name) => Number(name.slice(0, 4)));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });
});
