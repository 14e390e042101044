#!/usr/bin/perl -T
# Notes with attachments for a small team: the kind of program that is still in service, written in the style of 2004.
# Its data is in $NOTES_DATA (notes.db, sessions/, uploads/); mails go out through $NOTES_SENDMAIL.
use strict;
use warnings;
use CGI qw(-utf8);
use DBI;
use Digest::SHA qw(sha1_hex);
use Fcntl qw(O_CREAT O_EXCL O_WRONLY);

$CGI::POST_MAX = 200_000;
$ENV{PATH} = '/usr/bin:/bin';

my ($data) = ($ENV{NOTES_DATA} || '/var/lib/notes') =~ m{^(/[\w./-]+)$} or die "NOTES_DATA is no path\n";
my ($sendmail) = ($ENV{NOTES_SENDMAIL} || '/usr/sbin/sendmail') =~ m{^(/[\w./-]+)$} or die "NOTES_SENDMAIL is no path\n";

my $q   = CGI->new;
my $dbh = DBI->connect("dbi:SQLite:dbname=$data/notes.db", '', '',
    { RaiseError => 1, PrintError => 0, AutoCommit => 1, sqlite_unicode => 1 });
my $user = session_user();

my %actions = (
    login  => \&login,
    logout => \&logout,
    list   => \&list,
    view   => \&view,
    add    => \&add,
    export => \&export,
);
my $action = $q->url_param('action') || 'list';
my $do = $actions{$action};
if    (!$do)                            { failure('404 Not Found', "There is no action $action.") }
elsif ($action ne 'login' && !$user)    { print $q->redirect($q->url(-absolute => 1) . '?action=login') }
else                                    { $do->() }
$dbh->disconnect;

sub session_user {
    my ($id) = ($q->cookie('notes') || '') =~ /^([0-9a-f]{32})$/ or return;
    open my $file, '<', "$data/sessions/$id" or return;
    my $line = <$file>;
    return $line =~ /^user=(\w+)$/ ? $1 : undef;
}

sub page {
    my ($title, @body) = @_;
    binmode STDOUT, ':encoding(UTF-8)';
    print $q->header(-type => 'text/html', -charset => 'utf-8');
    print "<html><head><title>", $q->escapeHTML($title), "</title></head>\n<body>\n<h1>", $q->escapeHTML($title), "</h1>\n";
    print @body, "</body></html>\n";
}

sub failure {
    my ($status, $text) = @_;
    binmode STDOUT, ':encoding(UTF-8)';
    print $q->header(-type => 'text/plain', -charset => 'utf-8', -status => $status), "$text\n";
}

sub login {
    my $name = $q->param('name');
    if (!defined $name) {
        page('Log in', qq{<form method="post" action="?action=login">\n<input name="name"> <input name="password" type="password">\n},
            qq{<input type="submit" value="Log in">\n</form>\n});
        return;
    }
    my ($known) = $dbh->selectrow_array('SELECT name FROM users WHERE name = ? AND password = ?', undef,
        $name, sha1_hex($q->param('password') // ''));
    return failure('403 Forbidden', 'Wrong name or password.') unless $known && $known =~ /^(\w+)$/;
    $known = $1;
    my $id = join '', map { sprintf '%08x', int rand 2**32 } 1 .. 4;
    sysopen my $file, "$data/sessions/$id", O_CREAT | O_EXCL | O_WRONLY, 0600 or die "sessions: $!";
    print $file "user=$known\n";
    close $file;
    $dbh->do('UPDATE users SET logins = logins + 1 WHERE name = ?', undef, $known);
    my $cookie = $q->cookie(-name => 'notes', -value => $id, -path => '/', -httponly => 1);
    print $q->redirect(-uri => $q->url(-absolute => 1) . '?action=list', -cookie => $cookie);
}

sub logout {
    my ($id) = $q->cookie('notes') =~ /^([0-9a-f]{32})$/;
    unlink "$data/sessions/$id";
    my $gone = $q->cookie(-name => 'notes', -value => '', -path => '/', -httponly => 1);
    print $q->redirect(-uri => $q->url(-absolute => 1) . '?action=login', -cookie => $gone);
}

sub list {
    my $rows = $dbh->selectall_arrayref('SELECT id, title, author FROM notes ORDER BY id');
    page("Notes of $user", "<ul>\n",
        (map { qq{<li><a href="?action=view&amp;id=$_->[0]">} . $q->escapeHTML($_->[1]) . "</a> ($_->[2])</li>\n" } @$rows),
        "</ul>\n<form method=\"post\" action=\"?action=add\" enctype=\"multipart/form-data\">\n",
        qq{<input name="title"><textarea name="text"></textarea><input name="file" type="file">\n},
        qq{<input type="submit" value="Add">\n</form>\n<a href="?action=logout">Log out</a>\n});
}

sub view {
    my ($id) = ($q->param('id') // '') =~ /^(\d{1,9})$/ or return failure('400 Bad Request', 'Which note?');
    my $note = $dbh->selectrow_hashref('SELECT * FROM notes WHERE id = ?', undef, $id);
    return failure('404 Not Found', "There is no note $id.") unless $note;
    my $file = defined $note->{file} ? '<p>Attached: ' . $q->escapeHTML($note->{file}) . "</p>\n" : '';
    page($note->{title}, '<p>By ', $note->{author}, "</p>\n<pre>", $q->escapeHTML($note->{text}), "</pre>\n", $file,
        qq{<a href="?action=list">All notes</a>\n});
}

sub add {
    my $title = $q->param('title') // '';
    return failure('400 Bad Request', 'A note needs a title.') unless $title =~ /\S/;
    my $text = $q->param('text') // '';
    $text =~ s/\r\n/\n/g;
    my $upload = $q->upload('file');
    my $name;
    if ($upload) {
        ($name) = lc($q->param('file')) =~ m{([a-z0-9._-]{1,60})$} or return failure('400 Bad Request', 'What a name.');
        open my $out, '>:raw', "$data/uploads/$name" or die "uploads: $!";
        binmode $upload;
        print $out $_ while <$upload>;
        close $out;
    }
    $dbh->do('INSERT INTO notes (title, text, author, file, agent, created) VALUES (?, ?, ?, ?, ?, ?)', undef,
        $title, $text, $user, $name, $q->user_agent, time);
    my $id = $dbh->last_insert_id('', '', 'notes', 'id');
    notify($id, $title);
    print $q->redirect($q->url(-absolute => 1) . "?action=view&id=$id");
}

sub notify {
    my ($id, $title) = @_;
    $title =~ s/[^ -~]/?/g;
    my $to = join ', ', map { $_->[0] } @{ $dbh->selectall_arrayref('SELECT mail FROM users ORDER BY mail') };
    open my $mail, '|-', $sendmail, '-t', '-oi' or die "sendmail: $!";
    print $mail "From: notes\@example.com\nTo: $to\nSubject: [notes] $title\n\n$user wrote note $id.\n";
    close $mail or die "sendmail: $?";
}

sub export {
    my $rows = $dbh->selectall_arrayref('SELECT id, author, title FROM notes ORDER BY id');
    binmode STDOUT, ':encoding(UTF-8)';
    print $q->header(-type => 'text/plain', -charset => 'utf-8');
    print join("\t", @$_), "\n" for @$rows;
}
