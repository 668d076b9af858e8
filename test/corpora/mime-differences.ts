/**
 * Rows of the MIME corpora in which this reader and the table's differ, each with the reason. A row that stops differing fails the test.
 * The trees of the tables are what Python's `email` package sees; the tables of header texts are what Stalwart's mail-parser sees.
 */
export const messageDifferences: Readonly<Record<string, string>> = {
  'mime-mimetools/intl.msg':
    'RFC 2047 §6.2: nothing stands between adjacent encoded words, also where their charsets differ.',
  'mime-mimetools/multi-2gifs-base64.msg':
    'RFC 2046 §5.2.1: a message/rfc822 may not be base64; its encoded body is one body here, the header of a message there.',
  'mime-mimetools/multi-badnames.msg':
    'The boundary is folded inside of its quotes: RFC 5322 §2.2.3 unfolds first.',
  'mime-mimetools/multi-clen.msg':
    'The boundary is folded inside of its quotes: RFC 5322 §2.2.3 unfolds first.',
  'mime-mimetools/multi-digest.msg':
    'The boundary is folded inside of its quotes: RFC 5322 §2.2.3 unfolds first.',
  'mime-mimetools/multi-simple.msg':
    'The boundary is folded inside of its quotes: RFC 5322 §2.2.3 unfolds first.',
  'mime-mimetools/twopart.msg': 'A blank behind "base64" does not make another encoding of it.',
  'mime-stalwart/malformed/017.eml':
    'The semicolon before boundary= is missing; what is meant is plain, and it is read so.',
  'mime-stalwart/malformed/019.eml':
    'RFC 5322 §4.5: a blank may stand before the colon of a field, so the header goes on.',
  'mime-stalwart/rfc/008.eml':
    'RFC 2046 §5.2.1: a message/rfc822 may not be base64; its encoded body is one body here, the header of a message there.',
  'mime-stalwart/thirdparty/003.eml': 'Blanks behind "quoted-printable" do not make another encoding of it.',
  'mime-stalwart/thirdparty/012.eml':
    'The boundary is folded inside of its quotes: RFC 5322 §2.2.3 unfolds first.',
  'mime-torture/message-encoded':
    'RFC 2046 §5.2.1: a message/rfc822 may not be encoded; its encoded body is one body here, the header of a message there.',
};

export const contentTypeDifferences: Readonly<Record<string, string>> = {
  'image/jpeg;\n   name="=?iso-8859-1?B?4Q==?= =?utf-8?B?w6k=?= =?iso-8859-1?q?=ED?=.jpeg"\n':
    'RFC 2047 §6.2: the blanks between encoded words are not shown, in quotes or not.',
};

export const addressDifferences: Readonly<Record<string, string>> = {
  'Pete(A nice \n \\\n ) chap) <pete(his\n account)@silly\n .test(his host)>\n':
    'Unfolded, the backslash quotes the blank behind it, and the parenthesis closes the comment.',
  'Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example\n':
    'RFC 5322 §4.4: a route is ignored, and blanks beside a dot are no part of the address.',
  'John Doe <jdoe@machine(comment).  example>\n':
    'RFC 5322 §4.4: blanks beside a dot are no part of the address.',
};

export const dateDifferences: Readonly<Record<string, string>> = {
  ' 4 8 15 16 23 42, 4 8 15 16 23 42, 4 8 15 16 23 42, ': 'Numbers without a colon are no time of day.',
};
