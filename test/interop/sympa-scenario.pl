# Asks Sympa's own Sympa::Scenario. Reads JSON lines: first the world (people, lists, parameters), then questions; writes
# one JSON line a question. What Sympa keeps in databases and configuration files is answered from the world.
#
# perl sympa-scenario.pl LIB, where LIB is the folder of Sympa's modules.

use strict;
use warnings;
use JSON::PP ();
use Time::HiRes ();

our %world;

# Modules that would want a database, a configuration or more packages; what they answer here comes from the world.
BEGIN {
    $INC{"$_.pm"} = __FILE__
        for qw(Sympa Conf Sympa/Database Sympa/Language Sympa/List Sympa/Log Sympa/Message Sympa/User
        Sympa/Tools/File Sympa/Tools/Text XML/LibXML);
    unshift @INC, shift @ARGV;
}

package Conf;
our %Conf;

sub get_robot_conf {
    my (undef, $name) = @_;
    return $name eq 'domain' ? $main::world{domain} : $main::world{conf}{$name};
}

package Sympa;

# The folder of the question stands for the whole search path; of filters there are none.
sub search_fullpath {
    my (undef, $name, %options) = @_;
    return unless $options{subdir} eq 'scenari';
    for my $folder (@{$main::world{folders}}) {
        return "$folder/$name" if -f "$folder/$name";
    }
    return;
}

sub is_listmaster {
    my (undef, $who) = @_;
    return scalar grep { $_ eq lc $who } @{$main::world{listmasters}};
}

sub get_address { my $list = shift; return "$list->{name}\@$list->{domain}" }

sub send_notify_to_listmaster { return 1 }

package Sympa::Language;
sub instance     { return bless {}, shift }
sub canonic_lang { return lc shift }

package Sympa::Log;
sub instance { return bless {}, shift }
sub syslog   { return }

package Sympa::List;

sub new {
    my ($class, $name, $domain) = @_;
    ($name, $domain) = split /\@/, $name, 2 if $name =~ /\@/;
    return unless ($domain // $main::world{domain}) eq $main::world{domain};
    my $people = $main::world{lists}{$name} or return;
    return bless {name => $name, domain => $main::world{domain}, admin => $people->{admin}, people => $people}, $class;
}

sub is_list_member { my ($self, $who) = @_; return $self->_has(subscribers => $who) }

sub is_admin {
    my ($self, $role, $who) = @_;
    return $self->_has(owners => $who) if $role eq 'owner';
    die "no role $role" unless $role eq 'actual_editor';
    return $self->_has(@{$self->{people}{editors}} ? 'editors' : 'owners', $who);
}

sub _has {
    my ($self, $role, $who) = @_;
    return scalar grep { $_ eq lc $who } @{$self->{people}{$role}};
}

sub get_total { return shift->{people}{total} }

package Sympa::Message;
use MIME::Parser ();

sub new {
    my ($class, $text) = @_;
    my $parser = MIME::Parser->new;
    $parser->output_to_core(1);
    my $entity = $parser->parse_data(\$text) or return;
    my ($start) = $text =~ /(?:\A|\n)\r?\n/ ? $+[0] : length $text;
    return bless {entity => $entity, body => substr($text, $start)}, $class;
}

sub as_entity      { return shift->{entity} }
sub body_as_string { return shift->{body} }

sub get_header {
    my ($self, $name) = @_;
    my @fields = split /\n(?![ \t])/, $self->{entity}->head->as_string;
    return map { /\A\Q$name\E\s*:\s*(.*)\z/is ? $1 : () } @fields;
}

package Sympa::User;
sub new { my ($class, $who) = @_; return bless {email => $who, %{$main::world{users}{$who} || {}}}, $class }

package Sympa::Tools::File;
sub get_mtime { return (stat shift)[9] }

package main;

require Sympa::Scenario;
require Sympa::ListDef;

my $json = JSON::PP->new->utf8->canonical;
%world = %{$json->decode(scalar <STDIN>)};
$Conf::Conf{domain} = $world{domain};
$Conf::Conf{blocklist} = {map { $_ => 1 } @{$world{blocklist}}};

$| = 1;
while (my $line = <STDIN>) {
    print $json->encode(answer($json->decode($line))), "\n";
}

sub answer {
    my $question = shift;
    local $ENV{REMOTE_ADDR} = $question->{remote_addr} if defined $question->{remote_addr};
    my $that = defined $question->{list} ? Sympa::List->new($question->{list}) : $world{domain};
    my $scenario = Sympa::Scenario->new($that, $question->{function}, name => $question->{name});
    return {action => 'unknown-function'} unless $scenario;
    my $message = message_named($question->{message});
    my $decide = sub {
        my %context = %{$question->{context}};
        $context{message} = $message if $message;
        return $scenario->authz($question->{method}, \%context);
    };
    return repeated($decide, $question->{repeat}) if $question->{repeat};
    my $result = $decide->();
    return {map { $_ => $result->{$_} } grep { defined $result->{$_} } qw(action reason tt2 condition)};
}

my %messages;

sub message_named {
    my $name = shift;
    return unless defined $name;
    return $messages{$name} ||= Sympa::Message->new($world{messages}{$name});
}

# For the benchmark: seconds of processor time that so many decisions take, the scenario already loaded.
sub repeated {
    my ($decide, $times) = @_;
    my $action;
    my $start = Time::HiRes::clock();
    $action = $decide->()->{action} for 1 .. $times;
    return {action => $action, seconds => Time::HiRes::clock() - $start};
}
