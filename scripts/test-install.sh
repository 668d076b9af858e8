#!/bin/sh
# Installs the real programs that tests drive, on Debian, as root: openssl, PostgreSQL, Postfix, OpenLDAP, unbound with the
# tools that sign zones, the S/MIME programs that messages are exchanged with (NSS, gpgsm, Bouncy Castle with a Java
# compiler), and Sympa, whose decisions ours are compared with. No service is started by it, and none of the machine's own
# mail, databases, directories or resolvers is configured: the tests run instances of their own.
# Where everything is there already it ends at once.
set -eu

missing=
lacks() {
  missing="$missing $1"
}

command -v openssl >/dev/null 2>&1 || lacks openssl
set -- /usr/lib/postgresql/*/bin/initdb
[ -x "$1" ] || command -v initdb >/dev/null 2>&1 || lacks postgresql
[ -x /usr/sbin/postfix ] || command -v postfix >/dev/null 2>&1 || lacks postfix
[ -x /usr/sbin/slapd ] || command -v slapd >/dev/null 2>&1 || lacks slapd
[ -x /usr/sbin/unbound ] || command -v unbound >/dev/null 2>&1 || lacks unbound
command -v ldns-signzone >/dev/null 2>&1 || lacks ldnsutils
command -v cmsutil >/dev/null 2>&1 || lacks libnss3-tools
command -v gpgsm >/dev/null 2>&1 || lacks gpgsm
command -v gpg-agent >/dev/null 2>&1 || lacks gpg-agent
[ -e /usr/share/java/bcmail.jar ] || lacks libbcmail-java
command -v javac >/dev/null 2>&1 || lacks default-jdk-headless
perl -MMIME::Parser -e 1 >/dev/null 2>&1 || lacks libmime-tools-perl
perl -MNet::CIDR -e 1 >/dev/null 2>&1 || lacks libnet-cidr-perl

# Sympa is unpacked, not installed: it would bring a web server's configuration, a database and mail aliases.
sympa=/usr/local/share/ssympa-tests/sympa
unpacks_sympa=
[ -e /usr/share/sympa/lib/Sympa/Scenario.pm ] || [ -e "$sympa/usr/share/sympa/lib/Sympa/Scenario.pm" ] ||
  unpacks_sympa=sympa

if [ -z "$missing$unpacks_sympa" ]; then
  echo 'test:install: everything is there'
  exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "test:install: missing:$missing $unpacks_sympa" >&2
  echo 'test:install: only root on Debian can install them here; elsewhere install these programs by hand' >&2
  exit 1
fi

# What starts services while packages are installed asks this file first; 101: not allowed.
policy=/usr/sbin/policy-rc.d
kept=
restore() {
  rm -f "$policy"
  [ -z "$kept" ] || mv "$kept" "$policy"
}
if [ -e "$policy" ] || [ -h "$policy" ]; then
  kept=$policy.before-test-install
  mv "$policy" "$kept"
fi
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
apt-get update -q
# The machine's own Postfix and OpenLDAP stay without a configuration.
if command -v debconf-set-selections >/dev/null 2>&1; then
  echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
  echo 'slapd slapd/no_configuration boolean true' | debconf-set-selections
fi
if [ -n "$missing" ]; then
  # Rather fail than take another mail server off the machine.
  # shellcheck disable=SC2086 # one word a package
  apt-get install -q -y --no-install-recommends --no-remove $missing
fi
if [ -n "$unpacks_sympa" ]; then
  rm -rf "$sympa" "$sympa.new"
  mkdir -p "$sympa.new"
  (cd "$sympa.new" && apt-get download -q sympa && dpkg-deb -x sympa_*.deb . && rm sympa_*.deb)
  mv "$sympa.new" "$sympa"
fi
