-- What [state.other] has beside the seed, and no request can write: it came from elsewhere, or long ago.

INSERT INTO trove_classifiers (classifier) VALUES
    ('Topic'), ('Topic :: Internet'), ('Topic :: Games'), ('Framework'), ('Framework :: Zope'), ('Environment'),
    ('Programming Language'), ('Alone'), ('Topic :: "Quoted" & <so>'),
    ('An "odd" one :: below');
INSERT INTO release_classifiers (name, version, trove_id)
    SELECT 'demo-extras', '2.0', id FROM trove_classifiers WHERE classifier IN (
        'Topic :: Games', 'Topic :: Internet :: WWW/HTTP', 'Framework :: Zope', 'Environment :: Web Environment',
        'Alone', 'Topic :: "Quoted" & <so>', 'An "odd" one :: below',
        'Programming Language :: Python :: 3');
INSERT INTO release_classifiers (name, version, trove_id)
    SELECT 'lone-wheel', '4.1', id FROM trove_classifiers WHERE classifier IN (
        'Topic', 'Topic :: Internet', 'Framework :: Pyramid', 'Programming Language :: Python');

INSERT INTO openids (id, name) VALUES
    ('https://bob.example.org/?a=1&b=2', 'bob'), ('https://a.example.org/<bob>', 'bob'),
    ('https://carol.example.org/', 'carol');
INSERT INTO sshkeys (name, key) VALUES ('bob', 'ssh-dss AAAABBBBCCCCDDDDEEEEFFFFGGGG bob@example.org');
INSERT INTO cookies (cookie, name, last_seen) VALUES
    ('0123456789abcdef0123456789abcdef', 'bob', '2010-01-01'),
    ('fedcba9876543210fedcba9876543210', 'carol', '2010-01-01');
UPDATE accounts_user SET last_login = '2010-01-01 00:00:00+00' WHERE username = 'bob';

UPDATE packages SET bugtrack_url = 'http://bugs.example.org/?a=1&b=2', hosting_mode = 'pypi-scrape', has_docs = true
    WHERE name = 'demo';
UPDATE packages SET hosting_mode = 'pypi-scrape-crawl' WHERE name = 'markup';
UPDATE releases SET download_url = 'http://download.example.org/demo/' WHERE name = 'demo' AND version = '1.1';
UPDATE releases SET summary = NULL, description = NULL, author = NULL, keywords = NULL, license = NULL,
    home_page = NULL, platform = NULL, author_email = NULL WHERE name = 'Under_Score';

UPDATE release_files SET size = 1048575, downloads = 1 WHERE filename = 'demo-1.1.tar.gz';
UPDATE release_files SET size = 1048576, downloads = 2 WHERE filename = 'demo-1.1.zip';
UPDATE release_files SET size = 3145727, downloads = 4, comment_text = 'a <comment>'
    WHERE filename = 'demo-1.1-py2.py3-none-any.whl';
UPDATE release_files SET size = NULL, packagetype = NULL, python_version = NULL, upload_time = upload_time,
    comment_text = NULL, downloads = 8 WHERE filename = 'lone_wheel-4.1-py2.py3-none-any.whl';
UPDATE release_files SET packagetype = 'bdist_unknown', python_version = '2.3', has_signature = true
    WHERE filename = 'lone_wheel-4.0-py2.py3-none-any.whl';

-- Names that no form has taken for long: nothing may be lost on the way into an address, and nothing leave its folder.
INSERT INTO packages (name, autohide, comments, created) VALUES
    ('odd/name', false, true, '2003-03-03 03:03:03'), ('...', true, true, '2003-03-03 03:03:04');
INSERT INTO roles (role_name, user_name, package_name) VALUES
    ('Owner', 'bob', 'odd/name'), ('Owner', 'bob', '...'), ('Maintainer', 'carol', 'odd/name');
INSERT INTO releases (name, version, summary, description, author, _pypi_hidden, _pypi_ordering, created) VALUES
    ('odd/name', '1/2&3', 'an odd <name>', NULL, 'UNKNOWN', false, 0, '2003-03-03 03:03:03'),
    ('odd/name', '4/"5"', 'an odd <name>', 'odd', 'B & C', false, 1, '2003-03-04 03:03:03'),
    ('...', '1', NULL, NULL, NULL, false, 0, '2003-03-04 03:03:04');
INSERT INTO release_files (name, version, python_version, packagetype, filename, path, size, has_signature, md5_digest,
                           sha256_digest, blake2_256_digest, downloads, upload_time) VALUES
    ('odd/name', '4/"5"', 'any & all', 'sdist', 'odd & name.zip', 'od/d/odd & name.zip', 1023, true, 'odd & digest',
     'odd', 'odd', 16, '2003-03-04 03:03:03');
INSERT INTO journals (name, version, action, submitted_date, submitted_by, submitted_from) VALUES
    ('odd/name', '1/2&3', 'new release', '2003-03-03 03:03:03', 'bob', '127.0.0.1'),
    ('odd/name', '4/"5"', 'new release', '2003-03-04 03:03:03', 'bob', '127.0.0.1'),
    (NULL, NULL, 'nothing of a project', '2003-03-04 03:03:03', 'bob', '127.0.0.1');

-- A word that is found in each of the columns that a search looks into, and characters that XML does not have.
UPDATE releases SET author = 'Zygmunt' WHERE name = 'gruesse';
UPDATE releases SET maintainer = 'Zygmunt' WHERE name = 'CamelCase' AND version = '3.1a1';
UPDATE releases SET keywords = 'zygmunt' WHERE name = 'oldest' AND version = '1.0';
UPDATE releases SET description = 'of Zygmunt' WHERE name = 'markup' AND version = '1.1';
UPDATE releases SET summary = 'Zygmunt' WHERE name = 'demo' AND version = '1.1';
UPDATE releases SET keywords = E'a\x01b\x08c\x0bd\x0ce\x0ef\x1fg\x7f' WHERE name = 'odd/name' AND version = '1/2&3';
