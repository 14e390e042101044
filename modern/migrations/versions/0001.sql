-- The old index's tables, as its server had them in May 2016.
-- Times are written by the program, in UTC, never by now(): a harness freezes the program's clock, not the database's.

CREATE TABLE accounts_user (
    id           serial PRIMARY KEY,
    password     text NOT NULL,
    last_login   timestamp with time zone,
    is_superuser boolean NOT NULL DEFAULT false,
    username     text NOT NULL UNIQUE,
    name         text NOT NULL DEFAULT '',
    is_staff     boolean NOT NULL DEFAULT false,
    is_active    boolean NOT NULL DEFAULT true,
    date_joined  timestamp with time zone
);
CREATE UNIQUE INDEX accounts_user_lower ON accounts_user (lower(username));

CREATE TABLE accounts_email (
    id        serial PRIMARY KEY,
    user_id   integer NOT NULL REFERENCES accounts_user (id) ON DELETE CASCADE,
    email     text NOT NULL UNIQUE,
    "primary" boolean NOT NULL,
    verified  boolean NOT NULL
);
CREATE INDEX accounts_email_user ON accounts_email (user_id);

CREATE TABLE packages (
    name            text PRIMARY KEY,
    stable_version  text,
    normalized_name text,
    autohide        boolean DEFAULT true,
    comments        boolean DEFAULT true,
    bugtrack_url    text,
    hosting_mode    text NOT NULL DEFAULT 'pypi-explicit',
    created         timestamp,
    last_serial     integer DEFAULT 0,
    has_docs        boolean
);

CREATE FUNCTION normalize_pep426_name(text) RETURNS text AS $$
    SELECT lower(regexp_replace($1, '(\.|_|-)+', '-', 'g'))
$$ LANGUAGE sql IMMUTABLE STRICT;
CREATE INDEX packages_normalized ON packages (normalize_pep426_name(name));

CREATE TABLE releases (
    name                         text REFERENCES packages (name) ON UPDATE CASCADE,
    version                      text,
    author                       text,
    author_email                 text,
    maintainer                   text,
    maintainer_email             text,
    home_page                    text,
    license                      text,
    summary                      text,
    description                  text,
    keywords                     text,
    platform                     text,
    requires_python              text,
    download_url                 text,
    _pypi_ordering               integer,
    _pypi_hidden                 boolean,
    description_html             text,
    description_from_readme      boolean,
    cheesecake_installability_id integer,
    cheesecake_documentation_id  integer,
    cheesecake_code_kwalitee_id  integer,
    created                      timestamp,
    PRIMARY KEY (name, version)
);
CREATE INDEX releases_created ON releases (created);
CREATE INDEX releases_lower_name ON releases (lower(name), _pypi_ordering);

CREATE TABLE trove_classifiers (
    id         serial PRIMARY KEY,
    classifier text UNIQUE,
    l2         integer,
    l3         integer,
    l4         integer,
    l5         integer
);

CREATE TABLE release_classifiers (
    name     text,
    version  text,
    trove_id integer REFERENCES trove_classifiers (id),
    FOREIGN KEY (name, version) REFERENCES releases (name, version) ON UPDATE CASCADE
);
CREATE INDEX release_classifiers_release ON release_classifiers (name, version);
CREATE INDEX release_classifiers_trove ON release_classifiers (trove_id);

-- kind: 1 requires, 2 provides, 3 obsoletes, 4 requires_dist, 5 provides_dist, 6 obsoletes_dist, 7 requires_external,
-- 8 project_url
CREATE TABLE release_dependencies (
    name      text,
    version   text,
    kind      integer,
    specifier text,
    FOREIGN KEY (name, version) REFERENCES releases (name, version) ON UPDATE CASCADE
);
CREATE INDEX release_dependencies_release ON release_dependencies (name, version);

CREATE TABLE release_files (
    id                serial UNIQUE,
    name              text,
    version           text,
    python_version    text,
    packagetype       text,
    comment_text      text,
    filename          text UNIQUE,
    path              text,
    size              integer,
    has_signature     boolean,
    md5_digest        text UNIQUE,
    sha256_digest     text UNIQUE,
    blake2_256_digest text UNIQUE,
    downloads         integer DEFAULT 0,
    upload_time       timestamp,
    FOREIGN KEY (name, version) REFERENCES releases (name, version) ON UPDATE CASCADE
);
CREATE INDEX release_files_release ON release_files (name, version);

-- Names of all files ever stored: a name is never used twice, also after its file was deleted.
CREATE TABLE file_registry (
    id       serial PRIMARY KEY,
    filename text NOT NULL UNIQUE
);

CREATE TABLE roles (
    role_name    text,
    user_name    text REFERENCES accounts_user (username) ON UPDATE CASCADE,
    package_name text REFERENCES packages (name) ON UPDATE CASCADE
);
CREATE INDEX roles_package ON roles (package_name);
CREATE INDEX roles_user ON roles (user_name);

CREATE TABLE journals (
    id             serial PRIMARY KEY,
    name           text,
    version        text,
    action         text,
    submitted_date timestamp,
    submitted_by   text REFERENCES accounts_user (username) ON UPDATE CASCADE,
    submitted_from text
);
CREATE INDEX journals_name ON journals (name);
CREATE INDEX journals_version ON journals (version);
CREATE INDEX journals_submitted_date ON journals (submitted_date);

-- Logins by cookie, the tokens of forms, keys mailed to confirm an account.
CREATE TABLE cookies (
    cookie    text PRIMARY KEY,
    name      text REFERENCES accounts_user (username) ON UPDATE CASCADE ON DELETE CASCADE,
    last_seen timestamp
);
CREATE INDEX cookies_last_seen ON cookies (last_seen);

CREATE TABLE csrf_tokens (
    name     text PRIMARY KEY REFERENCES accounts_user (username) ON UPDATE CASCADE ON DELETE CASCADE,
    token    text,
    end_date timestamp
);

CREATE TABLE rego_otk (
    name text REFERENCES accounts_user (username) ON UPDATE CASCADE ON DELETE CASCADE,
    otk  text UNIQUE,
    date timestamp
);
CREATE INDEX rego_otk_name ON rego_otk (name);

CREATE TABLE openids (
    id   text PRIMARY KEY,
    name text REFERENCES accounts_user (username) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE TABLE sshkeys (
    id   serial PRIMARY KEY,
    name text REFERENCES accounts_user (username) ON UPDATE CASCADE ON DELETE CASCADE,
    key  text
);
CREATE INDEX sshkeys_name ON sshkeys (name);

-- The program never writes packages.last_serial: the database keeps it at the newest journal row of the project.
CREATE FUNCTION keep_last_serial() RETURNS trigger AS $$
BEGIN
    UPDATE packages SET last_serial = NEW.id WHERE name = NEW.name;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER journals_last_serial AFTER INSERT ON journals FOR EACH ROW EXECUTE FUNCTION keep_last_serial();

-- Journal rows of deleted accounts are handed to this one; nobody can log in as it.
INSERT INTO accounts_user (password, username, is_active, date_joined)
    VALUES ('!', 'deleted-user', false, '2005-01-01T00:00:00Z');
