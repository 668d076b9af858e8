# Measures Crypt::SMIME, which Sympa uses, in one process: prints how often a second an operation is done, in the best
# slice of the time; certificates and keys are loaded before.
#
#   perl crypt-smime.pl verify SECONDS MESSAGE ANCHORS.pem
#   perl crypt-smime.pl decrypt SECONDS MESSAGE CERT.pem KEY.pem
#   perl crypt-smime.pl seal SECONDS MESSAGE CERT.pem...
use strict;
use warnings;
use Crypt::SMIME;
use Time::HiRes qw(time);

sub content_of {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

my ($operation, $seconds, $message_file, @files) = @ARGV;
my $message = content_of($message_file);
my $smime = Crypt::SMIME->new;
my $work;
if ($operation eq 'verify') {
    $smime->setPublicKeyStore($files[0]);
    $work = sub { $smime->check($message) };
} elsif ($operation eq 'decrypt') {
    $smime->setPrivateKey(content_of($files[1]), content_of($files[0]));
    $work = sub { $smime->decrypt($message) };
} elsif ($operation eq 'seal') {
    # As Sympa does: each copy is encrypted on its own.
    my @certificates = map { content_of($_) } @files;
    my $next = 0;
    $work = sub {
        $smime->setPublicKey($certificates[$next++ % @certificates]);
        $smime->encrypt($message);
    };
} else {
    die "no operation $operation\n";
}

$work->();
my ($best, $end) = (0, time + $seconds);
while (time < $end) {
    my ($start, $count) = (time, 0);
    while (time - $start < 0.02) {
        $work->();
        $count++;
    }
    my $rate = $count / (time - $start);
    $best = $rate if $rate > $best;
}
printf "%f\n", $best;
